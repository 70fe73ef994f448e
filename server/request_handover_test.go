package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// late is longer than a Server waits for the rest of a body.
const late = 80 * time.Millisecond

func TestBodiesThatComeLate(t *testing.T) {
	ours, stock := serveBoth(t, tell)
	head := crlf("POST /a HTTP/1.1\nHost: x\nContent-Length: 34\n\n")
	all := []stream{
		{"all of it", head + "|" + inside}, {"half of it", head + inside[:9] + "|" + inside[9:]},
		{"and the next request", head + inside[:9] + "|" + inside[9:] + after}, {"in three pieces", head + "|" + inside[:9] + "|" + inside[9:] + after},
		{"never", head + "|"}, {"half of it never", head + inside[:9] + "|"}, {"after a plain one", after + head + "|" + inside + after},
		{"after a plain body", head + inside + head + "|" + inside + after},
		{"with half the head", head[:20] + "|" + head[20:] + "|" + inside + after},
	}
	each(all, func(s stream) {
		pieces := strings.Split(s.raw, "|")
		got, want := answersIn(ours.say(t, late, pieces...)), answersIn(stock.say(t, late, pieces...))
		if got != want {
			t.Errorf("%s: want\n%s\n--- got\n%s", s.name, want, got)
		}
	})
}

// A client may wait for the first half of an answer before it sends the rest of a body.
func TestBodyIsHandedOutWhileItComes(t *testing.T) {
	ours, stock := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		half := make([]byte, 5)
		_, err := io.ReadFull(r.Body, half)
		out := http.NewResponseController(w)
		out.EnableFullDuplex()
		fmt.Fprintf(w, "%q %v\n", half, err)
		out.Flush()
		rest, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%q %v\n", rest, err)
	}))
	for _, r := range []*running{ours, stock} {
		c := r.dial(t)
		from := bufio.NewReader(c)
		io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
		answer, err := http.ReadResponse(from, nil)
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		body := bufio.NewReader(answer.Body)
		first, err := body.ReadString('\n')
		io.WriteString(c, "world")
		second, _ := io.ReadAll(body)
		if got := first + string(second); got != "\"hello\" <nil>\n\"world\" <nil>\n" {
			t.Errorf("%s: %q, %v", r.name, got, err)
		}
	}
}

func TestConnectionGoesOnAfterAnOddRequest(t *testing.T) {
	ours, stock := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %q %v from %s", r.Method, r.URL, b, err, r.RemoteAddr)
	}))
	asked := []string{
		"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n", "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab",
		"POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", "GET /4 HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /5 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", "GET //6 HTTP/1.1\r\nHost: x\r\nUpgrade: a\r\n\r\n",
		"GET /7 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	}
	for _, r := range []*running{ours, stock} {
		c := r.dial(t)
		from := bufio.NewReader(c)
		for i, raw := range asked {
			io.WriteString(c, raw)
			answer := readAnswer(from, http.MethodGet)
			want := fmt.Sprintf("/%d ", i+1)
			if s := string(answer.body); !strings.Contains(s, want) || !strings.HasSuffix(s, "<nil> from "+c.LocalAddr().String()) {
				t.Errorf("%s: answer to %q: %s", r.name, raw, answer)
			}
		}
		if _, err := from.ReadByte(); err != io.EOF {
			t.Errorf("%s: after goodbye: %v", r.name, err)
		}
	}
}

// echo takes the connection, and sends back in capitals what comes on it.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Has("watched") {
		defer context.AfterFunc(r.Context(), func() {})()
	}
	if query.Has("read") {
		b, err := io.ReadAll(r.Body)
		note(r, "body %q %v", b, err)
	}
	if query.Has("closed") {
		r.Body.Close()
	}
	if query.Has("early") {
		io.WriteString(w, "early ")
		w.(http.Flusher).Flush()
	}
	c, both, err := w.(http.Hijacker).Hijack()
	if err != nil {
		note(r, "Hijack = %v", err)
		return
	}
	defer c.Close()
	_, _, again := w.(http.Hijacker).Hijack()
	_, written := w.Write([]byte("lost"))
	note(r, "again %v, write %v", again, written)
	both.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n")
	both.Flush()
	for {
		line, err := both.ReadString('\n')
		io.WriteString(c, strings.ToUpper(line))
		if err != nil {
			return
		}
	}
})

