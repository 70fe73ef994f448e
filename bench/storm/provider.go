package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// brief is the life of the access token that a sign-in brings. The one after it lasts.
const brief = time.Second

// A provider is the back end: a log-in, refresh tokens that work once (a second use ends the
// whole family, RFC 9700 section 4.14.2), and an API that wants the newest access token.
type provider struct {
	url    string
	server *http.Server

	mu       sync.Mutex
	turn     *turn
	families []*family
	tickets  map[string]*ticket // by refresh token
	access   map[string]*family // by access token, also an old one
	asked    int                // requests to the API
}

// A turn is how the provider behaves in one round.
type turn struct {
	delay, grace time.Duration
	fault        fault

	led    chan int      // gets the number of the process that asked first
	struck chan struct{} // closed when that process has been stopped or killed
}

// A family is all tokens that come from one sign-in.
type family struct {
	user       string
	generation int
	access     string
	killed     bool
}

// A ticket is a refresh token.
type ticket struct {
	family *family
	calls  int
	by     int // the process that used it first
	used   time.Time
	answer map[string]any // of the first use
}

func newProvider() (*provider, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &provider{url: "http://" + l.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", p.login)
	mux.HandleFunc("POST /refresh/{process}", p.refresh)
	mux.HandleFunc("GET /api/me", p.me)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go p.server.Serve(l)
	p.begin(cell{})
	return p, nil
}

func (p *provider) close() { p.server.Close() }

// begin forgets everything and behaves as a cell wants it.
func (p *provider) begin(c cell) *turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn = &turn{delay: c.delay, grace: c.grace, fault: c.fault, led: make(chan int, 1), struck: make(chan struct{})}
	p.families, p.tickets, p.access = nil, map[string]*ticket{}, map[string]*family{}
	return p.turn
}

// login knows everybody.
func (p *provider) login(w http.ResponseWriter, r *http.Request) {
	var in struct{ Email string }
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Email == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	f := &family{user: in.Email}
	p.families = append(p.families, f)
	answer := p.renew(f)
	p.mu.Unlock()
	answer["id"], answer["email"], answer["expiresIn"] = in.Email, in.Email, int(brief.Seconds())
	writeJSON(w, http.StatusOK, answer)
}

// renew makes the next tokens of a family. The caller has locked p.mu.
func (p *provider) renew(f *family) map[string]any {
	refresh := rand.Text()
	f.generation++
	f.access = rand.Text()
	p.tickets[refresh] = &ticket{family: f}
	p.access[f.access] = f
	return map[string]any{"accessToken": f.access, "refreshToken": refresh, "expiresIn": 3600}
}

// refresh spends the token when the question arrives, and answers when the delay is over:
// whoever is cut off in between has lost the answer.
func (p *provider) refresh(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	var in struct{ RefreshToken string }
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	number, err := strconv.Atoi(r.PathValue("process"))
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	turn, first, answer := p.spend(in.RefreshToken, number)
	if first {
		turn.strike(r.Context(), number)
	}
	time.Sleep(turn.delay - time.Since(begun))
	switch {
	case first && turn.fault == dropped:
		panic(http.ErrAbortHandler) // closes the connection
	case answer == nil:
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
	default:
		writeJSON(w, http.StatusOK, answer)
	}
}

// strike tells who leads, and holds the answer back until that process was dealt with.
func (t *turn) strike(ctx context.Context, number int) {
	select {
	case t.led <- number:
	default: // the leader of another session
	}
	switch t.fault {
	case killed:
		<-ctx.Done()
	case stopped:
		<-t.struck
	}
}

// spend uses a refresh token. Without an answer it is refused; first tells that nobody used it
// before.
func (p *provider) spend(token string, by int) (_ *turn, first bool, answer map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tickets[token]
	if t == nil {
		return p.turn, false, nil
	}
	t.calls++
	f := t.family
	switch {
	case f.killed:
		return p.turn, false, nil
	case t.calls == 1:
		t.by, t.used, t.answer = by, time.Now(), p.renew(f)
		return p.turn, true, t.answer
	case p.turn.grace > 0 && time.Since(t.used) < p.turn.delay+p.turn.grace: // it counts from the answer
		return p.turn, false, t.answer
	}
	f.killed = true
	return p.turn, false, nil
}

// me says whom the access token belongs to, and how new it is. An old one is refused.
func (p *provider) me(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	f := p.access[token]
	good := f != nil && !f.killed && f.access == token
	answer, status := map[string]any{"error": "not the newest token"}, http.StatusUnauthorized
	if good {
		answer, status = map[string]any{"user": f.user, "generation": f.generation}, http.StatusOK
	}
	halts := p.turn.fault == stopped
	p.asked++
	chunked := p.asked%2 == 0
	p.mu.Unlock()
	if halts {
		// A gateway that is stopping has to wait for the rest of an answer, whether or not
		// it says how long it is.
		w = &halting{w, chunked}
	}
	writeJSON(w, status, answer)
}

// halting sends half of what is written, and after a while the rest.
type halting struct {
	http.ResponseWriter
	chunked bool
}

func (w *halting) WriteHeader(status int) {
	if w.chunked {
		w.Header().Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *halting) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b[:len(b)/2])
	if err != nil {
		return n, err
	}
	http.NewResponseController(w.ResponseWriter).Flush()
	time.Sleep(50 * time.Millisecond)
	m, err := w.ResponseWriter.Write(b[n:])
	return n + m, err
}

// A ledger is what the provider has seen in a round.
type ledger struct {
	calls  int // at the refresh end point
	most   int // with one refresh token
	killed int // families
	astray int // refresh tokens used again though nothing happened to whoever used them first
}

// ledger sums up the round. struck is the process to which something happened, or nil.
func (p *provider) ledger(struck *process) (l ledger) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.tickets {
		l.calls += t.calls
		l.most = max(l.most, t.calls)
		if t.calls > 1 && p.turn.fault != dropped && (struck == nil || struck.number != t.by) {
			l.astray++
		}
	}
	for _, f := range p.families {
		if f.killed {
			l.killed++
		}
	}
	return l
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // nothing here that JSON does not have
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}
