package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
	"github.com/signet-auth/signet/server"
)

// A client that stops in the middle of its body, or leaves, must never read 200: it would
// take for done what nobody has heard of.
func TestS112_ClientsThatStopOrLeave(t *testing.T) {
	h := open(t, func(_ *signet.Config, g *gateway.Config) {
		g.Routes = append(g.Routes, gateway.Route{Match: "/any/:path*", Upstream: g.Routes[0].Upstream, MaxBody: -1})
	})
	released := make(chan struct{})
	defer close(released)
	h.upstream.answer = func(r record) string {
		<-released // only the client's end can end the exchange
		return ""
	}
	address := startServer(t, &server.Server{HTTP: &http.Server{Handler: h.handler, ReadTimeout: 300 * time.Millisecond}})

	big := strings.Repeat("x", 20<<10)
	for _, test := range []struct {
		name, head, body string
		cut              bool
		status           int // 0: no answer at all
		says             string
	}{
		{"a small body that stops", "POST /public/x", "Content-Length: 50\r\n\r\n12345", false, 408, `{"error":"bad-request"}`},
		{"a small body that never begins", "POST /public/x", "Content-Length: 50\r\n\r\n", false, 408, `{"error":"bad-request"}`},
		{"a large body that stops", "POST /public/x", "Content-Length: 92160\r\n\r\n" + big, false, 408, `{"error":"bad-request"}`},
		{"a body in chunks that stops", "POST /public/x", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false, 408, `{"error":"bad-request"}`},
		{"a large body in chunks that stops", "POST /any/x", "Transfer-Encoding: chunked\r\n\r\n5000\r\n" + big, false, 408, `{"error":"bad-request"}`},
		{"a form of a person that stops", "POST /public/x", "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nContent-Length: 50\r\n\r\n12345", false, 408, "<h1>"},
		{"a small body that is cut", "POST /public/x", "Content-Length: 50\r\n\r\n12345", true, 400, `{"error":"bad-request"}`},
		{"a large body that is cut", "POST /public/x", "Content-Length: 92160\r\n\r\n" + big, true, 400, `{"error":"bad-request"}`},
		{"a body in chunks that is cut", "POST /public/x", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true, 400, `{"error":"bad-request"}`},
		{"a large body in chunks that is cut", "POST /any/x", "Transfer-Encoding: chunked\r\n\r\n5000\r\n" + big, true, 400, `{"error":"bad-request"}`},
		{"a chunk that is none", "POST /public/x", "Transfer-Encoding: chunked\r\n\r\nzz\r\n", false, 400, `{"error":"bad-request"}`},
		{"whoever leaves after the whole request", "GET /public/x", "\r\n", true, 0, ""},
		{"whoever leaves after a whole body", "POST /public/x", "Content-Length: 5\r\n\r\n12345", true, 0, ""},
		{"whoever leaves after a whole large body", "POST /public/x", "Content-Length: 20480\r\n\r\n" + big, true, 0, ""},
		{"whoever leaves after all chunks", "POST /public/x", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			io.WriteString(c, test.head+" HTTP/1.1\r\nHost: app.example.test\r\n"+test.body)
			if test.cut {
				c.(*net.TCPConn).CloseWrite()
			}
			c.SetReadDeadline(time.Now().Add(10 * time.Second))
			answer, err := http.ReadResponse(bufio.NewReader(c), nil)
			if test.status == 0 {
				if err == nil {
					t.Fatalf("%s", answer.Status)
				}
			} else {
				if err != nil {
					t.Fatal(err)
				}
				said, _ := io.ReadAll(answer.Body)
				if answer.StatusCode != test.status || !strings.Contains(string(said), test.says) || !answer.Close {
					t.Errorf("%s, close %v: %s", answer.Status, answer.Close, said)
				}
			}
			for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
				up := h.gate.Upstreams()[0]
				if up.Open == 0 && up.Idle == 0 {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("the exchange with the upstream goes on: %+v", up)
				}
			}
		})
	}
}
