package gateway

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// Most answers come before it pays to watch for clients that leave. These come later, on a
// connection that has been used before.
func TestAnswersThatTakeTheirTime(t *testing.T) {
	release, gone := make(chan struct{}), make(chan struct{}, 1)
	up := newRawUpstream(t, func(c net.Conn, r *http.Request, _ int) bool {
		switch r.URL.Path {
		case "/slow":
			time.Sleep(2 * firstWait)
		case "/held":
			<-release
		case "/never":
			c.Read(make([]byte, 1)) // returns when the gateway closes the connection
			gone <- struct{}{}
			return false
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		return true
	})
	const limit = 3 * firstWait
	f := newFront(t, up.url(), upstreamOptions{HeaderTimeout: limit}, nil)
	quick := func() {
		t.Helper()
		if resp, body, err := get(t, f.URL+"/quick"); err != nil || resp.StatusCode != 200 || string(body) != "ok" {
			t.Fatalf("%v %q %v", resp, body, err)
		}
	}
	quick()
	for range 3 { // the connection is used again afterwards, with its deadlines as they should be
		if resp, body, err := get(t, f.URL+"/slow"); err != nil || resp.StatusCode != 200 || string(body) != "ok" {
			t.Fatalf("slow: %v %q %v", resp, body, err)
		}
		quick()
	}
	if n := up.accepted(); n != 1 {
		t.Errorf("%d connections for one client", n)
	}

	begin := time.Now()
	if resp, _, err := get(t, f.URL+"/held"); err != nil || resp.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("over the limit: %v %v", resp, err)
	} else if took := time.Since(begin); took < limit {
		t.Errorf("over the limit after %v of %v", took, limit)
	}
	close(release)

	long := newFront(t, up.url(), upstreamOptions{}, nil)
	for _, stays := range []time.Duration{firstWait / 2, 2 * firstWait} {
		if _, _, err := get(t, long.URL+"/quick"); err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithTimeout(t.Context(), stays)
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, long.URL+"/never", nil)
		if _, err := http.DefaultClient.Do(r); err == nil {
			t.Fatal("an answer")
		}
		leave()
		select {
		case <-gone:
		case <-time.After(20 * time.Second):
			t.Errorf("the client has left after %v, and the server is still waited for", stays)
		}
	}
}
