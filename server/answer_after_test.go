package server_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// brief is between two looks at something that is about to happen elsewhere.
func brief() { time.Sleep(5 * time.Millisecond) }

// A goroutine that outlives its handler must not write into the next answer on the connection,
// which may be another user's.
func TestAnswerIsNotReachedAfterTheHandlerReturned(t *testing.T) {
	first := make(chan http.ResponseWriter, 1)
	for _, misuse := range []struct {
		name string
		do   func(http.ResponseWriter) error
	}{
		{"a write", func(w http.ResponseWriter) error { _, err := w.Write([]byte("LEAK")); return err }},
		{"a long write", func(w http.ResponseWriter) error { _, err := w.Write(make([]byte, 100_000)); return err }},
		{"a string", func(w http.ResponseWriter) error { _, err := io.WriteString(w, "LEAK"); return err }},
		{"a source", func(w http.ResponseWriter) error {
			_, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader(strings.Repeat("LEAK", 1000)))
			return err
		}},
		{"a flush", func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() }},
		{"a write deadline", func(w http.ResponseWriter) error {
			return http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
		}},
		{"a hijacking", func(w http.ResponseWriter) error { _, _, err := http.NewResponseController(w).Hijack(); return err }},
		{"a head", func(w http.ResponseWriter) error {
			w.Header().Set("X-Leak", "LEAK")
			w.WriteHeader(103)
			w.WriteHeader(500)
			return errors.ErrUnsupported
		}},
	} {
		for _, how := range []string{"/written", "/flushed", "/nothing"} {
			t.Run(misuse.name+", first "+how, func(t *testing.T) {
				ours, _ := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/next" {
						io.WriteString(w, "not ")
						done := make(chan struct{})
						go func() {
							defer close(done)
							if err := misuse.do(<-first); err == nil {
								t.Error("no error after the handler returned")
							}
						}()
						<-done
						io.WriteString(w, "leaked")
						return
					}
					if how != "/nothing" {
						io.WriteString(w, "first")
					}
					if how == "/flushed" {
						w.(http.Flusher).Flush()
					}
					first <- w
				})))
				got := ours.ask(t, request("GET", how, "")+request("GET", "/next", "")+goodbye)
				in := bufio.NewReader(strings.NewReader(got))
				readAnswer(in, "GET")
				if a := readAnswer(in, "GET"); string(a.body) != "not leaked" || a.broken != "" {
					t.Errorf("the next answer is %v", a)
				}
				if a := readAnswer(in, "GET"); string(a.body) != "goodbye" {
					t.Errorf("the last answer is %v", a)
				}
				if strings.Contains(got, "LEAK") {
					t.Errorf("leaked: %q", got)
				}
			})
		}
	}
}

// What a request has is of no use, but of no harm, once it has ended.
func TestAnsweredRequestIsOver(t *testing.T) {
	first := make(chan *http.Request, 1)
	ours, stock := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/next" {
			first <- r
			return
		}
		before := <-first
		n, err := before.Body.Read(make([]byte, 100))
		note(r, "read %d, %v", n, err)
		ctx := before.Context()
		note(r, "context %v, %v", ctx.Err(), context.Cause(ctx))
		<-ctx.Done()
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		<-child.Done()
		note(r, "own context %v", r.Context().Err())
		note(r, "server %t", ctx.Value(http.ServerContextKey) == at(r).http)
	})))
	ask := request("POST", "/first", "secret of the first request")
	for _, next := range []string{request("GET", "/next", ""), request("POST", "/next", "another body")} {
		sameAnswers(t, ours, stock, []string{"POST", "GET"}, true, ask, next)
		sameAnswers(t, ours, stock, []string{"POST", "GET"}, false, ask, next)
	}
}

// writeOn writes until that fails, or for so long that it never will.
func writeOn(w http.ResponseWriter, r *http.Request) {
	block := make([]byte, 64<<10)
	for range 2000 {
		if _, err := w.Write(block); err != nil {
			note(r, "write: %s", kindOf(err))
			_, err = w.Write(block)
			note(r, "again: %t", err != nil)
			select {
			case <-r.Context().Done():
			case <-time.After(patience):
			}
			note(r, "context: %v", r.Context().Err())
			return
		}
	}
	note(r, "all was written")
}

