package signettest

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"sync"
	"testing"
)

// A jar keeps cookies as browsers do, in two things that net/http/cookiejar leaves out:
// loopback counts as secure, as in Chromium and Firefox, and SameSite is heeded.
type jar struct {
	inner *cookiejar.Jar

	mu   sync.Mutex
	same map[string]http.SameSite // by host and name
}

func newJar(t testing.TB) *jar {
	t.Helper()
	inner, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("signettest: jar: %v", err)
	}
	return &jar{inner: inner, same: map[string]http.SameSite{}}
}

// secured is u as the inner jar has to see it.
func secured(u *url.URL) *url.URL {
	if !isLoopback(u) {
		return u
	}
	c := *u
	c.Scheme = "https"
	return &c
}

// set takes in what a site sets. A cookie that wants to travel between sites and is not
// Secure is refused, as in browsers.
func (j *jar) set(u *url.URL, list []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	list = slices.DeleteFunc(slices.Clone(list), func(c *http.Cookie) bool {
		return c.SameSite == http.SameSiteNoneMode && !c.Secure
	})
	for _, c := range list {
		j.same[u.Hostname()+" "+c.Name] = c.SameSite
	}
	j.inner.SetCookies(secured(u), list)
}

// cookies are those that a request carries. From another site a GET in the address bar
// carries all but the strict ones, a POST only those of SameSite=None.
func (j *jar) cookies(u, from *url.URL, method string) []*http.Cookie {
	list := j.inner.Cookies(secured(u))
	if from == nil || from.Hostname() == u.Hostname() {
		return list
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.DeleteFunc(list, func(c *http.Cookie) bool {
		same := j.same[u.Hostname()+" "+c.Name]
		if method == http.MethodGet {
			return same == http.SameSiteStrictMode
		}
		return same != http.SameSiteNoneMode
	})
}
