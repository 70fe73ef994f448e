package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long an answer may take. It is longer than the server's own limit of 30 s.
const patience = 40 * time.Second

// A fate is what became of a request.
type fate string

const (
	served    fate = "served"    // with the new token
	stale     fate = "stale"     // the API got an old token, or none
	reconnect fate = "reconnect" // the visitor is asked to connect again
	refused   fate = "refused"   // any other answer below 500
	failed    fate = "failed"    // 5xx
	foreign   fate = "foreign"   // somebody else's data
	cut       fate = "cut"       // no answer, as the connection broke
	hung      fate = "hung"      // no answer in time
)

// An answer is what came back for one request.
type answer struct {
	process *process
	fate    fate
	took    time.Duration
	what    string // of an unwanted one
}

// A line is a connection to one process, on which one visitor asks.
type line struct {
	process *process
	visitor *visitor
	conn    net.Conn
	in      *bufio.Reader
	request []byte
	sent    atomic.Int64 // when the request went out, in Unix ns
	closed  bool
	cookies []string // Set-Cookie of the last answer
}

// dial opens a connection and uses it once, as a stranger: a server hangs up on those who stay
// silent at first, and other connections may take their time to open.
func dial(p *process, v *visitor) (*line, error) {
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		return nil, err
	}
	conn.(*net.TCPConn).SetLinger(0) // thousands of ports would wait for a minute each
	const request = "GET /api/me HTTP/1.1\r\nHost: " + site + "\r\nAccept: application/json\r\n"
	l := &line{
		process: p, visitor: v, conn: conn, in: bufio.NewReaderSize(conn, 2048),
		request: []byte(request + "Cookie: " + v.cookie + "\r\n\r\n"),
	}
	conn.SetDeadline(time.Now().Add(patience))
	conn.Write([]byte(request + "\r\n"))
	if a := l.read(); a.fate != refused || !strings.HasPrefix(a.what, "401 ") {
		conn.Close()
		return nil, fmt.Errorf("a stranger got: %s %s", a.fate, a.what)
	}
	return l, nil
}

// volley sends the request of each line n times, all at once, and returns every answer. fired
// is called when all have been written. The requests of one line are written in one piece, and
// answered one after the other.
//
// All goroutines are waiting for answers before the first request goes out, so that this
// program, which shares the machine, does little while the servers work.
func volley(lines []*line, n int, fired func()) []answer {
	answers := make([]answer, len(lines)*n)
	var all sync.WaitGroup
	for i, l := range lines {
		l.conn.SetDeadline(time.Now().Add(patience))
		all.Go(func() {
			for j := range n {
				answers[i*n+j] = l.read()
			}
		})
	}
	for _, l := range lines {
		l.sent.Store(time.Now().UnixNano())
		text := l.request
		if n > 1 {
			text = slices.Repeat(text, n)
		}
		l.conn.Write(text) // one who reads finds out if it fails
	}
	if fired != nil {
		fired()
	}
	all.Wait()
	return answers
}

// read waits for one answer.
func (l *line) read() answer {
	got := answer{process: l.process}
	res, err := http.ReadResponse(l.in, nil)
	var body []byte
	part := "before the answer"
	if err == nil {
		part = "within the answer"
		body, err = io.ReadAll(res.Body)
	}
	got.took = time.Duration(time.Now().UnixNano() - l.sent.Load())
	if err != nil {
		l.closed = true
		got.fate, got.what = cut, part+": "+wordsOf(err)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			got.fate = hung
		}
		return got
	}
	l.closed = l.closed || res.Close
	l.cookies = res.Header["Set-Cookie"]
	if got.fate = l.judge(res.StatusCode, body); got.fate != served {
		got.what = res.Status + " " + strings.TrimSpace(string(body[:min(len(body), 100)]))
	}
	return got
}

// wordsOf leaves the addresses out, which are others each time.
func wordsOf(err error) string {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}

func (l *line) judge(status int, body []byte) fate {
	var said struct {
		User, Error string
		Generation  int
	}
	json.Unmarshal(body, &said) // what is no JSON says nothing
	switch {
	case status >= 500:
		return failed
	case status == http.StatusOK && said.User != l.visitor.email:
		return foreign
	case status == http.StatusOK && said.Generation == 2:
		return served
	case status == http.StatusOK, status == http.StatusUnauthorized && strings.HasPrefix(said.Error, "not the newest"):
		return stale
	case status == http.StatusUnauthorized && said.Error == "reconnect":
		return reconnect
	}
	return refused
}

func hangUp(lines []*line) {
	for _, l := range lines {
		if l != nil {
			l.conn.Close()
		}
	}
}
