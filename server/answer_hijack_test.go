package server_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// hijack takes the connection, says what it got, answers with what the client says next, and
// hangs up.
func hijack(w http.ResponseWriter, r *http.Request) {
	c, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		note(r, "hijack: %v", err)
		return
	}
	defer c.Close()
	n, err := io.WriteString(w, "lost")
	said(r, n, err)
	n, err = w.Write(nil)
	said(r, n, err)
	w.WriteHeader(500)
	_, _, err = http.NewResponseController(w).Hijack()
	note(r, "hijacked again: %v", err)
	line, err := buf.ReadString('\n')
	note(r, "read %q, %v", line, err)
	buf.WriteString("raw " + line)
	buf.Flush()
	io.WriteString(c, "the end\n")
}

func TestAnswerHijacked(t *testing.T) {
	for _, h := range []handling{
		{"at once", hijack},
		{"after the header was set", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Lost", "1")
			hijack(w, r)
		}},
		{"after 101", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Upgrade", "raw")
			w.Header().Set("Connection", "Upgrade")
			w.WriteHeader(101)
			hijack(w, r)
		}},
		{"after 200", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200); hijack(w, r) }},
		{"after 103", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103); hijack(w, r) }},
		{"after a write that is not sent", func(w http.ResponseWriter, r *http.Request) { write(w, r, 5); hijack(w, r) }},
		{"after a write that is sent", func(w http.ResponseWriter, r *http.Request) {
			write(w, r, 5)
			w.(http.Flusher).Flush()
			hijack(w, r)
		}},
		{"while the client is watched", func(w http.ResponseWriter, r *http.Request) { r.Context().Done(); hijack(w, r) }},
		{"and then a panic", func(w http.ResponseWriter, r *http.Request) { hijack(w, r); panic("oh") }},
	} {
		t.Run(h.name, func(t *testing.T) {
			ours, stock := serveBoth(t, h.serve)
			for _, fields := range [][]string{nil, {"Connection: close"}} {
				for _, method := range []string{"GET", "HEAD", "POST"} {
					ask := request(method, "/", "a body", fields...)
					got, want := hijackedBy(t, ours, ask), hijackedBy(t, stock, ask)
					if got != want {
						t.Errorf("asked %q\nours:\n%s\nstock:\n%s", ask, got, want)
					}
				}
			}
		})
	}
}

// hijackedBy asks, says something else on the connection, and returns what came and was noted.
// The fields of the head, if there is one, are in order.
func hijackedBy(t *testing.T, server *running, ask string) string {
	t.Helper()
	got := server.ask(t, ask+"more\n")
	if head, rest, ok := strings.Cut(got, "\r\n\r\n"); ok {
		lines := strings.Split(head, "\r\n")
		slices.Sort(lines)
		for i := range lines {
			if strings.HasPrefix(lines[i], "Date: ") {
				lines[i] = "Date: now"
			}
		}
		got = strings.Join(lines, "\n") + "\n\n" + rest
	}
	var kinds []string
	for range 200 { // the last line is written after the connection is closed
		if kinds = append(kinds, logKinds(server.logs.take())...); !strings.Contains(t.Name(), "panic") || slices.Contains(kinds, "panic: oh") {
			break
		}
		brief()
	}
	return got + "\n--- handlers\n" + server.said.take() + strings.Join(kinds, "\n")
}
