package signettest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A Browser visits one site and keeps cookies. It follows a redirect only when told to, with
// [Browser.Follow]. Its methods fail the test when a request cannot be sent. They may be
// called from several goroutines.
type Browser struct {
	// Header is sent with every request. NewBrowser puts an Accept for HTML in.
	Header http.Header

	t      testing.TB
	site   *url.URL
	jar    *jar
	reach  *reach
	client *http.Client
}

// NewBrowser returns a browser without cookies for the site at origin.
func NewBrowser(t testing.TB, origin string) *Browser {
	t.Helper()
	site, err := url.Parse(origin)
	if err != nil {
		t.Fatalf("signettest: origin: %v", err)
	}
	client := Client()
	client.Timeout = 0 // the test's own end is enough for a site
	return &Browser{
		Header: http.Header{"Accept": {"text/html"}},
		t:      t,
		site:   site,
		jar:    newJar(t),
		reach:  client.Transport.(*reach),
		client: client,
	}
}

// A Page is an answer, read to its end.
type Page struct {
	URL    string // that was asked for
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
	return b.do(visit{method: http.MethodGet, to: path})
}

// Post sends a form.
func (b *Browser) Post(path string, form url.Values) Page {
	b.t.Helper()
	return b.do(visit{method: http.MethodPost, to: path, body: form.Encode(), header: http.Header{"Content-Type": {formType}}})
}

// PostJSON sends a JSON object.
func (b *Browser) PostJSON(path string, v any) Page {
	b.t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	return b.do(visit{method: http.MethodPost, to: path, body: string(body), header: header})
}

// A visit is one request. from is the site whose page leads there; empty means that the
// visitor typed it in, or that it is a page of the same site.
type visit struct {
	method, to, body string
	header           http.Header
	from             *url.URL
}

func (b *Browser) do(v visit) Page {
	b.t.Helper()
	u, err := b.site.Parse(v.to)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	r, err := http.NewRequest(v.method, u.String(), strings.NewReader(v.body))
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	for _, h := range []http.Header{b.Header, v.header} {
		for k, list := range h {
			r.Header[k] = list
		}
	}
	for _, c := range b.jar.cookies(u, v.from, v.method) {
		r.AddCookie(c)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	defer res.Body.Close()
	b.jar.set(u, res.Cookies())
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	return Page{URL: u.String(), Status: res.StatusCode, Header: res.Header, Body: string(text)}
}

// Cookies are those that the browser would send to the site.
func (b *Browser) Cookies() []*http.Cookie { return b.jar.cookies(b.site, nil, http.MethodGet) }

// SetCookies plants cookies.
func (b *Browser) SetCookies(list ...*http.Cookie) { b.jar.set(b.site, list) }

// CSRF fetches a token from the end point below base ("/api/auth").
func (b *Browser) CSRF(base string) string {
	b.t.Helper()
	var v struct{ CSRFToken string }
	b.Get(base+"/csrf").JSON(b.t, &v)
	return v.CSRFToken
}
