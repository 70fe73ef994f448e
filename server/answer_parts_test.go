package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An answer is what came for one request, taken apart so that two can be compared: the fields
// are sorted, the Date is masked, and of the framing only the kind is left.
type answer struct {
	early  []string // answers before the answer, each in one line
	status string
	fields []string
	framed string // "none", "length", "chunked" or "close"
	body   []byte
	after  []string // fields after a chunked body
	broken string   // why it is no whole answer
}

func (a *answer) String() string {
	return fmt.Sprintf("early %q\n%q\n%s\nframed %s, body %s\nafter %q\nbroken %q\n",
		a.early, a.status, strings.Join(a.fields, "\n"), a.framed, brieflyPut(a.body), a.after, a.broken)
}

// brieflyPut keeps long bytes comparable and short.
func brieflyPut(b []byte) string {
	if len(b) <= 100 {
		return strconv.Quote(string(b))
	}
	return fmt.Sprintf("%q… %d bytes, %x", b[:20], len(b), sha256.Sum256(b))
}

// goes tells whether another answer may follow.
func (a *answer) goes() bool {
	return a.broken == "" && a.framed != "close"
}

// readAnswer reads the answer to a request of that method.
func readAnswer(r *bufio.Reader, method string) *answer {
	a := &answer{framed: "none"}
	for {
		a.status, a.fields, a.broken = readHead(r)
		code := strings.TrimPrefix(a.status, "HTTP/1.1 ")
		if a.broken != "" || !strings.HasPrefix(code, "1") || strings.HasPrefix(code, "101") {
			break
		}
		a.early = append(a.early, a.status+" "+strings.Join(a.fields, "; "))
	}
	if a.broken == "" {
		a.readBody(r, method)
	}
	return a
}

// readHead reads up to the blank line.
func readHead(r *bufio.Reader) (status string, fields []string, broken string) {
	status, broken = readLine(r)
	if broken != "" {
		return "", nil, broken
	}
	fields, broken = readFields(r)
	return status, fields, broken
}

func readFields(r *bufio.Reader) (fields []string, broken string) {
	for {
		line, broken := readLine(r)
		if broken != "" || line == "" {
			slices.Sort(fields)
			return fields, broken
		}
		if value, ok := strings.CutPrefix(line, "Date: "); ok {
			if _, err := http.ParseTime(value); err == nil {
				line = "Date: now"
			}
		}
		fields = append(fields, line)
	}
}

func readLine(r *bufio.Reader) (line, broken string) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", fmt.Sprintf("ended at %q with %s", line, kindOf(err))
	}
	if !strings.HasSuffix(line, "\r\n") {
		return "", fmt.Sprintf("bare line feed after %q", line)
	}
	return strings.TrimSuffix(line, "\r\n"), ""
}

func (a *answer) readBody(r *bufio.Reader, method string) {
	length, chunked := int64(-1), false
	for _, f := range a.fields {
		if v, ok := strings.CutPrefix(f, "Content-Length: "); ok {
			length, _ = strconv.ParseInt(v, 10, 64)
		}
		chunked = chunked || f == "Transfer-Encoding: chunked"
	}
	code := strings.TrimPrefix(a.status, "HTTP/1.1 ")
	switch {
	case method == http.MethodHead || code[:1] == "1" || code[:3] == "204" || code[:3] == "304":
	case chunked:
		a.framed = "chunked"
		a.readChunks(r)
	case length >= 0:
		a.framed = "length"
		var body bytes.Buffer
		if _, err := io.CopyN(&body, r, length); err != nil {
			a.broken = "body ended with " + kindOf(err)
		}
		a.body = body.Bytes()
	default:
		a.framed = "close"
		var err error
		if a.body, err = io.ReadAll(r); err != nil {
			a.broken = "body ended with " + kindOf(err)
		}
	}
}

func (a *answer) readChunks(r *bufio.Reader) {
	for {
		var line string
		if line, a.broken = readLine(r); a.broken != "" {
			return
		}
		size, err := strconv.ParseInt(line, 16, 32)
		if err != nil || strings.ToLower(line) != line {
			a.broken = fmt.Sprintf("no size of a chunk: %q", line)
			return
		}
		if size == 0 {
			a.after, a.broken = readFields(r)
			return
		}
		var chunk bytes.Buffer
		_, err = io.CopyN(&chunk, r, size)
		if a.body = append(a.body, chunk.Bytes()...); err != nil {
			a.broken = "chunk ended with " + kindOf(err)
			return
		}
		if line, a.broken = readLine(r); line != "" || a.broken != "" {
			a.broken = fmt.Sprintf("%q after a chunk %s", line, a.broken)
			return
		}
	}
}

// kindOf names an error without what is different on each connection.
func kindOf(err error) string {
	var of *net.OpError
	switch {
	case err == nil:
		return "none"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), isReset(err):
		return "end"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, net.ErrClosed):
		return "closed"
	case errors.As(err, &of):
		return of.Op
	}
	return err.Error()
}

// kinds are the kinds of lines in a log.
func logKinds(log string) (kinds []string) {
	for line := range strings.Lines(log) {
		line, ours := strings.CutPrefix(strings.TrimSpace(line), "http: ")
		if !ours {
			continue // of the stack of a panic
		}
		if panicked, ok := strings.CutPrefix(line, "panic serving "); ok {
			_, line, _ = strings.Cut(panicked, ": ")
			line = "panic: " + line
		}
		for _, end := range []string{" from ", " of ", " call", " with both"} {
			line, _, _ = strings.Cut(line, end)
		}
		kinds = append(kinds, line)
	}
	return kinds
}

// A transcript is all that can be compared of some requests on one connection.
func (r *running) transcript(t testing.TB, methods []string, one bool, requests ...string) string {
	t.Helper()
	c := r.dial(t)
	defer c.Close()
	in := bufio.NewReader(c)
	requests = append(requests, goodbye)
	if one {
		io.WriteString(c, strings.Join(requests, ""))
	}
	var out strings.Builder
	for i, request := range requests {
		if !one {
			io.WriteString(c, request)
		}
		method := http.MethodGet
		if i < len(methods) {
			method = methods[i]
		}
		a := readAnswer(in, method)
		fmt.Fprintf(&out, "--- %d\n%v", i, a)
		if !a.goes() {
			break
		}
	}
	rest, err := io.ReadAll(in)
	fmt.Fprintf(&out, "--- rest %s, %s\n", brieflyPut(rest), kindOf(err))
	fmt.Fprintf(&out, "--- handlers\n%s--- logs %q\n", r.said.take(), logKinds(r.logs.take()))
	return out.String()
}

// sameAnswers asks both servers the same, and wants the same.
func sameAnswers(t *testing.T, ours, stock *running, methods []string, one bool, requests ...string) {
	t.Helper()
	got := ours.transcript(t, methods, one, requests...)
	want := stock.transcript(t, methods, one, requests...)
	if got != want {
		t.Errorf("pipelined %v, asked: %.300q\nours:\n%s\nstock:\n%s", one, requests, got, want)
	}
}

// request is a plain request, with a body if the method has one.
func request(method, target, body string, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: x\r\n", method, target)
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	if method == http.MethodPost {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	if method == http.MethodPost {
		b.WriteString(body)
	}
	return b.String()
}
