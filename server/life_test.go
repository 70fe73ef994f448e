package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// generous is a bound for what takes seconds itself, or is much work.
const generous = 4 * patience

// eventually waits until f is true.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(generous); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s\n%s", what, stacks())
		}
	}
}

func stacks() string {
	b := make([]byte, 1<<20)
	return string(b[:runtime.Stack(b, true)])
}

// goroutinesOf counts goroutines by what they were started for.
func goroutinesOf(what string) int { return strings.Count(stacks(), "created by "+what) }

const (
	watches  = "github.com/signet-auth/signet/server.(*watch).start"
	children = "context.(*cancelCtx).propagateCancel"
)

// once serves f for one request with a connection of its own, and returns the context it had.
func once(t *testing.T, f func(ctx context.Context, r *http.Request), change ...func(*http.Server)) context.Context {
	t.Helper()
	contexts := make(chan context.Context, 1)
	ours, _ := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f(r.Context(), r)
		contexts <- r.Context()
	}), change...)
	ours.ask(t, goodbye)
	return <-contexts
}

func TestContextIsAliveWhileTheHandlerWorks(t *testing.T) {
	for name, ask := range map[string]func(context.Context){
		"nobody asks":   func(context.Context) {},
		"asked by Done": func(ctx context.Context) { ctx.Done() },
		"asked by Err":  func(ctx context.Context) { _ = ctx.Err() },
		"asked by a child": func(ctx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			ctx.Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := once(t, func(ctx context.Context, r *http.Request) {
				ask(ctx)
				if err, cause := ctx.Err(), context.Cause(ctx); err != nil || cause != nil {
					t.Errorf("Err = %v, Cause = %v", err, cause)
				}
				if _, ok := ctx.Deadline(); ok {
					t.Error("has a deadline")
				}
				ask(ctx)
			})
			eventually(t, "the end", func() bool { return ctx.Err() != nil })
			if err, cause := ctx.Err(), context.Cause(ctx); err != context.Canceled || cause != context.Canceled {
				t.Errorf("afterwards Err = %v, Cause = %v", err, cause)
			}
			<-ctx.Done()
			if cause := context.Cause(ctx); cause != context.Canceled {
				t.Errorf("Cause = %v once Done was asked for", cause)
			}
			child, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			if child.Err() != context.Canceled {
				t.Error("a late child lives")
			}
			if at, ok := ctx.Value(http.ServerContextKey).(*http.Server); !ok || at == nil {
				t.Error("the server is gone from the context")
			}
		})
	}
}

func TestContextOfTheServerEndsThatOfRequests(t *testing.T) {
	why := errors.New("why")
	for _, asked := range []bool{false, true} {
		base, cancel := context.WithCancelCause(context.Background())
		base, stop := context.WithDeadline(base, time.Now().Add(time.Hour))
		defer stop()
		once(t, func(ctx context.Context, r *http.Request) {
			if asked {
				ctx.Done()
			}
			if _, ok := ctx.Deadline(); !ok || ctx.Err() != nil {
				t.Errorf("deadline %v, %v", ok, ctx.Err())
			}
			cancel(why)
			if err, cause := ctx.Err(), context.Cause(ctx); err != context.Canceled || cause != why {
				t.Errorf("Err = %v, Cause = %v", err, cause)
			}
			<-ctx.Done()
			if err, cause := ctx.Err(), context.Cause(ctx); err != context.Canceled || cause != why {
				t.Errorf("Err = %v, Cause = %v", err, cause)
			}
		}, func(s *http.Server) { s.BaseContext = baseOf(base) })
	}
}

func TestContextEndsWhenTheClientLeaves(t *testing.T) {
	ways := map[string]func(context.Context){
		"Done": func(ctx context.Context) { <-ctx.Done() },
		"AfterFunc": func(ctx context.Context) {
			called := make(chan struct{})
			context.AfterFunc(ctx, func() { close(called) })
			<-called
		},
		"WithCancel": func(ctx context.Context) {
			child, cancel := context.WithCancel(ctx)
			defer cancel()
			<-child.Done()
		},
		"WithValue": func(ctx context.Context) { <-context.WithValue(ctx, ctx, 1).Done() },
		"WithTimeout of WithValue": func(ctx context.Context) {
			child, cancel := context.WithTimeout(context.WithValue(ctx, ctx, 1), time.Hour)
			defer cancel()
			<-child.Done()
		},
	}
	for name, wait := range ways {
		for _, raw := range []string{one, one + one[:9], one + "LIST"} {
			for _, reset := range []bool{false, true} {
				begun, ended := make(chan struct{}, 1), make(chan error, 1)
				ours, _ := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					begun <- struct{}{}
					wait(r.Context())
					ended <- r.Context().Err()
				}))
				c := ours.dial(t)
				io.WriteString(c, raw)
				<-begun
				if reset {
					c.SetLinger(0)
				}
				c.Close()
				if err := <-ended; err != context.Canceled {
					t.Errorf("%s, reset %v: %v", name, reset, err)
				}
			}
		}
	}
}

