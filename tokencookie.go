package signet

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// A TokenCookie shows the access token of a provider to servers beside Signet that read it
// from a cookie, as tutorial 2 does. The browser then has the raw token: HttpOnly keeps it
// from scripts, and nothing keeps it from whoever holds the browser. It is set at sign-in,
// set anew when [Auth.Token] has renewed the token, and cleared at sign-out.
type TokenCookie struct {
	// Provider is the ID of the one whose token it is.
	Provider string

	// Name of the cookie, "accessToken".
	Name string

	// MaxAge is how long the browser keeps it; zero means a day.
	MaxAge time.Duration
}

// tokenCookieAge is that of the tutorial.
const tokenCookieAge = 24 * time.Hour

// checkTokenCookies finds what cannot be.
func (a *Auth) checkTokenCookies() error {
	seen := map[string]bool{}
	for i, t := range a.config.TokenCookies {
		field := fmt.Sprintf("TokenCookies[%d]", i)
		if _, ok := a.provider(t.Provider); !ok {
			return &ConfigError{field, "there is no provider " + fmt.Sprintf("%q", t.Provider), "name the ID of one of Providers"}
		}
		if err := (cookie.Attributes{Secure: true, SameSite: http.SameSiteStrictMode}).Check(t.Name); err != nil {
			return &ConfigError{field, err.Error(), `name it as "accessToken"`}
		}
		if t.MaxAge < 0 || seen[t.Name] || a.ownsName(t.Name) {
			return &ConfigError{field, "its name is in use, or its life is negative", "give each a name of its own"}
		}
		seen[t.Name] = true
	}
	return nil
}

// attributes are those of tutorial 2: HttpOnly, SameSite=Strict, and Secure on https.
func (t TokenCookie) attributes(origin string) cookie.Attributes {
	life := t.MaxAge
	if life == 0 {
		life = tokenCookieAge
	}
	return cookie.Attributes{Secure: strings.HasPrefix(origin, "https:"), SameSite: http.SameSiteStrictMode, MaxAge: int(life / time.Second)}
}

// showToken puts a provider's token into its cookie, where there is one and the browser has
// not got it yet. To a session that was ended while the provider was asked it shows nothing: an
// answer that comes late must not undo the sign-out.
func (v *Visit) showToken(h http.Header, provider string, set *Tokens) {
	if v.Session == nil || v.a.revoked.over(v.Session) {
		return
	}
	for _, t := range v.a.config.TokenCookies {
		if t.Provider != provider || set == nil || set.Access == "" {
			continue
		}
		if value, err := v.jar.Get(t.Name); err == nil && value == set.Access && !decides(h, t.Name) {
			continue
		}
		line, err := t.attributes(v.origin).Set(t.Name, set.Access)
		if err != nil {
			// The one that the browser has is over, or somebody else's.
			line = ""
			if len(v.jar.Family(t.Name)) > 0 { // also where something was decided about it before
				line = t.attributes(v.origin).Clear(t.Name)
			}
			if _, told := v.a.unfit.LoadOrStore(t.Name, true); line != "" || !told {
				v.a.log.Error("token does not fit into its cookie", "provider", provider, "error", err)
			}
		}
		dropCookie(h, t.Name)
		if line != "" {
			h.Add("Set-Cookie", line)
		}
	}
}

// hideTokens clears the cookies of tokens.
func (v *Visit) hideTokens(h http.Header) {
	for _, t := range v.a.config.TokenCookies {
		dropCookie(h, t.Name)
		if len(v.jar.Family(t.Name)) > 0 {
			h.Add("Set-Cookie", t.attributes(v.origin).Clear(t.Name))
		}
	}
}

// decides tells whether something was decided about a cookie.
func decides(h http.Header, name string) bool {
	return slices.ContainsFunc(h["Set-Cookie"], func(line string) bool { return strings.HasPrefix(line, name+"=") })
}

// dropCookie takes back what was decided about a cookie.
func dropCookie(h http.Header, name string) {
	var kept []string
	for _, line := range h["Set-Cookie"] {
		if !strings.HasPrefix(line, name+"=") {
			kept = append(kept, line)
		}
	}
	if kept == nil {
		h.Del("Set-Cookie")
		return
	}
	h["Set-Cookie"] = kept
}
