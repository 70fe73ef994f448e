package gateway

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

func refusedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestDialingPausesForADeadUpstream(t *testing.T) {
	var clock atomic.Int64
	address := refusedAddress(t)
	o := upstreamOptions{FailAfter: 3, PauseFor: 2 * time.Second, now: func() time.Time { return time.Unix(1e9, clock.Load()) }}
	f := newFront(t, "http://"+address, o, nil)
	ask := func(status int, kind string) {
		t.Helper()
		resp, _, err := get(t, f.URL)
		if err != nil || resp.StatusCode != status || resp.Header.Get("X-Kind") != kind {
			t.Fatalf("%v, %v", resp, err)
		}
	}
	for range 3 {
		if !f.u.healthy() {
			t.Fatal("unhealthy too early")
		}
		ask(502, "dial")
	}
	ask(502, "paused")
	if f.u.healthy() || f.lastError().RetryAfter != 2*time.Second || f.u.stats().Dials != 3 {
		t.Errorf("healthy %v, retry after %v, %+v", f.u.healthy(), f.lastError().RetryAfter, f.u.stats())
	}
	clock.Add(int64(2 * time.Second))
	ask(502, "dial") // the one that looks
	ask(502, "paused")
	clock.Add(int64(2 * time.Second))
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	go server.Serve(l)
	defer server.Close()
	ask(200, "")
	if !f.u.healthy() {
		t.Error("unhealthy after a dial that worked")
	}
}

func TestPauseLetsOneDialThrough(t *testing.T) {
	now := time.Unix(1e9, 0)
	p := pause{after: 1, length: time.Second, now: func() time.Time { return now }}
	p.enter()
	p.leave(io.EOF, false)
	now = now.Add(time.Second)
	if wait := p.enter(); wait != 0 {
		t.Fatalf("the first waits %v", wait)
	}
	if p.enter() == 0 {
		t.Error("a second dial at the same time")
	}
	// A client that left does not count, but the next one may look.
	p.leave(context.Canceled, true)
	if wait := p.enter(); wait != 0 {
		t.Errorf("the next waits %v", wait)
	}
	p.leave(nil, false)
	for range 2 {
		if p.enter() != 0 {
			t.Error("a pause after success")
		}
	}
}

func TestActiveHealth(t *testing.T) {
	goroutinesReturn(t)
	var sick atomic.Bool
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/b/health" && sick.Load() {
			w.WriteHeader(503)
		}
	}))
	defer up.Close()
	target, _ := url.Parse(up.URL + "/b")
	u, err := newUpstream(target, upstreamOptions{HealthPath: "/health", HealthEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer u.close()
	for _, want := range []bool{true, false, true} {
		sick.Store(!want)
		eventually(t, "another health", func() bool { return u.healthy() == want })
	}
	up.CloseClientConnections()
	up.Listener.Close()
	eventually(t, "an upstream that is gone", func() bool { return !u.healthy() })
}
