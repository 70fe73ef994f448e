package signettest

import (
	"bufio"
	"compress/gzip"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Fault is something that goes wrong in one answer of a [Provider]. Its zero value is a
// healthy answer, for the places in between.
type Fault struct {
	name string
	at   []Endpoint // where it can happen; nil means anywhere

	before  func(c *call, closed <-chan struct{}) // ahead of everything
	instead func(c *call)                         // nothing is done, and this answered
	send    func(c *call, a reply, closed <-chan struct{})
	body    func(c *call, p *Provider, a *reply)
	params  func(url.Values)                    // of the way back
	claims  func(header, claims map[string]any) // of the ID token
	deny    string                              // in place of a code
	key     string                              // "", other, unknown or none
}

type faults struct {
	next   map[Endpoint][]Fault
	always map[Endpoint]Fault
}

// Next lets the next answers of e go wrong, one after the other, then all is well again.
func (p *Provider) Next(e Endpoint, list ...Fault) {
	p.t.Helper()
	p.fits(e, list)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.faults.next == nil {
		p.faults.next = map[Endpoint][]Fault{}
	}
	p.faults.next[e] = append(p.faults.next[e], list...)
}

// Always lets every answer of e go wrong, those of Next excepted, until [Provider.Heal].
func (p *Provider) Always(e Endpoint, f Fault) {
	p.t.Helper()
	p.fits(e, []Fault{f})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.faults.always == nil {
		p.faults.always = map[Endpoint]Fault{}
	}
	p.faults.always[e] = f
}

// Heal ends all faults.
func (p *Provider) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = faults{}
}

func (p *Provider) fits(e Endpoint, list []Fault) {
	p.t.Helper()
	if p.URL(e) == "" {
		p.t.Fatalf("signettest: %s has no end point %q", p.ID, e)
	}
	for _, f := range list {
		if f.at != nil && !slices.Contains(f.at, e) {
			p.t.Fatalf("signettest: %s happens at %v, not at %s", f.name, f.at, e)
		}
	}
}

// take is the fault of the next answer.
func (f *faults) take(e Endpoint) Fault {
	if list := f.next[e]; len(list) > 0 {
		f.next[e] = list[1:]
		return list[0]
	}
	return f.always[e]
}

// answer serves one request, with the fault that is due.
func (p *Provider) answer(w http.ResponseWriter, r *http.Request, e Endpoint, handler func(*call) reply) {
	c := p.record(r, e)
	c.w = w
	f := c.fault
	if f.before != nil {
		f.before(c, p.closed)
	}
	if f.instead != nil {
		f.instead(c)
		return
	}
	a := p.act(c, handler)
	if f.send != nil {
		f.send(c, a, p.closed)
		return
	}
	a.send(w)
}

// act does what the request asks for. One at a time: what a provider knows is one state.
func (p *Provider) act(c *call, handler func(*call) reply) reply {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := handler(c)
	if c.fault.body != nil {
		c.fault.body(c, p, &a)
	}
	if c.entry.Endpoint == Token && p.ID == "github" {
		a = formUnlessJSON(c.r, a)
	}
	c.entry.Status, c.entry.Refused = a.status, a.why
	p.ledger.tell()
	return a
}

// wait returns when gate is closed, the caller has gone or the provider is closed.
func wait(c *call, gate, closed <-chan struct{}) {
	select {
	case <-gate:
	case <-closed:
	case <-c.r.Context().Done():
	}
}

// Hold keeps the request until gate is closed and acts only then.
func Hold(gate <-chan struct{}) Fault {
	return Fault{name: "Hold", before: func(c *call, closed <-chan struct{}) { wait(c, gate, closed) }}
}

// Slow acts at once, and answers when gate is closed: what the caller does not know has
// happened already.
func Slow(gate <-chan struct{}) Fault {
	return Fault{name: "Slow", send: func(c *call, a reply, closed <-chan struct{}) {
		wait(c, gate, closed)
		a.send(c.w)
	}}
}

// Delay acts at once, and answers after d of real time.
func Delay(d time.Duration) Fault {
	return Fault{name: "Delay", send: func(c *call, a reply, closed <-chan struct{}) {
		gate := make(chan struct{})
		timer := time.AfterFunc(d, func() { close(gate) })
		defer timer.Stop()
		wait(c, gate, closed)
		a.send(c.w)
	}}
}

