package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The proxy of the standard library and carry stand in front of the same upstream; what the
// client sees must be the same, but for what the table says. Chunks that came all at once may
// be sent with a length, as the server does with any short answer, so that is not compared.
func TestCarryAnswersAsReverseProxyDoes(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
	for _, test := range []struct {
		name, answer string
		method       string // empty means GET
		ours         string // what carry gives instead, as shown; empty means the same
	}{
		{name: "plain", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"},
		{name: "empty", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"},
		{name: "large", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 300000\r\n\r\n" + repeat("a", 300000)},
		{name: "a little over a buffer", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9000\r\n\r\n" + repeat("a", 9000)},
		{name: "created", answer: "HTTP/1.1 201 Created\r\nLocation: /a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"},
		{name: "redirect", answer: "HTTP/1.1 302 Found\r\nLocation: http://b/\r\nContent-Length: 0\r\n\r\n"},
		{name: "no content", answer: "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"},
		{name: "no content with length 0", answer: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"},
		{name: "not modified", answer: "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"},
		{name: "not modified with a length", answer: "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 10\r\n\r\n"},
		{name: "an error", answer: "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\noops"},
		{name: "a gateway's error", answer: "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\noops"},
		{name: "cookies and repeated lines", answer: "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nVary: A\r\nvary: B\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"},
		{name: "latin letters", answer: "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"caf\xe9\"\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"},
		{name: "an empty value", answer: "HTTP/1.1 200 OK\r\nX-A:\r\nX-B: \t\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"},
		{name: "hop-by-hop names", answer: "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nProxy-Connection: a\r\nTE: trailers\r\nUpgrade: h2c\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"},
		{name: "encoded", answer: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n\x1f\x8b"},
		{name: "a range", answer: "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/5\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhe"},
		{name: "chunked", answer: chunked + "\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"},
		{name: "chunked and empty", answer: chunked + "\r\n0\r\n\r\n"},
		{name: "chunked and large", answer: chunked + "\r\n" + repeat("fa0\r\n"+repeat("b", 4000)+"\r\n", 50) + "0\r\n\r\n"},
		{name: "trailers", answer: chunked + "Trailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"},
		{name: "until close", answer: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\nhello"},
		{name: "HTTP/1.0", answer: "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"},
		{name: "HTTP/1.0 with a length", answer: "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"},
		{name: "events", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n"},
		{name: "an answer that informs first", answer: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"},
		{name: "HEAD with a length", method: "HEAD", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 500000\r\n\r\n"},
		{name: "HEAD without", method: "HEAD", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"},
		{name: "HEAD chunked", method: "HEAD", answer: chunked + "\r\n"},
		{name: "POST", method: "POST", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"},
		{name: "OPTIONS", method: "OPTIONS", answer: "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\r\n"},
		{name: "cut short", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 50\r\nConnection: close\r\n\r\nhello"},
		{name: "cut short and chunked", answer: chunked + "Connection: close\r\n\r\n5\r\nhello\r\n"},
		{name: "nothing", answer: ""},
		{name: "rubbish", answer: "rubbish\r\n\r\n"},
		{name: "two different lengths", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!"},
		{name: "an unknown coding", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok"},
		{name: "a switch unasked", answer: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},

		// On purpose: an answer with more than one meaning is refused, and nothing is added.
		{name: "the same length twice", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", ours: "502 Content-Length: 0"},
		{name: "length and chunked", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", ours: "502"},
		{name: "a folded line", answer: "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok", ours: "502 Content-Length: 0"},
		{name: "lone line feeds", answer: "HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 2\n\nok", ours: "502 Content-Length: 0"},
		{name: "no type", answer: "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", ours: `200 Content-Length: 6 "<html>"`},
		{name: "unannounced trailers", answer: chunked + "\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"},
		{name: "a proxy's own name", answer: "HTTP/1.1 200 OK\r\nProxy-Status: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok", ours: `200 Content-Length: 2 Content-Type: text/plain "ok"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			up := newRawUpstream(t, func(c net.Conn, r *http.Request, _ int) bool {
				io.Copy(io.Discard, r.Body)
				io.WriteString(c, test.answer)
				return false
			})
			target, _ := url.Parse(up.url())
			proxy := httptest.NewServer(&httputil.ReverseProxy{
				Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
				Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true},
				ErrorLog:  quietLog,
			})
			defer proxy.Close()
			f := newFront(t, up.url(), upstreamOptions{}, nil)
			method := test.method
			if method == "" {
				method = "GET"
			}
			isChunked := strings.Contains(test.answer, "\r\nTransfer-Encoding")
			want, got := show(t, method, proxy.URL, isChunked), show(t, method, f.URL, isChunked)
			if test.ours != "" {
				if want == test.ours {
					t.Error("the difference is gone")
				}
				want = test.ours
			}
			if got != want {
				t.Errorf("carry gives\n%.300s\nwant\n%.300s", got, want)
			}
		})
	}
}

// show is the answer as the client sees it, without what differs between two runs.
func show(t *testing.T, method, target string, isChunked bool) string {
	t.Helper()
	resp, body, err := do(t, method, target, nil)
	if err != nil {
		return "cut"
	}
	parts := []string{fmt.Sprint(resp.StatusCode)}
	for name, values := range resp.Header {
		if name != "Date" && name != "X-Kind" && !(isChunked && name == "Content-Length") {
			parts = append(parts, fmt.Sprintf("%s: %s", name, strings.Join(values, " | ")))
		}
	}
	slices.Sort(parts[1:])
	if body != "" {
		parts = append(parts, fmt.Sprintf("%q", body))
	}
	for name, values := range resp.Trailer {
		parts = append(parts, name+"="+strings.Join(values, "|"))
	}
	return strings.Join(parts, " ")
}

// FuzzReadAnswer gives any bytes as an answer. What is taken must be taken by the standard
// library as well, with the same status, length and body.
func FuzzReadAnswer(f *testing.F) {
	for _, seed := range []string{
		okAnswer, switched, "HTTP/1.0 200 OK\r\n\r\nrest", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-A: b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\nX-A: b\n\n", "HTTP/1.1 200 \r\nX-A: b\r\n c\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		c := &conn{br: bufio.NewReaderSize(strings.NewReader(string(answer)), 64)}
		h, err := c.readHead()
		if err != nil {
			return
		}
		theirs, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(answer))), nil)
		if err != nil {
			t.Fatalf("taken by us only: %v", err)
		}
		if theirs.StatusCode != h.status {
			t.Fatalf("status %d, theirs %d", h.status, theirs.StatusCode)
		}
		for _, f := range h.fields {
			if !isToken(f.name) || !isFieldValue(f.value) {
				t.Fatalf("%q", f)
			}
		}
		if h.status < 200 || h.status == 204 || h.status == 304 {
			return
		}
		var src io.Reader = c.br
		switch {
		case h.chunked:
			src = &chunks{br: c.br}
		case h.length >= 0:
			src = io.LimitReader(c.br, h.length)
		}
		ours, err := io.ReadAll(src)
		if err != nil {
			return
		}
		body, err := io.ReadAll(theirs.Body)
		if short := h.length > int64(len(ours)); short != (err != nil) || string(body) != string(ours) {
			t.Fatalf("body %q (short %v), theirs %q, %v", ours, short, body, err)
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add(appendFrame(nil, 1, []byte("hello"), true), 3)
	f.Add([]byte("\x88\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, step int) {
		if step <= 0 {
			step = 1
		}
		var whole, pieces frames
		whole.advance(stream)
		for rest := stream; len(rest) > 0; {
			n := min(step, len(rest), pieces.need())
			if n <= 0 {
				t.Fatalf("needs %d", pieces.need())
			}
			pieces.advance(rest[:n])
			rest = rest[n:]
		}
		if whole != pieces {
			t.Fatalf("%+v at once, %+v in pieces", whole, pieces)
		}
	})
}
