package server_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// tell answers with all that a handler can see of its request.
var tell = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	seen := seenOf(r)
	if r.Method == http.MethodHead {
		w.Header().Set("X-Seen", fmt.Sprintf("%q", seen))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", fmt.Sprint(len(seen)))
	io.WriteString(w, seen)
})

func seenOf(r *http.Request) string {
	var to strings.Builder
	fmt.Fprintf(&to, "%q %q %q %d.%d host %q uri %q pattern %q\n", r.Method, r.URL.String(), r.Proto, r.ProtoMajor, r.ProtoMinor, r.Host, r.RequestURI, r.Pattern)
	fmt.Fprintf(&to, "URL %#v\nlength %d coded %v close %v TLS %v form %v\n", *r.URL, r.ContentLength, r.TransferEncoding, r.Close, r.TLS, r.Form)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(&to, "%q: %q\n", name, r.Header[name])
	}
	host, port, err := net.SplitHostPort(r.RemoteAddr)
	fmt.Fprintf(&to, "from us %v %v %v\n", strings.HasPrefix(host, clients), len(port) > 1, err)
	ctx := r.Context()
	local, ok := ctx.Value(http.LocalAddrContextKey).(*net.TCPAddr)
	fmt.Fprintf(&to, "at %v %v by %v", ok, local.String() == at(r).addr, ctx.Value(http.ServerContextKey) == any(at(r).http))
	deadline, limited := ctx.Deadline()
	fmt.Fprintf(&to, " until %v %v nothing %v\n", deadline, limited, ctx.Value("nothing"))
	fmt.Fprintf(&to, "no body %v\n", r.Body == http.NoBody)
	for range 3 {
		b := make([]byte, 100<<10)
		n, err := io.ReadFull(r.Body, b)
		one, errOne := r.Body.Read(b[:1])
		fmt.Fprintf(&to, "body %q %v, then %d %v\n", b[:n], err, one, errOne)
		if err != nil {
			break
		}
	}
	n, err := r.Body.Read(nil)
	fmt.Fprintf(&to, "trailer %q, %d %v", r.Trailer, n, err)
	closed := r.Body.Close()
	n, err = r.Body.Read(make([]byte, 1))
	fmt.Fprintf(&to, " closed %v %v, %d %v\n", closed, r.Body.Close(), n, err)
	return to.String()
}

// say sends the pieces one after the other, and then the end; it returns all that came.
func (r *running) say(t testing.TB, pause time.Duration, pieces ...string) string {
	t.Helper()
	c, err := r.connect()
	if err != nil {
		t.Error(err)
		return ""
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(generous))
	for i, piece := range pieces {
		if i > 0 {
			time.Sleep(pause) // so that what comes is read apart; it has to be right either way
		}
		if _, err := io.WriteString(c, piece); err != nil {
			break // an answer came before all was sent
		}
	}
	c.CloseWrite()
	got, err := io.ReadAll(c)
	if err != nil && !isReset(err) {
		t.Errorf("%s: %v after %q\nsaid %.300q", r.name, err, got, pieces)
	}
	return string(got)
}

// answersIn takes a text of answers apart, so that two can be compared.
func answersIn(text string) string {
	var all strings.Builder
	from := bufio.NewReader(strings.NewReader(text))
	for {
		if _, err := from.Peek(1); err != nil {
			return all.String()
		}
		a := readAnswer(from, http.MethodGet)
		fmt.Fprintf(&all, "%s\n%s\nframed %s, early %q, after %q, broken %q\n%s\n", a.status, strings.Join(a.fields, "\n"), a.framed, a.early, a.after, a.broken, a.body)
		if !a.goes() {
			rest, _ := io.ReadAll(from)
			fmt.Fprintf(&all, "rest %q\n", rest)
		}
	}
}

// before are requests after which a stream comes on the same connection.
var before = []stream{
	{"alone", ""},
	{"after a plain one", "GET /first HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"after a plain one with a body", "POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"},
	{"after an odd one", "POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
}

const after = "GET /after HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n"

// each runs f for each of the streams, some at a time.
func each(all []stream, f func(stream)) {
	var wg sync.WaitGroup
	next := make(chan stream)
	for range 8 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for s := range next {
				f(s)
			}
		})
	}
	for _, s := range all {
		next <- s
	}
	close(next)
	wg.Wait()
}

// A request is never read in another way than net/http reads it.
func TestRequestsAreReadAsByNetHTTP(t *testing.T) {
	ours, stock := serveBoth(t, tell)
	same := func(all []stream, first, last stream) {
		each(all, func(s stream) {
			raw := first.raw + s.raw + last.raw
			got, want := answersIn(ours.say(t, 0, raw)), answersIn(stock.say(t, 0, raw))
			if got != want {
				t.Errorf("%s, %s %s:\n%.300q\n--- want\n%.3000s\n--- got\n%.3000s", s.name, first.name, last.name, raw, want, got)
			}
		})
	}
	end, another := stream{"at the end", ""}, stream{"and another", after}
	for _, first := range before {
		same(streams(), first, another)
	}
	same(streams(), before[0], end)
	same(streams(), before[2], end)
	same(longStreams(), before[0], another)
	same(longStreams(), before[1], end)
}

// Nor when it comes in two pieces: cut around every end of a line, and in between.
func TestRequestsAreReadAsByNetHTTPWhereverTheyAreCut(t *testing.T) {
	ours, stock := serveBoth(t, tell)
	for first, step := range map[stream]int{before[0]: 9, before[2]: 15} {
		each(streams(), func(s stream) {
			raw := first.raw + s.raw + after
			want := answersIn(stock.say(t, 0, raw))
			for cut := len(first.raw) + 1; cut < len(raw)-len(after)/2; cut++ {
				if cut%step != 0 && (step > 9 || !strings.ContainsAny(raw[cut-1:cut+1], "\r\n")) {
					continue
				}
				if got := answersIn(ours.say(t, 100*time.Microsecond, raw[:cut], raw[cut:])); got != want {
					t.Errorf("%s %s, cut after %q:\n%q\n--- want\n%s\n--- got\n%s", s.name, first.name, raw[:cut], raw[cut:], want, got)
					return
				}
			}
		})
	}
}

func FuzzRequests(f *testing.F) {
	ours, stock := serveBoth(f, tell)
	for _, s := range streams() {
		f.Add([]byte(s.raw+after), uint16(len(s.raw)/2))
		f.Add([]byte(before[2].raw+s.raw+after), uint16(len(before[2].raw)))
	}
	f.Fuzz(func(t *testing.T, raw []byte, cut uint16) {
		text := string(raw[:min(len(raw), 4<<10)])
		at := int(cut) % (len(text) + 1)
		want := answersIn(stock.say(t, 0, text))
		if got := answersIn(ours.say(t, 0, text[:at], text[at:])); got != want {
			t.Errorf("cut after %q:\n%q\n--- want\n%s\n--- got\n%s", text[:at], text[at:], want, got)
		}
	})
}
