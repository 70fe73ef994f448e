package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestCarryTellsAContextsEnd(t *testing.T) {
	hang := make(chan struct{})
	closed := make(chan struct{}, 2)
	up := newRawUpstream(t, func(c net.Conn, _ *http.Request, _ int) bool {
		c.Read(make([]byte, 1))
		closed <- struct{}{}
		return false
	})
	defer close(hang)
	for _, test := range []struct {
		name   string
		end    func(context.Context) (context.Context, context.CancelFunc)
		status int
	}{
		{"time is up", func(c context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(c, 20*time.Millisecond)
		}, 504},
		{"ended by somebody", func(c context.Context) (context.Context, context.CancelFunc) {
			c, cancel := context.WithCancelCause(c)
			stop := time.AfterFunc(20*time.Millisecond, func() { cancel(errors.New("signed out")) })
			return c, func() { stop.Stop(); cancel(nil) }
		}, 499},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFront(t, up.url(), upstreamOptions{}, func(r *http.Request, _ *outgoing) *http.Request {
				ctx, cancel := test.end(r.Context())
				t.Cleanup(cancel)
				return r.WithContext(ctx)
			})
			resp, _, err := get(t, f.URL)
			if err != nil || resp.StatusCode != test.status {
				t.Errorf("%v, %v", resp, err)
			}
			<-closed
		})
	}
}

func TestCarryClosesTheUpstreamWhenTheClientLeaves(t *testing.T) {
	goroutinesReturn(t)
	for _, begun := range []string{"", "warm", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"} {
		asked, closed := make(chan struct{}), make(chan struct{})
		up := newRawUpstream(t, func(c net.Conn, r *http.Request, _ int) bool {
			if r.URL.Path == "/ok" {
				io.WriteString(c, okAnswer)
				return true
			}
			io.WriteString(c, strings.TrimPrefix(begun, "warm"))
			close(asked)
			c.Read(make([]byte, 1))
			close(closed)
			return false
		})
		f := newFront(t, up.url(), upstreamOptions{}, nil)
		if begun == "warm" {
			warm(t, f)
		}
		client, err := net.Dial("tcp", f.addr())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		<-asked
		client.Close()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			t.Fatal("the upstream's connection is open 5 s later")
		}
		eventually(t, "the end of the request", func() bool { return f.u.stats().Open == 0 })
	}
}
