//go:build unix

package gateway

import (
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestS110_AnAnswerThatNobodyAskedForGoesToNobody: bytes that came while the connection lay
// unused would be the answer to the next client's request.
func TestS110_AnAnswerThatNobodyAskedForGoesToNobody(t *testing.T) {
	more := make(chan net.Conn, 2)
	up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
		io.WriteString(c, okAnswer)
		more <- c
		return true
	})
	f := newFront(t, up.url(), upstreamOptions{}, nil)
	if _, _, err := get(t, f.URL); err != nil {
		t.Fatal(err)
	}
	c := <-more
	eventually(t, "an idle connection", func() bool { return f.u.stats().Idle == 1 })
	io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
	f.u.mu.Lock()
	idle := f.u.idle[0]
	f.u.mu.Unlock()
	waitReadable(t, idle)
	_, body, err := get(t, f.URL)
	if err != nil || body != "ok" || up.accepted() != 2 {
		t.Errorf("%q, %v, %d connections", body, err, up.accepted())
	}
}

// waitReadable waits until the socket has something, without reading it.
func waitReadable(t *testing.T, c *conn) {
	t.Helper()
	c.raw.SetReadDeadline(time.Now().Add(5 * time.Second))
	if err := c.probe.Read(func(uintptr) bool { return readable(c) }); err != nil {
		t.Fatal(err)
	}
}

func TestPoolDropsConnectionsThatTheUpstreamClosed(t *testing.T) {
	up := newRawUpstream(t, says(okAnswer))
	f := newFront(t, up.url(), upstreamOptions{}, nil)
	if _, _, err := get(t, f.URL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an idle connection", func() bool { return f.u.stats().Idle == 1 })
	f.u.mu.Lock()
	idle := f.u.idle[0]
	f.u.mu.Unlock()
	up.closeConns()
	waitReadable(t, idle)
	// A POST would not be repeated, so this shows that the dead connection was not tried.
	resp, _, err := do(t, "POST", f.URL, strings.NewReader("x"))
	if err != nil || resp.StatusCode != 200 || f.u.stats().Retries != 0 {
		t.Errorf("%v, %v, %+v", resp, err, f.u.stats())
	}
}

// readable peeks, so that the socket keeps what it has.
func readable(c *conn) bool {
	ready := false
	c.probe.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		ready = err != syscall.EAGAIN
	})
	return ready
}
