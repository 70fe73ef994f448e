package gateway_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A record is one request as an upstream got it, byte for byte.
type record struct {
	line   string
	fields []string // "Name: value"
	body   string
}

func (r record) target() string { return strings.Split(r.line, " ")[1] }

// values are those of a header, by the name after folding: lower case, _ and . as -.
func (r record) values(folded string) []string {
	var all []string
	for _, f := range r.fields {
		name, value, _ := strings.Cut(f, ":")
		if foldName(name) == folded {
			all = append(all, strings.TrimSpace(value))
		}
	}
	return all
}

func (r record) value(folded string) string { return strings.Join(r.values(folded), "|") }

func foldName(name string) string {
	return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
}

// An echo is a server that records what it gets. It answers "ok", unless answer says
// otherwise, and speaks enough of WebSocket to be closed.
type echo struct {
	net.Listener
	answer func(r record) string // a whole HTTP/1.1 answer; "" is the usual one

	mu   sync.Mutex
	seen []record
	held []net.Conn
}

func newEcho(t testing.TB) *echo {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &echo{Listener: l}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			e.mu.Lock()
			e.held = append(e.held, c)
			e.mu.Unlock()
			all.Go(func() { e.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		e.mu.Lock()
		for _, c := range e.held {
			c.Close()
		}
		e.mu.Unlock()
		all.Wait()
	})
	return e
}

func (e *echo) url() string { return "http://" + e.Addr().String() }

// take returns what came since the last call.
func (e *echo) take() []record {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := e.seen
	e.seen = nil
	return seen
}

func (e *echo) serve(c net.Conn) {
	defer c.Close()
	br := bufio.NewReader(c)
	for {
		r, err := readRecord(br)
		if err != nil {
			return
		}
		e.mu.Lock()
		e.seen = append(e.seen, r)
		answer := e.answer
		e.mu.Unlock()
		text := ""
		if answer != nil {
			text = answer(r)
		}
		switch {
		case text != "":
		case r.value("upgrade") != "":
			sum := sha1.Sum([]byte(r.value("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			text = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " +
				base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
		default:
			text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
		}
		io.WriteString(c, text)
		if strings.HasPrefix(text, "HTTP/1.1 101") || strings.Contains(text, "event-stream") {
			io.Copy(io.Discard, br)
			return
		}
	}
}

func readRecord(br *bufio.Reader) (record, error) {
	var r record
	length, chunked := 0, false
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return r, err
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "" {
			break
		}
		if r.line == "" {
			r.line = line
			continue
		}
		r.fields = append(r.fields, line)
		switch name, value, _ := strings.Cut(line, ": "); strings.ToLower(name) {
		case "content-length":
			length, _ = strconv.Atoi(value)
		case "transfer-encoding":
			chunked = true
		}
	}
	var body io.Reader = io.LimitReader(br, int64(length))
	if chunked {
		body = httputil.NewChunkedReader(br)
	}
	b, err := io.ReadAll(body)
	if chunked && err == nil {
		_, err = br.ReadString('\n')
	}
	r.body = string(b)
	return r, err
}

// answers is an HTTP/1.1 answer with these header lines.
func answers(status int, body string, fields ...string) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: %d\r\n%s\r\n%s",
		status, http.StatusText(status), len(body), strings.Join(append(fields, ""), "\r\n"), body)
}