// Trickle acts, sends the first byte of its answer, and the rest when gate is closed.
func Trickle(gate <-chan struct{}) Fault {
	return Fault{name: "Trickle", send: func(c *call, a reply, closed <-chan struct{}) {
		a.head(c.w)
		body := a.bytes()
		n := min(1, len(body))
		c.w.Write(body[:n])
		http.NewResponseController(c.w).Flush()
		wait(c, gate, closed)
		c.w.Write(body[n:])
	}}
}

// Drop acts, and closes the connection instead of answering: a lost answer.
func Drop() Fault {
	return Fault{name: "Drop", send: func(c *call, _ reply, _ <-chan struct{}) { cut(c.w, false) }}
}

// Reset breaks the connection off before anything is done.
func Reset() Fault {
	return Fault{name: "Reset", instead: func(c *call) { cut(c.w, true) }}
}

func cut(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: there is no connection of its own to close
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// Answer answers this instead of doing anything.
func Answer(status int, contentType, body string) Fault {
	return Fault{name: "Answer", instead: func(c *call) { textReply(status, contentType, body).send(c.w) }}
}

// Status answers a short text with this status instead of doing anything.
func Status(code int) Fault {
	if code == http.StatusNoContent || code == http.StatusNotModified {
		return Answer(code, "", "")
	}
	return Answer(code, "text/plain", http.StatusText(code))
}

// HTML answers a page, with status 200, as a captive portal does.
func HTML() Fault {
	return Answer(http.StatusOK, "text/html", "<!doctype html><title>Welcome</title><h1>Please log in to the network</h1>")
}

// Moved redirects the caller.
func Moved(to string) Fault {
	return Fault{name: "Moved", instead: func(c *call) { redirectReply(to).send(c.w) }}
}

// Huge answers a JSON object of n bytes, as long as somebody reads.
func Huge(n int) Fault {
	return Fault{name: "Huge", instead: func(c *call) {
		c.w.Header().Set("Content-Type", "application/json")
		huge(c.w, n)
	}}
}

// GzipBomb is Huge in few bytes on the wire.
func GzipBomb(n int) Fault {
	return Fault{name: "GzipBomb", instead: func(c *call) {
		c.w.Header().Set("Content-Type", "application/json")
		c.w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(c.w)
		huge(z, n)
		z.Close()
	}}
}

func huge(w io.Writer, n int) {
	const head, tail = `{"access_token":"`, `"}`
	io.WriteString(w, head)
	block := []byte(strings.Repeat("a", 64<<10))
	for left := n - len(head) - len(tail); left > 0; left -= len(block) {
		if _, err := w.Write(block[:min(left, len(block))]); err != nil {
			return
		}
	}
	io.WriteString(w, tail)
}

// Members answers a JSON object of n members.
func Members(n int) Fault {
	return Fault{name: "Members", instead: func(c *call) {
		c.w.Header().Set("Content-Type", "application/json")
		b := bufio.NewWriter(c.w)
		b.WriteString(`{"n":0`)
		for range n - 1 {
			b.WriteString(`,"` + random(4) + `":1`)
		}
		b.WriteString("}")
		b.Flush()
	}}
}

// Sampled answers what testdata/providers.json has for this provider under this name, such
// as "rate limited" at Discord.
func (p *Provider) Sampled(name string) Fault {
	p.t.Helper()
	s, ok := p.vector.named(name)
	if !ok {
		p.t.Fatalf("signettest: %s has no answer %q", p.ID, name)
	}
	return Fault{name: name, instead: func(c *call) { sampleReply(s).send(c.w) }}
}

// Edit changes the members of a JSON answer, after everything was done.
func Edit(change func(body map[string]any)) Fault {
	return Fault{name: "Edit", body: func(_ *call, _ *Provider, a *reply) {
		if body, ok := a.body.(map[string]any); ok {
			change(body)
		}
	}}
}

// errorInOK has the shape of the errors of GitHub and Naver, in place of a success that has
// happened.
func errorInOK(code string) func(map[string]any) {
	return func(body map[string]any) {
		maps.DeleteFunc(body, func(string, any) bool { return true })
		body["error"], body["error_description"] = code, "no"
	}
}

// ErrorInOK answers an OAuth error with status 200, after everything was done.
func ErrorInOK(code string) Fault { return Edit(errorInOK(code)) }
