package signettest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// A Browser visits one site and keeps its cookies. It follows no redirects. Its methods
// fail the test when a request cannot be sent. They may be called from several goroutines.
type Browser struct {
	// Header is sent with every request. NewBrowser puts an Accept for HTML in.
	Header http.Header

	t      testing.TB
	site   *url.URL
	client *http.Client
}

// NewBrowser returns a browser without cookies for the site at origin.
func NewBrowser(t testing.TB, origin string) *Browser {
	t.Helper()
	site, err := url.Parse(origin)
	if err != nil {
		t.Fatalf("signettest: origin: %v", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("signettest: jar: %v", err)
	}
	return &Browser{
		Header: http.Header{"Accept": {"text/html"}},
		t:      t,
		site:   site,
		client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// A Page is an answer, read to its end.
type Page struct {
	Status int
	Header http.Header
	Body   string
}

// Location is where the answer redirects to.
func (p Page) Location() string { return p.Header.Get("Location") }

// JSON decodes the body into v, or fails the test.
func (p Page) JSON(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Body), v); err != nil {
		t.Fatalf("signettest: body is not the JSON expected: %v: %s", err, p.Body)
	}
}

// Get visits a path, or an absolute URL.
func (b *Browser) Get(path string) Page {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", nil)
}

// Post sends a form.
func (b *Browser) Post(path string, form url.Values) Page {
	b.t.Helper()
	return b.do(http.MethodPost, path, form.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

// PostJSON sends a JSON object.
func (b *Browser) PostJSON(path string, v any) Page {
	b.t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	return b.do(http.MethodPost, path, string(body), http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}})
}

func (b *Browser) do(method, path, body string, header http.Header) Page {
	b.t.Helper()
	u, err := b.site.Parse(path)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	r, err := http.NewRequest(method, u.String(), strings.NewReader(body))
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	for _, h := range []http.Header{b.Header, header} {
		for k, v := range h {
			r.Header[k] = v
		}
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	return Page{Status: res.StatusCode, Header: res.Header, Body: string(text)}
}

// Cookies are those that the browser would send to the site.
func (b *Browser) Cookies() []*http.Cookie { return b.client.Jar.Cookies(b.site) }

// SetCookies plants cookies.
func (b *Browser) SetCookies(list ...*http.Cookie) { b.client.Jar.SetCookies(b.site, list) }

// CSRF fetches a token from the end point below base ("/api/auth").
func (b *Browser) CSRF(base string) string {
	b.t.Helper()
	var v struct{ CSRFToken string }
	b.Get(base+"/csrf").JSON(b.t, &v)
	return v.CSRFToken
}
