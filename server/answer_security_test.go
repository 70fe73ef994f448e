package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Whatever a handler puts into a field, it stays in that field: no line can be added to an
// answer, and no second answer.
func TestAnswerCannotBeSplit(t *testing.T) {
	breaks := []string{"\r\n", "\n", "\r", "\r\n\r\n", "\n\n", "\r\n ", "\x00\r\n", "\u010d\u010a", "a\r\nb\r\nc\r\n\r\n"}
	ours, _ := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n, pad int
		fmt.Sscanf(r.URL.RawQuery, "%d-%d", &n, &pad)
		hostile := strings.Repeat("p", pad) + breaks[n] + "X-Injected: 1" + breaks[n] + "HTTP/1.1 200 Injected\r\n\r\n"
		h := w.Header()
		for _, name := range []string{"X-Field", "Location", "Set-Cookie", "Content-Type", "Connection", "Date", "Trailer", "Content-Encoding", hostile} {
			h.Add(name, hostile)
			h[name] = append(h[name], hostile)
		}
		switch r.URL.Path {
		case "/hint":
			w.WriteHeader(103)
			clear(h)
		case "/coded":
			h.Set("Transfer-Encoding", hostile)
		case "/long":
			h.Set("Content-Length", hostile)
		}
		h.Add("Trailer", "X-After")
		io.WriteString(w, "body")
		h.Set("X-After", hostile)
		h.Set(http.TrailerPrefix+hostile, "1")
		h.Set(http.TrailerPrefix+"X-Late", hostile)
	})))
	for n := range breaks {
		for pad := range 10 {
			for _, path := range []string{"/", "/hint", "/coded", "/long"} {
				got := ours.ask(t, request("GET", fmt.Sprintf("%s?%d-%d", path, n, pad), "")+goodbye)
				for line := range strings.SplitSeq(got, "\r\n") {
					if strings.ContainsAny(line, "\r\n") || strings.HasPrefix(line, "X-Injected") || strings.HasPrefix(line, "HTTP/1.1 200 Injected") {
						t.Fatalf("%s, breaks %q after %d: split at %q", path, breaks[n], pad, line)
					}
				}
				if strings.Count(got, "\r\n\r\n") < 2 {
					t.Fatalf("%s: no two answers in %q", path, got)
				}
			}
		}
	}
}

// An answer has one length at most, and it is a number: two readers must not see two ends. In
// net/http, what the handler says is sent as it is.
func TestAnswerHasOneLength(t *testing.T) {
	ours, _ := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Length"] = strings.Split(r.URL.RawQuery, "/")
		if r.URL.Path == "/identity" {
			w.Header().Set("Transfer-Encoding", "identity")
		}
		w.Write([]byte("12345"))
	})))
	for _, length := range []string{"5/6", "5/5", "5/", "+5", "05", "abc", "-5", "abc/5", "/5", "5%0d%0a"} {
		for _, path := range []string{"/", "/identity"} {
			for _, method := range []string{"GET", "HEAD"} {
				got := ours.ask(t, request(method, path+"?"+length, "")+goodbye)
				in := bufio.NewReader(strings.NewReader(got))
				a := readAnswer(in, method)
				var lengths []string
				for _, f := range a.fields {
					if strings.HasPrefix(f, "Content-Length") || strings.HasPrefix(f, "Transfer-Encoding") {
						lengths = append(lengths, f)
					}
				}
				usable := slices.Contains([]string{"5/6", "5/5", "5/", "+5", "05"}, length)
				switch {
				case usable && (len(lengths) != 1 || lengths[0] != "Content-Length: 5"),
					!usable && method == "HEAD" && len(lengths) > 0,
					!usable && method == "GET" && path == "/" && (len(lengths) != 1 || lengths[0] != "Transfer-Encoding: chunked"),
					!usable && method == "GET" && path != "/" && len(lengths) > 0,
					a.broken != "", method == "GET" && string(a.body) != "12345":
					t.Errorf("%s %s with length %q: %v", method, path, length, a)
				}
			}
		}
	}
}

