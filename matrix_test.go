package signet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/provider/email"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
	"github.com/signet-auth/signet/provider/social"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/jwt"
	"github.com/signet-auth/signet/signettest"
)

// Every kind of provider with every strategy and every format: one journey for all.

// A kind is a way to sign in, made for one house, and how a browser takes it.
type kind struct {
	provider signet.Provider
	signIn   func(t *testing.T, b *signettest.Browser)
	email    string       // who signs in
	http     *http.Client // for calls to the provider; nil is the usual one
}

// kinds make one of each.
var kinds = map[string]func(t *testing.T, clock *signettest.Clock) kind{
	"credentials": func(*testing.T, *signettest.Clock) kind {
		check := func(_ context.Context, f url.Values) (signet.Identity, error) {
			if f.Get("password") != "open sesame" {
				return signet.Identity{}, &signet.Refused{}
			}
			return signet.Identity{Subject: "5", Name: "Sora", Email: f.Get("email"), Methods: []string{"pwd"}}, nil
		}
		return kind{provider: credentials.New(check), signIn: byForm("credentials", "sora@example.com", "open sesame"), email: "sora@example.com"}
	},
	"passwords": func(*testing.T, *signettest.Clock) kind {
		p := credentials.Passwords(credentials.PasswordOptions{Hasher: cheapHasher()})
		return kind{provider: p, signIn: byForm("credentials", minsuEmail, minsuPassword), email: minsuEmail}
	},
	"oauth2": func(t *testing.T, clock *signettest.Clock) kind {
		fake := signettest.NewProvider(t, "generic-oauth2")
		fake.Now = clock.Now
		p := oauth2.New(oauth2.Config{
			ID: "plain", ClientID: fake.ClientID, ClientSecret: fake.ClientSecret,
			Authorize: fake.URL(signettest.Authorization), Token: fake.URL(signettest.Token), UserInfo: fake.URL(signettest.Userinfo),
			Scopes: []string{"profile"}, Map: oauth2.Mapping{Subject: "/user/uid", Name: "/user/display", Email: "/user/mail"},
		})
		return kind{provider: p, signIn: byFake(fake, "plain"), email: fake.Person().Email}
	},
	"oidc": func(t *testing.T, clock *signettest.Clock) kind {
		fake := signettest.NewIssuer(t)
		fake.Now = clock.Now
		p := oidc.New(oidc.Config{ID: "corp", Issuer: fake.Issuer(), ClientID: fake.ClientID, ClientSecret: fake.ClientSecret})
		return kind{provider: p, signIn: byFake(fake, "corp"), email: fake.Person().Email}
	},
	"kakao": func(t *testing.T, clock *signettest.Clock) kind {
		fake := signettest.NewKakao(t)
		fake.Now = clock.Now
		return kind{
			provider: social.Kakao(fake.ClientID, fake.ClientSecret), signIn: byFake(fake, "kakao"),
			email: fake.Person().Email, http: signettest.Client(fake),
		}
	},
	"backend": func(t *testing.T, _ *signettest.Clock) kind {
		nest := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var in struct{ Email, Password string }
			if json.NewDecoder(r.Body).Decode(&in) != nil || in.Password != "1234" {
				http.Error(w, `{"message":"wrong"}`, http.StatusUnauthorized)
				return
			}
			fmt.Fprintf(w, `{"id":3,"name":"Yuna","email":%q,"accessToken":"a-token"}`, in.Email)
		}))
		t.Cleanup(nest.Close)
		return kind{
			provider: backend.New(backend.Config{URL: nest.URL + "/login"}), signIn: byForm("backend", "yuna@example.com", "1234"),
			email: "yuna@example.com",
		}
	},
	"email": func(t *testing.T, clock *signettest.Clock) kind {
		box := &email.Outbox{Now: clock.Now, Log: slog.New(slog.DiscardHandler)}
		p, err := email.New(email.Config{Mailer: box, From: "signet@example.com", SignUp: true, World: signet.World{Now: clock.Now}})
		if err != nil {
			t.Fatal(err)
		}
		return kind{provider: p, signIn: byLetter(box, "dana@example.com"), email: "dana@example.com"}
	},
}