// A client that says more is there. What it says belongs to its next request.
func TestWatchTakesNothingAway(t *testing.T) {
	more := make(chan struct{})
	ours, _ := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/goodbye" {
			io.WriteString(w, "goodbye")
			return
		}
		done := r.Context().Done()
		<-more
		select {
		case <-done:
			t.Error("the context ended")
		default:
		}
		fmt.Fprintf(w, "%s %q\n", r.URL, r.Header["A"])
	}))
	for _, first := range []string{one, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"} {
		second := "GET /second HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n"
		for cut := 0; cut <= len(second); cut++ {
			c := ours.dial(t)
			io.WriteString(c, first)
			eventually(t, "a watch", func() bool { return goroutinesOf(watches) == 1 })
			if io.WriteString(c, second[:cut]); cut > 0 {
				eventually(t, "its end", func() bool { return goroutinesOf(watches) == 0 })
			}
			goOn(t, more)
			io.WriteString(c, second[cut:])
			goOn(t, more)
			io.WriteString(c, goodbye)
			got, err := io.ReadAll(c)
			if want := "/ []\n/second [\"b\"]\ngoodbye"; bodiesOf(string(got)) != want || err != nil {
				t.Fatalf("cut at %d: %q, %v", cut, got, err)
			}
		}
	}
}

// goOn tells a handler to go on that waits for it.
func goOn(t testing.TB, to chan<- struct{}) {
	t.Helper()
	select {
	case to <- struct{}{}:
	case <-time.After(patience):
		t.Fatalf("no handler waits\n%s", stacks())
	}
}

// bodiesOf joins the bodies of answers.
func bodiesOf(text string) (all string) {
	for _, part := range strings.Split(text, "HTTP/1.1 ") {
		_, body, _ := strings.Cut(part, "\r\n\r\n")
		all += body
	}
	return all
}

func TestContextStartsNoGoroutineUntilAsked(t *testing.T) {
	once(t, func(ctx context.Context, r *http.Request) {
		r = r.WithContext(context.WithValue(ctx, ctx, 1))
		r.Context().Value("a")
		_ = ctx.Err()
		context.Cause(ctx)
		context.WithoutCancel(ctx).Done()
		ctx.Deadline()
		if n := goroutinesOf(watches); n != 0 {
			t.Errorf("%d watch, nobody asked", n)
		}
		for range 100 {
			child, cancel := context.WithCancel(r.Context())
			defer cancel()
			context.AfterFunc(child, func() {})
			ctx.Done()
		}
		if n := goroutinesOf(watches); n != 1 {
			t.Errorf("%d watches", n)
		}
		if n := goroutinesOf(children); n != 0 {
			t.Errorf("%d goroutines for children", n)
		}
	})
	eventually(t, "the end of the watch", func() bool { return goroutinesOf(watches) == 0 })
}

func TestContextIsForManyGoroutines(t *testing.T) {
	var all sync.WaitGroup
	ours, _ := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		for i := range 8 {
			all.Go(func() {
				for range 20 {
					switch i % 4 {
					case 0:
						<-ctx.Done()
					case 1:
						ended := make(chan struct{})
						context.AfterFunc(ctx, func() { close(ended) })
						<-ended
					case 2:
						child, cancel := context.WithTimeout(ctx, time.Hour)
						<-child.Done()
						cancel()
					default:
						_ = ctx.Err()
						context.Cause(ctx)
						ctx.Value(http.ServerContextKey)
					}
				}
			})
		}
		hello(w, r)
	}))
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for range 50 {
				got := ours.say(t, 0, one+one+one[:9], one[9:]+one)
				if n := strings.Count(got, "hello"); n < 1 { // the client has left: not all may be answered
					t.Errorf("%d answers: %q", n, got)
				}
			}
		})
	}
	clients.Wait()
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(generous):
		t.Fatal(stacks())
	}
	eventually(t, "the end of all watches", func() bool { return goroutinesOf(watches) == 0 })
}

func baseOf(ctx context.Context) func(net.Listener) context.Context {
	return func(net.Listener) context.Context { return ctx }
}

// heldBy is how many bytes of memory each of n things takes.
func heldBy(n int, make func()) int64 {
	memory := func() int64 {
		runtime.GC() // twice, for pools
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := memory()
	for range n {
		make()
	}
	return (memory() - before) / int64(n)
}

// A client that once had much to say, and is quiet now, does not keep the room that it took.
func TestS112_QuietClientsHoldLittle(t *testing.T) {
	ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clear(r.Header)
		if r.URL.Path == "/lasts" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		hello(w, r)
	}))
	const most = 20 << 10 // a stream has two goroutines and a buffer for what it sends
	long := " HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 12<<10) + "\r\n\r\n"
	for _, raw := range []string{"GET /" + long, "GET /" + long + "GET", "GET /" + long + "GET /lasts HTTP/1.1\r\nHost: x\r\n\r\n" + one[:9]} {
		each := heldBy(100, func() {
			c := ours.dial(t)
			io.WriteString(c, raw)
			answers := 1 + strings.Count(raw, "/lasts")
			for got := ""; strings.Count(got, "\r\n\r\n") < answers; {
				var b [64]byte
				n, err := c.Read(b[:])
				if got += string(b[:n]); err != nil {
					t.Fatal(err)
				}
			}
		})
		if each > most {
			t.Errorf("%d bytes each after %.20q…%q", each, raw, raw[len(raw)-9:])
		}
	}
}

// What is kept for longer than a connection does not keep its buffers.
func TestContextThatIsKeptIsSmall(t *testing.T) {
	var kept []context.Context
	ours := serveOurs(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept = append(kept, context.WithoutCancel(r.Context()))
	}))
	large := "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: " + strings.Repeat("c", 10<<10) + "\r\n\r\n"
	each := heldBy(200, func() {
		ours.ask(t, large)
		eventually(t, "the end", func() bool { _, n := ours.ours.Held(); return n == 0 })
	})
	if runtime.KeepAlive(kept); each > 3<<10 {
		t.Errorf("%d bytes each", each)
	}
}
