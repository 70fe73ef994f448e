package backend_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
)

func at(t *testing.T, h http.HandlerFunc) *backend.Provider {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return backend.New(backend.Config{URL: s.URL + "/api/login", RefreshURL: s.URL + "/api/refresh"})
}

func try(ctx context.Context, p *backend.Provider, w signet.World) error {
	_, err := p.Finish(ctx, &signet.Attempt{Fields: form(), World: w})
	return err
}

// F-08: whatever a back end does, the call ends, is made once, follows nobody, keeps no more
// than the bound in memory, and is no wrong password.
func TestF08_FaultsOfTheBackEnd(t *testing.T) {
	for name, h := range map[string]func(w http.ResponseWriter, r *http.Request){
		"reset": func(w http.ResponseWriter, r *http.Request) {
			c, _, _ := w.(http.Hijacker).Hijack()
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		},
		"no HTTP": func(w http.ResponseWriter, r *http.Request) {
			c, b, _ := w.(http.Hijacker).Hijack()
			b.WriteString("HTTP/1.1 " + typed + "\r\n\r\n")
			b.Flush()
			c.Close()
		},
		"closed in the middle": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"id":1}`)
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"a bomb": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 8 {
				if _, err := z.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
			z.Close()
		},
		"100,000 names": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "{"+strings.Repeat(`"a":1,`, 100000)+`"id":1}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int32
			p := at(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				io.Copy(io.Discard, r.Body)
				h(w, r)
			})
			err := try(t.Context(), p, signet.World{})
			if e := faultOf(t, err); strings.Contains(e.Error(), typed) || strings.Contains(e.Error(), "/api/login") {
				t.Errorf("error = %v", e)
			}
			if calls.Load() != 1 {
				t.Errorf("%d calls", calls.Load())
			}
		})
	}
}

func TestF08_NobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	e := faultOf(t, try(t.Context(), backend.New(backend.Config{URL: "http://" + address}), signet.World{}))
	if !e.Outage() || !strings.Contains(e.Error(), "refused") {
		t.Errorf("error = %v", e)
	}
}

func TestF08_SilenceEnds(t *testing.T) {
	asked, done := make(chan struct{}), make(chan struct{})
	p := at(t, func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(" "))
		w.(http.Flusher).Flush()
		close(asked)
		<-done
	})
	defer close(done)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if err := try(ctx, p, signet.World{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	// The deadline of its own is seen by the transport: no later than ten seconds from now.
	deadline := func(r *http.Request) (*http.Response, error) {
		end, ok := r.Context().Deadline()
		if left := time.Until(end); !ok || left > 10*time.Second || left < 5*time.Second {
			t.Errorf("the deadline is in %v", left)
		}
		return nil, context.DeadlineExceeded
	}
	w := signet.World{HTTP: &http.Client{Transport: roundTrip(deadline)}}
	if e := faultOf(t, try(t.Context(), p, w)); !strings.Contains(e.Error(), "in time") {
		t.Errorf("error = %v", e)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestF08_MemoryIsBounded(t *testing.T) {
	p := at(t, func(w http.ResponseWriter, r *http.Request) {
		chunk := make([]byte, 1<<20)
		for range 100 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	var before, after runtime.MemStats
	_ = try(t.Context(), p, signet.World{}) // connections and buffers are there now
	runtime.ReadMemStats(&before)
	faultOf(t, try(t.Context(), p, signet.World{}))
	runtime.ReadMemStats(&after)
	// The server's own megabyte is in it.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("%d KiB for one call", grown>>10)
	}
}

// F-08: after five calls without an answer there is one in ten seconds, until one succeeds.
// A 500 is an answer: what one visitor types must not lock the others out.
func TestF08_DeadBackEndIsSpared(t *testing.T) {
	c := &canned{status: 503}
	now := noon
	w := c.world()
	w.Now = func() time.Time { return now }
	p := backend.New(backend.Config{URL: "https://api.test/", RefreshURL: "https://api.test/r"})
	calls := func() int { return len(c.calls) }
	for range 5 {
		faultOf(t, try(t.Context(), p, w))
	}
	no := refusedBy(t, try(t.Context(), p, w))
	if calls() != 5 || no.Kind != "Busy" || no.RetryAfter <= 0 || no.RetryAfter > 10*time.Second {
		t.Fatalf("%d calls, %+v", calls(), no)
	}
	now = now.Add(10 * time.Second)
	faultOf(t, try(t.Context(), p, w))
	refusedBy(t, try(t.Context(), p, w))
	if calls() != 6 {
		t.Fatalf("%d calls", calls())
	}
	if _, err := p.Refresh(t.Context(), w, signet.Tokens{Refresh: "r"}); err == nil || calls() != 7 {
		t.Errorf("sign-ins that fail stop renewals: %d calls", calls())
	}
	now = now.Add(10 * time.Second)
	c.status = 401
	refusedBy(t, try(t.Context(), p, w))
	c.status = 500
	for range 8 {
		faultOf(t, try(t.Context(), p, w))
	}
	if calls() != 7+1+8 {
		t.Errorf("%d calls", calls())
	}
	c.status = 503
	for range 6 {
		_, err := p.Refresh(t.Context(), w, signet.Tokens{Refresh: "r"})
		if err == nil || errors.Is(err, signet.ErrEnded) {
			t.Errorf("error = %v", err)
		}
	}
	if calls() != 16+4 { // the fifth failure of renewals in a row
		t.Errorf("%d calls", calls())
	}
}

// While the one call is under way that tries a back end which was down, nobody else calls.
func TestF08_OneCallTries(t *testing.T) {
	c := &canned{status: 503}
	now := noon
	w := c.world()
	w.Now = func() time.Time { return now }
	p := backend.New(backend.Config{URL: "https://api.test/"})
	for range 5 {
		faultOf(t, try(t.Context(), p, w))
	}
	now = now.Add(time.Minute)
	trial := w
	trial.HTTP = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		if no := refusedBy(t, try(t.Context(), p, w)); no.Kind != "Busy" {
			t.Errorf("%+v", no)
		}
		return nil, io.ErrUnexpectedEOF
	})}
	faultOf(t, try(t.Context(), p, trial))
	if len(c.calls) != 5 {
		t.Errorf("%d calls", len(c.calls))
	}
}