func byForm(id, address, password string) func(*testing.T, *signettest.Browser) {
	return func(t *testing.T, b *signettest.Browser) {
		page := b.Post("/api/auth/callback/"+id, url.Values{"email": {address}, "password": {password}, "csrfToken": {b.CSRF("/api/auth")}})
		if page.Status != http.StatusSeeOther || strings.Contains(page.Location(), "error=") {
			t.Fatalf("sign-in: %d %s", page.Status, page.Location())
		}
	}
}

func byFake(fake *signettest.Provider, id string) func(*testing.T, *signettest.Browser) {
	return func(t *testing.T, b *signettest.Browser) {
		if page := b.SignInWith(fake, "/api/auth/signin/"+id); strings.Contains(page.URL, "error=") || len(fake.Refused()) > 0 {
			t.Fatalf("sign-in: %d %s, refused there: %v", page.Status, page.URL, fake.Refused())
		}
	}
}

func byLetter(box *email.Outbox, address string) func(*testing.T, *signettest.Browser) {
	return func(t *testing.T, b *signettest.Browser) {
		before := len(box.Letters())
		page := b.Post("/api/auth/signin/email", url.Values{"email": {address}, "csrfToken": {b.CSRF("/api/auth")}})
		soon(t, fmt.Sprintf("no letter: %d %s", page.Status, page.Location()), func() bool { return len(box.Letters()) > before })
		code := box.Letters()[0].Letter.Code
		page = b.Post("/api/auth/callback/email", url.Values{"code": {code}, "csrfToken": {b.CSRF("/api/auth")}})
		if page.Status != http.StatusSeeOther {
			t.Fatalf("code: %d %s", page.Status, page.Location())
		}
	}
}

// formatsWritten are all that a site can write.
var formatsWritten = []signet.Format{
	signet.AuthJS, signet.AuthJSv4,
	{Name: "iron", Make: iron.New, Cookie: "carrotsession", Undated: true, Shape: signet.Shape{UserID: "user.id", Name: "user.name", Email: "user.email"}},
	{Name: "jwt", Make: jwt.HS256, Cookie: "nextjs-session-test", Readable: true, Shape: signet.Shape{Email: "email", Expires: "expires"}},
}

func TestEveryProviderWithEveryStrategyAndFormat(t *testing.T) {
	for name, make := range kinds {
		t.Run(name, func(t *testing.T) {
			bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
				for _, format := range formatsWritten {
					t.Run(format.Name, func(t *testing.T) {
						var k kind
						h := open(t, strategy, func(c *signet.Config) {
							clock := signettest.NewClock(noon)
							c.World.Now = clock.Now
							k = make(t, clock)
							c.Providers = []signet.Provider{k.provider}
							c.Session.Format, c.World.HTTP = format, k.http
						})
						walk(t, h, k)
					})
				}
			})
		})
	}
}

// walk signs somebody in, visits, signs them in once more elsewhere, and out.
func walk(t *testing.T, h *house, k kind) {
	b := h.browser(t)
	k.signIn(t, b)
	first := b.Get("/api/auth/session").Body
	if !strings.Contains(first, `"email":"`+k.email+`"`) {
		t.Fatalf("session = %s", first)
	}
	if again := b.Get("/api/auth/session").Body; again != first {
		t.Errorf("second read: %s, then %s", first, again)
	}
	other := h.browser(t)
	k.signIn(t, other)
	kept := b.Cookies()
	b.Post("/api/auth/signout", url.Values{"csrfToken": {b.CSRF("/api/auth")}})
	if got := b.Get("/api/auth/session").Body; got != "null" && got != "{}" { // what v4 hears
		t.Errorf("after the sign-out: %s", got)
	}
	thief := h.browser(t)
	thief.SetCookies(kept...)
	if got := thief.Get("/api/auth/session").Body; got != "null" && got != "{}" {
		t.Errorf("the cookies of before, shown again: %s", got)
	}
	if got := other.Get("/api/auth/session").Body; !strings.Contains(got, k.email) {
		t.Errorf("the other browser: %s", got)
	}
}