func TestHijackedConnectionsLoseNothing(t *testing.T) {
	ours, stock := serveBoth(t, echo)
	long := strings.Repeat("many words\n", 3000)
	var all []stream
	for _, query := range []string{"", "watched", "early"} {
		for _, fields := range []string{"", "Connection: Upgrade\r\nUpgrade: echo\r\n"} {
			head := "GET /?" + query + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n"
			all = append(all,
				stream{query + fields + " right behind", head + "one\ntwo\n|three\n"}, stream{query + fields + " later", head + "|one\n|two"},
				stream{query + fields + " a lot", head + long}, stream{query + fields + " a lot, later", head + "a|" + long},
				stream{query + fields + " another request", head + after}, stream{query + fields + " after another", after[:4] + "/?" + after[10:] + head + "a|b\n"},
			)
		}
	}
	for _, query := range []string{"", "watched", "read", "closed", "watched&read"} {
		head := "POST /?" + query + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
		all = append(all, stream{query + " a body", head + "12\n45" + "six\n|seven\n"}, stream{query + " only a body", head + "12\n45"})
	}
	for _, s := range all {
		pieces := strings.Split(s.raw, "|")
		got, want := ours.say(t, time.Millisecond, pieces...), stock.say(t, time.Millisecond, pieces...)
		if undated(got) != undated(want) {
			t.Errorf("%s: want\n%.999q\n--- got\n%.999q", s.name, want, got)
		}
		if got, want := ours.said.take(), stock.said.take(); got != want {
			t.Errorf("%s: the handler saw %q, want %q", s.name, got, want)
		}
	}
}

// Whoever takes the connection over does not end the request by that.
func TestHijackLeavesTheContextAlone(t *testing.T) {
	ours, stock := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ended := r.Context().Done()
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		select {
		case <-ended:
			io.WriteString(c, "ended")
		default:
			io.WriteString(c, "alive")
		}
	}))
	for _, r := range []*running{ours, stock} {
		c := r.dial(t)
		io.WriteString(c, one)
		if got, err := io.ReadAll(c); string(got) != "alive" || err != nil {
			t.Errorf("%s: %q, %v", r.name, got, err)
		}
	}
}

// undated drops the head of an answer that was begun before: its fields have no order.
func undated(s string) string {
	if at := strings.Index(s, "early "); at > 0 {
		return s[at:]
	}
	return s
}

// net/http adds 4 KiB to MaxHeaderBytes.
func TestMaxHeaderBytesHolds(t *testing.T) {
	for _, most := range []int{1, 100, 5000, 1 << 62} {
		ours, stock := serveBoth(t, tell, func(s *http.Server) { s.MaxHeaderBytes = most })
		for _, off := range []int{-2, -1, 0, 1, 2, 500} {
			n := min(most, 5000) + 4096 + off
			head := "GET / HTTP/1.1\r\nHost: x\r\nA: "
			whole := head + strings.Repeat("a", n-len(head)-4) + "\r\n\r\n"
			for _, raw := range []string{whole, whole[:n-1], whole[:n-3]} {
				if got, want := answersIn(ours.say(t, 0, raw)), answersIn(stock.say(t, 0, raw)); got != want {
					t.Errorf("MaxHeaderBytes %d, %d bytes: want\n%.300s\n--- got\n%.300s", most, len(raw), want, got)
				}
			}
		}
	}
}

func TestHTTP2GoesToNetHTTP(t *testing.T) {
	for _, http1 := range []bool{true, false} {
		var spoken, two http.Protocols
		spoken.SetHTTP1(http1)
		spoken.SetUnencryptedHTTP2(true)
		two.SetUnencryptedHTTP2(true)
		ours, stock := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, r.Proto)
		}), func(s *http.Server) { s.Protocols = &spoken })
		for _, r := range []*running{ours, stock} {
			client := &http.Transport{Protocols: &two}
			req, _ := http.NewRequest("GET", "http://"+r.addr, nil)
			answer, err := client.RoundTrip(req)
			if err != nil {
				t.Fatalf("%s: %v", r.name, err)
			}
			if b, err := io.ReadAll(answer.Body); string(b) != "HTTP/2.0" {
				t.Errorf("%s: %q, %v", r.name, b, err)
			}
			client.CloseIdleConnections()
		}
		got, want := answersIn(ours.say(t, 0, goodbye)), answersIn(stock.say(t, 0, goodbye))
		if got != want {
			t.Errorf("HTTP/1 %v: want %q, got %q", http1, want, got)
		}
	}
}