// What a source has beyond the declared length is not sent: a client would take it for the
// next answer. (From a Write that is an error, here as in net/http.)
func TestAnswerIsNoLongerThanDeclared(t *testing.T) {
	for _, size := range []int{5, 600, 3000, 20_000} {
		ours, _ := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(size))
			w.(io.ReaderFrom).ReadFrom(bytes.NewReader(append(bytes.Repeat([]byte("x"), size), "HTTP/1.1 200 Injected\r\n\r\n"...)))
		})))
		got := ours.ask(t, request("GET", "/", "")+goodbye)
		if strings.Contains(got, "Injected") {
			t.Errorf("%d bytes declared: %.200q", size, got)
		}
	}
}

// A panic ends its connection and leaves one line (and the stack); the next connection is
// served (security.md S-113).
func TestS113_APanicEndsNothingButItsConnection(t *testing.T) {
	ours, _ := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "secret of a half answer")
		panic("oh")
	})))
	for range 3 {
		if got := ours.ask(t, request("GET", "/", "")+goodbye); got != "" {
			t.Errorf("after a panic came %q", got)
		}
		if got := logKinds(ours.logs.take()); len(got) != 1 || got[0] != "panic: oh" {
			t.Errorf("logged %q", got)
		}
		if got := ours.ask(t, goodbye); !strings.HasSuffix(got, "goodbye") {
			t.Errorf("the next connection got %q", got)
		}
	}
}

// A write that failed is the last one: none is taken for sent afterwards. In net/http, some
// are, up to what its buffers hold.
func TestAnswerFailsOnceItFailed(t *testing.T) {
	ours, _ := serveBoth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		deadlineHandlings()[1].serve(w, r)
		write(w, r, 5)
		note(r, "flush %s", kindOf(http.NewResponseController(w).Flush()))
		write(w, r, 50_000)
	}))
	if got := ours.ask(t, request("GET", "/", "")); got != "" {
		t.Errorf("got %q", got)
	}
	const want = "deadline <nil>\nwrote 5, error none\nflush timeout\ncontext context canceled\n" +
		"wrote 0, error timeout\nflush timeout\nwrote 0, error timeout\n"
	if got := ours.said.take(); got != want {
		t.Errorf("handler saw %q, want %q", got, want)
	}
}

// The body of a request can be read however late. In net/http it is thrown away as soon as the
// head of the answer is sent, unless the handler asked for full duplex.
func TestBodyCanBeReadAfterTheAnswerBegan(t *testing.T) {
	ours, _ := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		io.Copy(w, r.Body)
	})))
	in := bufio.NewReader(strings.NewReader(ours.ask(t, request("POST", "/", "a body")+goodbye)))
	for _, want := range []string{"a body", "goodbye"} {
		if a := readAnswer(in, "POST"); string(a.body) != want {
			t.Errorf("want %q: %v", want, a)
		}
	}
}

// A body over the limit of the handler was read nevertheless: what follows on the connection is
// the next request. (net/http closes here.)
func TestAnswerToABodyOverTheLimit(t *testing.T) {
	ours, _ := serveBoth(t, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 3))
		note(r, "%v", err)
		http.Error(w, "too much", http.StatusRequestEntityTooLarge)
	})))
	in := bufio.NewReader(strings.NewReader(ours.ask(t, request("POST", "/", goodbye)+goodbye)))
	if a := readAnswer(in, "POST"); a.status != "HTTP/1.1 413 Request Entity Too Large" || string(a.body) != "too much\n" {
		t.Errorf("the answer is %v", a)
	}
	if a := readAnswer(in, "GET"); string(a.body) != "goodbye" {
		t.Errorf("the next answer is %v", a)
	}
	if rest, _ := io.ReadAll(in); len(rest) > 0 || ours.said.take() != "http: request body too large\n" {
		t.Errorf("and then came %q", rest)
	}
}
