package signet

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

type visitKey struct{}

func visitFrom(ctx context.Context) *Visit {
	v, _ := ctx.Value(visitKey{}).(*Visit)
	return v
}

// SessionFrom returns the session that [Auth.Middleware] or [Auth.Require] found.
func SessionFrom(ctx context.Context) (*Session, bool) {
	v := visitFrom(ctx)
	if v == nil {
		return nil, false
	}
	s := v.current()
	return s, s != nil
}

// Middleware reads the session of each request, renews it when due and hands it on to
// [SessionFrom]. Paths that Config.Protect covers need a session: a browser on its way to
// a page is sent to the sign-in page and comes back afterwards, a script gets 401. The
// base path and the application's own sign-in pages are never protected.
func (a *Auth) Middleware(next http.Handler) http.Handler {
	return a.guard(next, func(r *http.Request, v *Visit) (int, bool) { return v.Protected(r) })
}

// Protected is what Config.Protect says about a request: the status of a refusal, or 0, and
// whether a rule is about it at all, so that the answer is for this visitor alone.
func (v *Visit) Protected(r *http.Request) (status int, private bool) {
	if len(v.a.config.Protect) == 0 || !v.a.protects(target(r)) || v.a.open(r.URL.Path) {
		return 0, false
	}
	return v.a.judgeVisit(r, v), true
}

// Require is Middleware for a handler of which every path needs a session.
func (a *Auth) Require(next http.Handler) http.Handler {
	return a.guard(next, func(r *http.Request, v *Visit) (int, bool) { return a.judgeVisit(r, v), true })
}

// RequireGroup is Require for users of a group; others get 403.
func (a *Auth) RequireGroup(group string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return a.guard(next, func(r *http.Request, v *Visit) (int, bool) {
			status := a.judgeVisit(r, v)
			if status == 0 && (v.Session == nil || !slices.Contains(v.Session.Groups, group)) {
				status = http.StatusForbidden
			}
			return status, true
		})
	}
}

// judgeVisit asks the application, or is content with a session. It returns the status of a
// refusal, or 0.
func (a *Auth) judgeVisit(r *http.Request, v *Visit) int {
	allowed := v.Session != nil
	if a.config.Callbacks.Allow != nil {
		allowed = a.config.Callbacks.Allow(r, v.Session)
	}
	if !allowed {
		return http.StatusUnauthorized
	}
	return 0
}

// guard wraps next. rule returns the status of a refusal, or 0, and whether the answer is
// for this visitor alone and must not be cached.
func (a *Auth) guard(next http.Handler, rule func(*http.Request, *Visit) (status int, private bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitFrom(r.Context())
		if v == nil || v.a != a {
			var err error
			if v, err = a.Visit(r); err != nil {
				a.unreadable(w, err)
				return
			}
			v.Commit(r.Context(), w.Header())
			r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		}
		status, private := rule(r, v)
		if private {
			noStore(w.Header())
		}
		switch {
		case status != 0 && v.fault != nil, v.Session != nil && !safeMethod(r.Method) && a.revoked.blind(v.now):
			w.Header().Set("Retry-After", "1")
			http.Error(w, "Service unavailable, try again.", http.StatusServiceUnavailable)
		case status != 0:
			v.deny(w, r, status)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// deny turns a request away.
func (v *Visit) deny(w http.ResponseWriter, r *http.Request, status int) {
	noStore(w.Header())
	if status == http.StatusUnauthorized && navigation(r) {
		code := http.StatusFound
		if !safeMethod(r.Method) {
			code = http.StatusSeeOther
		}
		w.Header().Set("Location", v.SignInURL(target(r)))
		w.WriteHeader(code)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if status == http.StatusForbidden {
		w.Write([]byte(`{"error":"forbidden"}`))
		return
	}
	w.Write([]byte(`{"error":"unauthorized"}`))
}

// open tells paths that a protecting rule must not close, since nobody could sign in then.
func (a *Auth) open(path string) bool {
	if strings.Contains(path, "/.") || strings.Contains(path, "//") || strings.ContainsAny(path, `\%;`) {
		return false // base/../elsewhere is not below the base path, however it is spelt
	}
	if path == a.basePath || strings.HasPrefix(path, a.basePath+"/") {
		return true
	}
	p := a.config.Pages
	for _, page := range []string{p.SignIn, p.SignOut, p.Error, p.VerifyRequest, p.Step} {
		if own, _, _ := strings.Cut(page, "?"); own != "" && path == own {
			return true
		}
	}
	return false
}

// target is the path and query of a request as it was sent, also below http.StripPrefix.
func target(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

func safeMethod(m string) bool {
	return m == http.MethodGet || m == http.MethodHead || m == http.MethodOptions
}

// navigation tells whether a person is looking at the answer, and not a script.
func navigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html") && r.Header.Get("X-Requested-With") == ""
}
