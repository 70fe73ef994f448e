package gateway_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestNothingIsSmuggled hides a second request behind a body whose end two servers would
// see in different places.
func TestNothingIsSmuggled(t *testing.T) {
	h := open(t)
	address := h.serve(t)
	hidden := "GET /public/hidden HTTP/1.1\r\nHost: app.example.test\r\n\r\n"
	for name, request := range map[string]string{
		"a length beside chunks":      "POST /public/x HTTP/1.1\r\nHost: app.example.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"chunks beside a length":      "POST /public/x HTTP/1.1\r\nHost: app.example.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden,
		"chunks on their own":         "POST /public/x HTTP/1.1\r\nHost: app.example.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"chunks to a refused page":    "POST /account/x HTTP/1.1\r\nHost: app.example.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"two lengths":                 "POST /public/x HTTP/1.1\r\nHost: app.example.test\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n" + hidden,
		"a list of lengths":           "POST /public/x HTTP/1.1\r\nHost: app.example.test\r\nContent-Length: 0, 0\r\n\r\n" + hidden,
		"a coding nobody knows":       "POST /public/x HTTP/1.1\r\nHost: app.example.test\r\nTransfer-Encoding: xchunked\r\n\r\n" + hidden,
		"a blank in front of a colon": "POST /public/x HTTP/1.1\r\nHost: app.example.test\r\nTransfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n" + hidden,
	} {
		t.Run(name, func(t *testing.T) {
			h.upstream.take()
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(5 * time.Second))
			io.WriteString(c, request)
			answer, err := io.ReadAll(c)
			if err != nil {
				t.Errorf("the connection stays open: %v", err)
			}
			if n := strings.Count(string(answer), "HTTP/1.1 "); n != 1 {
				t.Errorf("%d answers", n)
			}
			for _, r := range h.upstream.take() {
				if strings.Contains(r.target(), "hidden") {
					t.Errorf("the upstream got %s", r.line)
				}
			}
		})
	}
}
