package signet

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signet-auth/signet/pages"
)

// What a gateway in front of other servers asks: the same questions that [Auth.Middleware]
// asks for handlers in this program.

// BasePath is where [Auth.Handler] is mounted, "/api/auth".
func (a *Auth) BasePath() string { return a.basePath }

// Client tells where a request comes from, as far as trusted proxies can say.
func (a *Auth) Client(r *http.Request) Client {
	agent := r.UserAgent()
	return Client{
		IP: a.clientIP(r).String(), Agent: agent[:min(len(agent), 256)],
		Language: pages.Language(r.Header.Get("Accept-Language")),
	}
}

// FromProxy tells whether the other end of the connection is one of Config.TrustedProxies.
func (a *Auth) FromProxy(r *http.Request) bool { return a.fromProxy(r) }

// Origin is [Visit.Origin] for who need not know who is there. It fails where [Auth.Visit]
// does for the Host of the request.
func (a *Auth) Origin(r *http.Request) (string, error) { return a.originOf(r) }

// Protects tells whether there is a Config.Protect: without one, [Visit.Protected] has
// nothing to say.
func (a *Auth) Protects() bool { return len(a.config.Protect) > 0 }

// Unreadable answers a request of which [Auth.Visit] failed with err: 400, or 431 for too
// many cookies.
func (a *Auth) Unreadable(w http.ResponseWriter, err error) { a.unreadable(w, err) }

// OwnCookie tells whether a cookie of that name is ours, whatever it is for and on whichever
// scheme: what no server behind us has to see, and none may set.
func (a *Auth) OwnCookie(name string) bool {
	return a.ownsName(name) || slices.ContainsFunc(a.config.TokenCookies, func(t TokenCookie) bool { return t.Name == name })
}

func (a *Auth) ownsName(name string) bool {
	k := a.keys.Load()
	return k.plain != nil && k.plain.owns(name) || k.secure != nil && k.secure.owns(name)
}

// owns tells whether w has a cookie of that name, or one that is cut into such chunks.
func (w *wire) owns(name string) bool {
	switch name {
	case w.csrfName, w.callbackName, w.deviceName, w.awayName, w.postedName, w.typedName:
		return true
	}
	for _, f := range w.formats {
		if rest, ok := strings.CutPrefix(name, f.name); ok && (rest == "" || rest[0] == '.' && digits(rest[1:])) {
			return true
		}
	}
	return false
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Origin is our public origin for this request, "https://app.example.com".
func (v *Visit) Origin() string { return v.origin }

// Fault is what the store failed with: whose session this is, is not known, and neither
// yes nor no would be right. The answer is 503.
func (v *Visit) Fault() error { return v.fault }

// Blind tells that revocations have not been heard of for so long that a request which
// changes something should wait.
func (v *Visit) Blind() bool { return v.a.revoked.blind(v.now) }

// CrossSite tells whether the request was sent by a page of another site: it carries the
// visitor's cookies without the visitor's will. Requests of programs, which say nothing of
// where they come from, are not.
func (v *Visit) CrossSite(r *http.Request) bool { return v.a.crossSite(r, v.origin) }

// Deny turns a request away with status 401 or 403: a browser on its way to a page is sent
// to sign in, anybody else gets JSON. It also writes what Commit would.
func (v *Visit) Deny(w http.ResponseWriter, r *http.Request, status int) {
	v.Commit(r.Context(), w.Header())
	v.deny(w, r, status)
}

// SignInURL is the sign-in page, which leads to back afterwards: a path with query, or an
// absolute URL of ours. Anything else is left out.
func (v *Visit) SignInURL(back string) string {
	page := v.origin + v.a.basePath + "/signin"
	if custom := v.a.config.Pages.SignIn; custom != "" {
		page = v.origin + custom
	}
	to, ok := v.a.returnTo(v.origin, back)
	if !ok {
		return page
	}
	return withQuery(page, url.Values{"callbackUrl": {to}})
}

// A Notice is a page with a message in the caller's own words.
type Notice = pages.Notice

// Notice draws a page with a message, in the looks of our pages or of [Pages.Draw]. Its words
// are in the language that [Auth.Client] gives. No cache may keep it.
func (a *Auth) Notice(w http.ResponseWriter, r *http.Request, status int, n Notice) {
	var raw [16]byte
	if _, err := io.ReadFull(a.world.Rand, raw[:]); err != nil {
		http.Error(w, n.Title, status)
		return
	}
	f := pages.Frame{
		Lang: a.Client(r).Language, Site: a.config.Pages.Site, Home: "/", Now: a.world.Now(),
		Nonce: base64.StdEncoding.EncodeToString(raw[:]),
	}
	h := w.Header()
	pages.SetHeaders(h, f.Nonce)
	addVary(h, "Accept-Language")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	render := pages.Render
	if a.config.Pages.Draw != nil {
		render = a.config.Pages.Draw
	}
	if err := render(w, f, n); err != nil {
		a.log.Debug("page not written", "error", err)
	}
}
