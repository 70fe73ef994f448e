package signettest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Request is one that a provider was sent.
type Request struct {
	Endpoint Endpoint // empty for a path that the provider does not have
	Method   string
	Path     string
	Query    url.Values
	Header   http.Header

	// Form is the query and the body; of a JSON body the members that are text.
	Form url.Values

	// Auth is how the client, or the bearer of a token, showed who it is:
	// client_secret_basic, client_secret_post, query, none or bearer.
	Auth string

	// Status is that of the answer, also of one that was then lost; 0 as long as nothing was
	// done, and where a fault answered instead.
	Status int

	// Refused says why the answer is a no; empty where it is a yes.
	Refused string
}

// Ways to sign in a client. RFC 6749 section 2.3, and the query as Naver allows.
const (
	authBasic  = "client_secret_basic"
	authPost   = "client_secret_post"
	authQuery  = "query"
	authNone   = "none"
	authBearer = "bearer"
)

type ledger struct {
	rows    []*Request
	changed chan struct{} // closed at every new row and status
}

// Requests are those that e was sent so far, in their order.
func (p *Provider) Requests(e Endpoint) []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []Request
	for _, r := range p.ledger.rows {
		if r.Endpoint == e {
			list = append(list, *r)
		}
	}
	return list
}

// Last is the newest request at e; it fails the test when there is none.
func (p *Provider) Last(e Endpoint) Request {
	p.t.Helper()
	list := p.Requests(e)
	if len(list) == 0 {
		p.t.Fatalf("signettest: %s was not asked at %s", p.ID, e)
	}
	return list[len(list)-1]
}

// Calls counts the requests at e so far.
func (p *Provider) Calls(e Endpoint) int { return len(p.Requests(e)) }

// Refused are the reasons of all that was refused, as "token: the code was used before".
func (p *Provider) Refused() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, r := range p.ledger.rows {
		if r.Refused != "" {
			list = append(list, string(r.Endpoint)+": "+r.Refused)
		}
	}
	return list
}

// Await returns when e has been sent n requests, answered or not. After ten seconds it fails
// the test.
func (p *Provider) Await(e Endpoint, n int) {
	p.t.Helper()
	p.await(e, n, func(Request) bool { return true })
}

// AwaitActed returns when e has done what n requests asked for, or refused it, answered or
// not. After ten seconds it fails the test.
func (p *Provider) AwaitActed(e Endpoint, n int) {
	p.t.Helper()
	p.await(e, n, func(r Request) bool { return r.Status != 0 })
}

func (p *Provider) await(e Endpoint, n int, counts func(Request) bool) {
	p.t.Helper()
	late := time.After(10 * time.Second)
	for {
		p.mu.Lock()
		changed := p.ledger.changed
		p.mu.Unlock()
		have := 0
		for _, r := range p.Requests(e) {
			if counts(r) {
				have++
			}
		}
		if have >= n {
			return
		}
		select {
		case <-changed:
		case <-late:
			p.t.Fatalf("signettest: %s was asked %d times at %s, want %d", p.ID, have, e, n)
		}
	}
}

// tell wakes those who wait.
func (l *ledger) tell() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Reuses counts the refresh tokens that were used again after they were spent; each ended
// its grant.
func (p *Provider) Reuses() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reuses
}

// record reads a request and writes it down.
func (p *Provider) record(r *http.Request, e Endpoint) *call {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // what is cut off is refused for what it lacks
	c := &call{r: r, real: p.isReal(r)}
	c.form = formOf(r, body)
	c.entry = &Request{
		Endpoint: e, Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone(), Form: c.form,
	}
	c.signsIn(body)
	p.mu.Lock()
	defer p.mu.Unlock()
	c.fault = p.faults.take(e)
	p.ledger.rows = append(p.ledger.rows, c.entry)
	p.ledger.tell()
	return c
}

// formOf puts the members of the body before those of the query.
func formOf(r *http.Request, body []byte) url.Values {
	form := url.Values{}
	switch kind := r.Header.Get("Content-Type"); {
	case strings.HasPrefix(kind, formType):
		form, _ = url.ParseQuery(string(body))
	case strings.HasPrefix(kind, "application/json"):
		var object map[string]any
		if json.NewDecoder(bytes.NewReader(body)).Decode(&object) == nil {
			for k, v := range object {
				form.Set(k, asText(v))
			}
		}
	}
	for k, v := range r.URL.Query() {
		form[k] = append(form[k], v...)
	}
	return form
}

// signsIn finds out how the client, or the bearer of a token, shows who it is.
func (c *call) signsIn(body []byte) {
	c.clientID, c.secret, c.entry.Auth = c.form.Get("client_id"), c.form.Get("client_secret"), authNone
	scheme, _, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	id, secret, basic := c.r.BasicAuth()
	switch {
	case basic:
		c.entry.Auth = authBasic
		c.clientID, c.secret = unescaped(id), unescaped(secret)
	case strings.EqualFold(scheme, "bearer"):
		c.entry.Auth = authBearer
	case c.r.URL.Query().Has("client_secret"):
		c.entry.Auth = authQuery
	case bytes.Contains(body, []byte("client_secret")):
		c.entry.Auth = authPost
	}
}

// unescaped undoes RFC 6749 section 2.3.1: both parts are form-encoded before Basic.
func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// repeated is a parameter that was sent twice, which RFC 6749 section 3.1 forbids.
func (c *call) repeated() string {
	for _, name := range slices.Sorted(maps.Keys(c.form)) {
		if len(c.form[name]) > 1 && name != "resource" && name != "audience" {
			return name
		}
	}
	return ""
}
