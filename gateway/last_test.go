package gateway_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/gateway"
)

const websocketKey = "dGhlIHNhbXBsZSBub25jZQ=="

// shake begins a WebSocket on a socket of its own.
func shake(t *testing.T, address, path, without string, lines ...string) (net.Conn, *http.Response) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(10 * time.Second))
	head := []string{"GET " + path + " HTTP/1.1", "Host: app.example.test"}
	for _, l := range []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + websocketKey} {
		if without == "" || !strings.HasPrefix(l, without) {
			head = append(head, l)
		}
	}
	io.WriteString(c, strings.Join(append(head, lines...), "\r\n")+"\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReaderSize(c, 16), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, res
}

// closeCode reads the close frame that ends a WebSocket.
func closeCode(t *testing.T, c net.Conn) int {
	t.Helper()
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < 4 || b[0] != 0x88 {
		t.Fatalf("no close frame but %q", b)
	}
	return int(binary.BigEndian.Uint16(b[2:4]))
}

func TestSocketsEndWithTheSession(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(t *testing.T, h *house, gate *gateway.Gate, cookie string)
		code int
	}{
		{"at sign-out", func(t *testing.T, h *house, _ *gateway.Gate, cookie string) { h.signOut(t, cookie) }, 4401},
		{"when all sessions are ended", func(t *testing.T, h *house, _ *gateway.Gate, _ string) {
			if err := h.auth.EndSessions(context.Background(), "alice", 0); err != nil {
				t.Error(err)
			}
		}, 4401},
		{"when the gate is closed", func(_ *testing.T, _ *house, gate *gateway.Gate, _ string) { gate.Close() }, 1001},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t)
			cookie := h.signIn(t, "alice")
			address := h.serve(t)
			c, res := shake(t, address, "/ws", "", "Cookie: "+cookie, "Origin: "+publicOrigin)
			defer c.Close()
			if res.StatusCode != 101 {
				t.Fatal(res.Status)
			}
			test.end(t, h, h.gate, cookie)
			if code := closeCode(t, c); code != test.code {
				t.Errorf("closed with %d, want %d", code, test.code)
			}
		})
	}
}

// signOut ends a session as a browser does.
func (h *house) signOut(t *testing.T, cookie string) {
	t.Helper()
	r := request("POST", "/auth/signout", "Cookie: "+cookie, "Origin: "+publicOrigin)
	if err := h.auth.SignOut(discard{}, r); err != nil {
		t.Fatal(err)
	}
}

// discard is an answer that nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func TestStreamsEndWithTheSession(t *testing.T) {
	h := open(t)
	h.upstream.answer = func(record) string {
		return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n"
	}
	cookie := h.signIn(t, "alice")
	address := h.serve(t)
	r, err := http.NewRequest("GET", "http://"+address+"/account/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie)
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	first := make([]byte, 9)
	if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "data: 1\n\n" {
		t.Fatalf("%q %v", first, err)
	}
	h.signOut(t, cookie)
	if rest, err := io.ReadAll(res.Body); err == nil || len(rest) > 0 {
		t.Errorf("after the sign-out: %q %v", rest, err)
	}
}

func TestASocketOfTheGateBefore(t *testing.T) {
	h := open(t)
	s := gateway.NewSwap(h.gate)
	h.handler = s
	cookie := h.signIn(t, "alice")
	address := h.serve(t)
	c, _ := shake(t, address, "/ws", "", "Cookie: "+cookie, "Origin: "+publicOrigin)
	defer c.Close()
	if err := s.Change(h.auth, gateway.Config{Routes: []gateway.Route{{Match: "/public/:path*", Upstream: h.upstream.url()}}}); err != nil {
		t.Fatal(err)
	}
	if w, _ := h.get("/account/x", "Cookie: "+cookie); w.Code != 404 {
		t.Errorf("the new gate answers %d", w.Code)
	}
	fmt.Fprint(c, "still here")
	h.signOut(t, cookie)
	if code := closeCode(t, c); code != 4401 {
		t.Errorf("closed with %d", code)
	}
}

// TestReloadFailsNoRequest exchanges gates while requests are served.
func TestReloadFailsNoRequest(t *testing.T) {
	h := open(t)
	s := gateway.NewSwap(h.gate)
	h.handler = s
	address := h.serve(t)
	stop := make(chan struct{})
	failed := make(chan string, 1)
	go func() {
		defer close(failed)
		for {
			select {
			case <-stop:
				return
			default:
			}
			res, err := http.Get("http://" + address + "/public/x")
			if err != nil || res.StatusCode != 200 {
				failed <- fmt.Sprint(res, err)
				return
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	}()
	for i := range 30 {
		routes := []gateway.Route{{Match: "/public/:path*", Upstream: h.upstream.url(), Timeout: time.Duration(1+i%3) * time.Second}}
		if err := s.Change(h.auth, gateway.Config{Routes: routes}); err != nil {
			t.Fatal(err)
		}
		if err := s.Change(h.auth, gateway.Config{Routes: append(routes, gateway.Route{})}); err == nil {
			t.Fatal("an empty route was taken")
		}
	}
	close(stop)
	if why, bad := <-failed; bad {
		t.Error(why)
	}
}
