package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
	"github.com/signet-auth/signet/pages"
	"github.com/signet-auth/signet/provider/email"
)

// A front is everything that the public listener answers.
type front struct {
	http.Handler
	gate     *gateway.Swap // nil where no routes are configured
	behind   http.Handler  // what answers where no route does; nil for nothing
	recovery *recovery
	timing   *timing
	demo     *demo         // nil without --demo
	outbox   *email.Outbox // nil where letters are sent, or there are none
}

// front puts the handlers together: the end points of Auth.js under the base path, and
// beside them the demo, or a page that says what this is.
func (c *config) front(ctx context.Context, o *opened, withDemo bool, log *slog.Logger) (*front, error) {
	f := &front{}
	site := &site{config: c, base: c.base()}
	beside := http.HandlerFunc(site.serve)
	if withDemo {
		var err error
		if f.demo, err = newDemo(ctx, site, o); err != nil {
			return nil, err
		}
		beside = f.demo.serve
	}
	ends := c.scripts(o.auth)
	if f.outbox = o.letters.outbox; f.outbox != nil {
		ends[outboxPath] = onlyHere(f.outbox, http.HandlerFunc(site.serve))
	}
	if !c.access.introspection.none() {
		ends[site.base+introspectionAt] = c.access.introspectionHandler(o.auth)
	}
	inner, err := c.inside(f, o, beside, log)
	if err != nil {
		return nil, err
	}
	f.recovery = &recovery{next: atPaths(ends, inner), log: log}
	f.Handler = usual(f.recovery)
	if c.adminListen != "" {
		f.timing = newTiming(site.base)
	}
	if f.timing != nil || c.log.requests {
		f.Handler = &watch{next: f.Handler, seen: func(r *http.Request, status int, took time.Duration) {
			if f.timing != nil {
				f.timing.add(r, status, took)
			}
			if c.log.requests {
				logged(log, r, status, took)
			}
		}}
	}
	return f, nil
}

// inside is what stands behind the listener: the gateway where routes are configured, with
// the demo behind them, and else the end points with our own pages beside them.
func (c *config) inside(f *front, o *opened, beside http.Handler, log *slog.Logger) (http.Handler, error) {
	beside = bounded(o.auth.Middleware(beside))
	if !c.gateway.on() {
		return split(c.base(), bounded(o.auth.Handler()), beside), nil
	}
	if f.demo != nil {
		f.behind = beside
	}
	var err error
	f.gate, err = c.makeGate(o.auth, f.behind, o.now, log)
	return f.gate, err
}

// greet prints what to do next.
func (f *front) greet(w io.Writer, url string) {
	switch {
	case f.demo != nil:
		f.demo.greet(w, url)
	case f.outbox != nil:
		greetOutbox(w, url)
	}
}

// split sends what is below base one way and the rest the other.
func split(base string, below, beside http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == base || strings.HasPrefix(r.URL.Path, base+"/") {
			below.ServeHTTP(w, r)
			return
		}
		beside.ServeHTTP(w, r)
	})
}

// base is the path below which the end points are: as package signet has it, the key, else
// the path of the URL, else that of next-auth.
func (c *config) base() string {
	path := c.basePath
	if path == "" {
		if u, err := url.Parse(c.url); err == nil {
			path = strings.TrimRight(u.Path, "/")
		}
	}
	if path == "" {
		path = "/api/auth"
	}
	return "/" + strings.Trim(path, "/")
}

// A site is the few pages beside the base path.
type site struct {
	config *config
	base   string
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Method not allowed.", http.StatusMethodNotAllowed)
		return
	}
	lang := pages.Language(r.Header.Get("Accept-Language"))
	session, signedIn := signet.SessionFrom(r.Context())
	switch {
	case r.URL.Path != "/":
		s.notFound(w, r, lang)
	case signedIn:
		s.draw(w, http.StatusOK, s.frame(lang, session), startPages[lang].in(s.base))
	default:
		s.draw(w, http.StatusOK, s.frame(lang, nil), startPages[lang].out(s.base))
	}
}

func (s *site) notFound(w http.ResponseWriter, r *http.Request, lang string) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"error":"not found"}`)
		return
	}
	t := startPages[lang]
	s.draw(w, http.StatusNotFound, s.frame(lang, nil), pages.Notice{Title: t.missing, Text: t.missingText, NextURL: "/", NextIs: t.home})
}

// frame is what all pages have around them; session may be nil.
func (s *site) frame(lang string, session *signet.Session) pages.Frame {
	f := pages.Frame{Lang: lang, Site: s.config.site}
	if session != nil {
		f.User = session.Name
		if f.User == "" {
			f.User = session.Email
		}
		f.AccountURL, f.SignOutURL = s.base+"/account", s.base+"/signout"
	}
	return f
}

func (s *site) draw(w http.ResponseWriter, status int, f pages.Frame, p pages.Page) {
	f.Nonce = nonce()
	pages.SetHeaders(w.Header(), f.Nonce)
	w.Header().Add("Vary", "Accept-Language")
	w.WriteHeader(status)
	pages.Render(w, f, p) // fails only when the visitor has gone
}

// nonce is for one answer.
func nonce() string {
	var raw [16]byte
	rand.Read(raw[:])
	return base64.StdEncoding.EncodeToString(raw[:])
}

// startWords are the words of the start page and of the page for what is not there.
type startWords struct {
	running, hint, account, signedIn, signIn string
	missing, missingText, home               string
}

var startPages = map[string]startWords{
	"en": {
		running: "Signet is running", hint: "Sign-in and sessions are served here. Your application shows its own pages.",
		signIn: "Sign in", signedIn: "You are signed in.", account: "Your account",
		missing: "There is nothing here", missingText: "The address may be mistyped, or the page has moved.", home: "Start page",
	},
	"ko": {
		running: "Signet이 실행 중입니다", hint: "여기서는 로그인과 세션을 처리합니다. 화면은 사용하시는 앱이 보여 줍니다.",
		signIn: "로그인", signedIn: "로그인되어 있습니다.", account: "내 계정",
		missing: "찾으시는 페이지가 없습니다", missingText: "주소가 잘못되었거나 페이지가 옮겨졌을 수 있습니다.", home: "처음으로",
	},
}

func (t startWords) in(base string) pages.Notice {
	return pages.Notice{Title: t.running, Text: t.signedIn, NextURL: base + "/account", NextIs: t.account}
}

func (t startWords) out(base string) pages.Notice {
	return pages.Notice{Title: t.running, Text: t.hint, NextURL: base + "/signin", NextIs: t.signIn}
}