// A client that asks for much and reads nothing holds a connection no longer than WriteTimeout
// says (security.md S-112).
func TestS112_AClientThatReadsNothingIsLeft(t *testing.T) {
	for _, told := range []string{"", "100000000"} {
		done := make(chan struct{}, 1)
		ours, stock := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if told != "" {
				w.Header().Set("Content-Length", told)
				w.Header().Set("Content-Type", "text/x")
			}
			writeOn(w, r)
			done <- struct{}{}
		}), func(s *http.Server) { s.WriteTimeout = 150 * time.Millisecond })
		for _, server := range []*running{ours, stock} {
			c := server.dial(t)
			io.WriteString(c, request("GET", "/", ""))
			select {
			case <-done:
			case <-time.After(patience):
				t.Fatalf("%s still writes", server.name)
			}
			if got, want := server.said.take(), "write: timeout\nagain: true\ncontext: context canceled\n"; got != want {
				t.Errorf("%s: %q, want %q", server.name, got, want)
			}
			if _, err := io.Copy(io.Discard, c); err != nil && !isReset(err) {
				t.Errorf("%s: the connection is not closed: %v", server.name, err)
			}
		}
	}
}

func TestAnswerToAClientThatLeaves(t *testing.T) {
	done := make(chan struct{}, 1)
	ours, stock := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeOn(w, r)
		done <- struct{}{}
	}))
	for _, server := range []*running{ours, stock} {
		c := server.dial(t)
		io.WriteString(c, request("GET", "/", ""))
		io.CopyN(io.Discard, c, 100_000)
		c.SetLinger(0)
		c.Close()
		<-done
		if got, want := server.said.take(), "write: end\nagain: true\ncontext: context canceled\n"; got != want {
			t.Errorf("%s: %q, want %q", server.name, got, want)
		}
	}
}

// A deadline of one request is none of the next one's.
func TestS112_WriteDeadlinesDoNotLastIntoTheNextRequest(t *testing.T) {
	for _, timeout := range []time.Duration{0, time.Minute} {
		ours, stock := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/over" {
				io.WriteString(w, "in time")
				w.(http.Flusher).Flush()
				http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
				return
			}
			write(w, r, 9000)
		})), func(s *http.Server) { s.WriteTimeout = timeout })
		over, next := request("GET", "/over", ""), request("GET", "/next", "")
		sameAnswers(t, ours, stock, nil, true, next, next)
		// The last chunk of the first answer is written after the deadline: nothing follows.
		sameAnswers(t, ours, stock, nil, true, over, next)
		sameAnswers(t, ours, stock, nil, false, next, over, next)
	}
	ours, stock := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/over" {
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "whole")
			w.(http.Flusher).Flush()
			http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
			return
		}
		write(w, r, 9000)
	})))
	sameAnswers(t, ours, stock, nil, true, request("GET", "/over", ""), request("GET", "/next", ""))
	if got := ours.ask(t, request("GET", "/over", "")+request("GET", "/next", "")+goodbye); !strings.HasSuffix(got, "goodbye") {
		t.Errorf("the deadline of the first request ended the next one: %.200q", got)
	}
}

// The date is that of the answer, not of the request.
func TestAnswerIsDatedWhenItBegins(t *testing.T) {
	var from time.Time
	ours, _ := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from = time.Now().Truncate(time.Second).Add(time.Second)
		time.Sleep(time.Until(from)) // no clock can be passed in: another second has to begin
	})))
	head, _, _ := strings.Cut(ours.ask(t, request("GET", "/", "")+goodbye), "\r\n\r\n")
	_, date, _ := strings.Cut(head, "Date: ")
	date, _, _ = strings.Cut(date, "\r\n")
	if at, err := http.ParseTime(date); err != nil || at.Before(from) {
		t.Errorf("dated %q, %v, want no earlier than %v", date, err, from)
	}
}

// A goroutine that still writes when its handler returns ends the connection: the answer is not
// ended behind its back, and its buffers are nobody else's.
func TestAnswerThatIsStillWrittenEndsTheConnection(t *testing.T) {
	failed := make(chan error, 1)
	begun := make(chan struct{})
	ours, _ := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		go func() {
			_, err := w.Write(make([]byte, 64<<20)) // more than is sent without a reader
			failed <- err
		}()
		<-begun
	})))
	c := ours.dial(t)
	io.WriteString(c, request("GET", "/", "")+goodbye)
	in := bufio.NewReader(c)
	if _, err := in.Peek(4000); err != nil {
		t.Fatal(err)
	}
	close(begun)
	select {
	case err := <-failed:
		if err == nil {
			t.Error("no error of a write whose handler has returned")
		}
	case <-time.After(patience):
		t.Fatal("the write goes on")
	}
	if a := readAnswer(in, "GET"); a.broken == "" {
		t.Error("the answer came to an end")
	}
}
