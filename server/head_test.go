package server

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
)

// plainHeads are read here. A line break in them is a CRLF, and an empty line follows.
var plainHeads = map[string]string{
	"the shortest":                    "GET / HTTP/1.1\nHost: x",
	"an empty value":                  "GET / HTTP/1.1\nHost: x\nAccept:",
	"blanks around a value":           "GET / HTTP/1.1\nHost: x\nAccept:\t a b \t ",
	"no blank before a value":         "GET / HTTP/1.1\nHost:x\nAccept:a",
	"names in any case":               "GET / HTTP/1.1\nhOST: x\naccept-LANGUAGE: ko\nx-1a-b: 1",
	"odd but legal names":             "GET / HTTP/1.1\nHost: x\n!#$%&'*+-.^_`|~: 1\nContent_Length: 7",
	"a field twice":                   "GET / HTTP/1.1\nHost: x\nCookie: a=1\nCookie: b=2\ncookie: c=3",
	"a value that is not ASCII":       "GET / HTTP/1.1\nHost: x\nX-Name: \xed\x99\x8d\xff\x80",
	"a query":                         "GET /a?b=c&d=%zz;e=?f HTTP/1.1\nHost: x",
	"an empty query":                  "GET /a? HTTP/1.1\nHost: x",
	"two question marks":              "GET /a?? HTTP/1.1\nHost: x",
	"an escaped path":                 "GET /a%2Fb%20c HTTP/1.1\nHost: x",
	"an escape for what needs none":   "GET /%61 HTTP/1.1\nHost: x",
	"a path that is written in marks": "GET /a;b=c,d:e@f!$&'()*+= HTTP/1.1\nHost: x",
	"a fragment in the path":          "GET /a#b HTTP/1.1\nHost: x",
	"a path with brackets":            "GET /a[b]{c}|d\\e\"<f>^` HTTP/1.1\nHost: x",
	"dots in a path":                  "GET /a/../b/./c HTTP/1.1\nHost: x",
	"two slashes inside":              "GET /a//b HTTP/1.1\nHost: x",
	"an address as host":              "GET / HTTP/1.1\nHost: [::1]:8080",
	"a body":                          "POST /a HTTP/1.1\nHost: x\nContent-Length: 5",
	"no body, and says so":            "DELETE /a HTTP/1.1\nHost: x\nContent-Length: 0",
	"a POST that says nothing":        "POST /a HTTP/1.1\nHost: x",
	"goodbye":                         "GET / HTTP/1.1\nHost: x\nConnection: close",
	"keeps alive":                     "GET / HTTP/1.1\nHost: x\nconnection: Keep-Alive",
	"pragma":                          "GET / HTTP/1.1\nHost: x\nPragma: no-cache",
	"pragma and more":                 "GET / HTTP/1.1\nHost: x\nPragma: no-cache\nCache-Control: max-age=0",
	"pragma of another kind":          "GET / HTTP/1.1\nHost: x\nPragma: No-Cache",
	"trailers are welcome":            "GET / HTTP/1.1\nHost: x\nTE: trailers",
	"64 fields":                       "GET / HTTP/1.1\nHost: x" + strings.Repeat("\nA: b", 63),
}

// oddHeads go to net/http, whatever it does with them.
var oddHeads = map[string]string{
	"no host":                         "GET / HTTP/1.1\nAccept: a",
	"an empty host":                   "GET / HTTP/1.1\nHost:",
	"two hosts":                       "GET / HTTP/1.1\nHost: x\nHost: x",
	"two hosts, one empty":            "GET / HTTP/1.1\nHost: x\nHost:",
	"a host that is none":             "GET / HTTP/1.1\nHost: x/y",
	"a host with a name before it":    "GET / HTTP/1.1\nHost: a@x",
	"two hosts in one":                "GET / HTTP/1.1\nHost: x, y",
	"a host that is not ASCII":        "GET / HTTP/1.1\nHost: \xed\x99\x8d",
	"HTTP/1.0":                        "GET / HTTP/1.0\nHost: x",
	"HTTP/2.0":                        "GET / HTTP/2.0\nHost: x",
	"HTTP/1.2":                        "GET / HTTP/1.2\nHost: x",
	"http in small letters":           "GET / http/1.1\nHost: x",
	"HTTP/0.9":                        "GET /\nHost: x",
	"the start of HTTP/2":             "PRI * HTTP/2.0\n\nSM\n",
	"a version with more":             "GET / HTTP/1.1 \nHost: x",
	"a version with zeros":            "GET / HTTP/01.1\nHost: x",
	"two blanks after the method":     "GET  / HTTP/1.1\nHost: x",
	"two blanks after the target":     "GET /  HTTP/1.1\nHost: x",
	"a tab after the method":          "GET\t/ HTTP/1.1\nHost: x",
	"no target":                       "GET HTTP/1.1\nHost: x",
	"an empty target":                 "GET  HTTP/1.1\nHost: x",
	"small letters":                   "get / HTTP/1.1\nHost: x",
	"CONNECT":                         "CONNECT x:443 HTTP/1.1\nHost: x",
	"TRACE":                           "TRACE / HTTP/1.1\nHost: x",
	"PROPFIND":                        "PROPFIND / HTTP/1.1\nHost: x",
	"a blank before the method":       " GET / HTTP/1.1\nHost: x",
	"an empty line first":             "\nGET / HTTP/1.1\nHost: x",
	"a whole URL":                     "GET http://x/ HTTP/1.1\nHost: x",
	"an authority":                    "GET x:443 HTTP/1.1\nHost: x",
	"a star":                          "OPTIONS * HTTP/1.1\nHost: x",
	"two slashes":                     "GET //evil/a HTTP/1.1\nHost: x",
	"only a query":                    "GET ?a HTTP/1.1\nHost: x",
	"a bad escape":                    "GET /%zz HTTP/1.1\nHost: x",
	"half an escape":                  "GET /%2 HTTP/1.1\nHost: x",
	"a fragment after the query":      "GET /?a#b HTTP/1.1\nHost: x",
	"a path that is not ASCII":        "GET /\xed\x99\x8d HTTP/1.1\nHost: x",
	"a NUL in the path":               "GET /\x00 HTTP/1.1\nHost: x",
	"a DEL in the path":               "GET /\x7f HTTP/1.1\nHost: x",
	"a blank before the colon":        "GET / HTTP/1.1\nHost: x\nContent-Length : 5",
	"a blank before the host's colon": "GET / HTTP/1.1\nHost : x",
	"a line that goes on":             "GET / HTTP/1.1\nHost: x\nA: b\n c",
	"a line that goes on by a tab":    "GET / HTTP/1.1\nHost: x\nA: b\n\tc: d",
	"a first line that goes on":       "GET / HTTP/1.1\n A: b\nHost: x",
	"no colon":                        "GET / HTTP/1.1\nHost: x\nA",
	"no name":                         "GET / HTTP/1.1\nHost: x\n: b",
	"a name with a slash":             "GET / HTTP/1.1\nHost: x\nA/b: c",
	"a name that is not ASCII":        "GET / HTTP/1.1\nHost: x\nA\xc3\xa4: c",
	"a NUL in a name":                 "GET / HTTP/1.1\nHost: x\nA\x00: c",
	"a NUL in a value":                "GET / HTTP/1.1\nHost: x\nA: b\x00",
	"a DEL in a value":                "GET / HTTP/1.1\nHost: x\nA: b\x7f",
	"a tab in a value":                "GET / HTTP/1.1\nHost: x\nA: b\tc",
	"a bare CR in a value":            "GET / HTTP/1.1\nHost: x\nA: b\rContent-Length: 5",
	"a bare LF in a value":            "GET / HTTP/1.1\nHost: x\nA: b\x0bc",
	"chunked":                         "POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked",
	"chunked and a length":            "POST / HTTP/1.1\nHost: x\nContent-Length: 5\nTransfer-Encoding: chunked",
	"identity":                        "POST / HTTP/1.1\nHost: x\nTransfer-Encoding: identity",
	"an empty Transfer-Encoding":      "POST / HTTP/1.1\nHost: x\nTransfer-Encoding:",
	"a trailer":                       "POST / HTTP/1.1\nHost: x\nTrailer: a",
	"an upgrade":                      "GET / HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: websocket",
	"an upgrade nobody asks for":      "GET / HTTP/1.1\nHost: x\nUpgrade: websocket",
	"settings of HTTP/2":              "GET / HTTP/1.1\nHost: x\nHTTP2-Settings: AAMAAABk",
	"expects":                         "POST / HTTP/1.1\nHost: x\nContent-Length: 5\nExpect: 100-continue",
	"expects nothing":                 "GET / HTTP/1.1\nHost: x\nExpect:",
	"a connection of two kinds":       "GET / HTTP/1.1\nHost: x\nConnection: keep-alive, close",
	"a connection told twice":         "GET / HTTP/1.1\nHost: x\nConnection: keep-alive\nConnection: close",
	"a connection of no kind":         "GET / HTTP/1.1\nHost: x\nConnection:",
	"a close that is none":            "GET / HTTP/1.1\nHost: x\nConnection: clo\u017fe",
	"a keep-alive that is none":       "GET / HTTP/1.1\nHost: x\nConnection: \u212aeep-alive",
	"two lengths":                     "POST / HTTP/1.1\nHost: x\nContent-Length: 5\nContent-Length: 5",
	"two lengths in one":              "POST / HTTP/1.1\nHost: x\nContent-Length: 5, 5",
	"a length with a sign":            "POST / HTTP/1.1\nHost: x\nContent-Length: +5",
	"a length below zero":             "POST / HTTP/1.1\nHost: x\nContent-Length: -5",
	"a length with a zero":            "POST / HTTP/1.1\nHost: x\nContent-Length: 05",
	"a length in hex":                 "POST / HTTP/1.1\nHost: x\nContent-Length: 0x5",
	"a length with an underscore":     "POST / HTTP/1.1\nHost: x\nContent-Length: 1_0",
	"a length with a blank":           "POST / HTTP/1.1\nHost: x\nContent-Length: 1 0",
	"a length that is huge":           "POST / HTTP/1.1\nHost: x\nContent-Length: 18446744073709551621",
	"a length of six digits":          "POST / HTTP/1.1\nHost: x\nContent-Length: 100000",
	"an empty length":                 "POST / HTTP/1.1\nHost: x\nContent-Length:",
	"a length in other digits":        "POST / HTTP/1.1\nHost: x\nContent-Length: \u0665",
	"a GET with a body":               "GET / HTTP/1.1\nHost: x\nContent-Length: 5",
	"a HEAD with no body":             "HEAD / HTTP/1.1\nHost: x\nContent-Length: 0",
	"65 fields":                       "GET / HTTP/1.1\nHost: x" + strings.Repeat("\nA: b", 64),
}

func lines(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") + "\r\n\r\n" }

// plain reads the request that data begins with, if it is plain.
func plain(data []byte) (h head, u url.URL, size int, ok bool) {
	if size = headEnd(data, 0); size < 0 {
		return h, u, size, false
	}
	h, ok = readHead(data[:size], nil)
	return h, u, size, ok && h.urlOf(&u)
}

func TestHeadsThatArePlain(t *testing.T) {
	for name, text := range plainHeads {
		t.Run(name, func(t *testing.T) {
			data := []byte(lines(text))
			if _, _, size, ok := plain(data); !ok || size != len(data) {
				t.Errorf("read %d of %d bytes, %v", size, len(data), ok)
			}
			for n := range data {
				if !mayBePlain(data[:n]) {
					t.Fatalf("given away after %q", data[:n])
				}
			}
			sameAsNetHTTP(t, data)
		})
	}
}

func TestHeadsThatAreOdd(t *testing.T) {
	for name, text := range oddHeads {
		t.Run(name, func(t *testing.T) {
			if h, _, _, ok := plain([]byte(lines(text))); ok {
				t.Errorf("read as %+v", h)
			}
		})
	}
}

// A line that ends with LF alone has to be seen wherever it is.
func TestHeadsWithABareLineFeed(t *testing.T) {
	const text = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nA: b\r\n\r\n"
	for at := 0; ; at++ {
		next := strings.IndexByte(text[at:], '\r')
		if next < 0 {
			break
		}
		at += next
		cut := text[:at] + text[at+1:]
		if _, _, size, ok := plain([]byte(cut + "hello")); ok {
			t.Errorf("%q: read %d bytes", cut, size)
		}
		if mayBePlain([]byte(cut)) {
			t.Errorf("%q: not given away", cut)
		}
	}
}

// Those who talk in another way are not kept waiting for an empty line.
func TestBeginningsThatAreOdd(t *testing.T) {
	for _, begin := range []string{
		"\n", "\r\n", "\x16\x03\x01\x02", "GET\r\n", "get ", "PRI ", "SSH-2.0-x\r\n", "CONNECT", "G\x00", " ",
		"GET /\r\n", "GET / HTTP/1.0\r\n", "GET / HTTP/1.1\n", "GET * HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA: b\n",
		"GET / HTTP/1.1\r\n\n", "PROXY TCP4 ", "HELO a", "GET http://x/ HTTP/1.1\r\n",
		"GET / HTTP/1.1\r\n" + strings.Repeat("A: b\r\n", maxFields+1), // and not looked at again with each byte
	} {
		if len(begin) != len("CONNECT") && mayBePlain([]byte(begin)) {
			t.Errorf("%q may be plain", begin)
		}
	}
}

func TestHeadEndIsFoundWhereverReadsAreCut(t *testing.T) {
	text := []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST")
	end := len(text) - len("POST")
	for cut := range text {
		got := headEnd(text[:cut], 0)
		if want := end; cut < end {
			want = -1
			if got != want {
				t.Fatalf("headEnd(%q) = %d", text[:cut], got)
			}
		} else if got != want {
			t.Fatalf("headEnd(%q) = %d, want %d", text[:cut], got, want)
		}
		if got < 0 && headEnd(text, cut) != end {
			t.Fatalf("headEnd after %d bytes = %d, want %d", cut, headEnd(text, cut), end)
		}
	}
}

// Each byte at each place of a word and after it: isText looks at eight in one go.
func TestTextIsToldByteByByte(t *testing.T) {
	for b := range 256 {
		for _, fill := range []byte{' ', 'a', '~', 0x80, 0xff} {
			for at := range 19 {
				s := bytes.Repeat([]byte{fill}, 19)
				s[at] = byte(b)
				if got, want := isText(string(s)), b >= ' ' && b != 0x7f; got != want {
					t.Fatalf("isText(%q) = %v", s, got)
				}
			}
		}
	}
}

func FuzzHead(f *testing.F) {
	for _, heads := range []map[string]string{plainHeads, oddHeads} {
		for _, text := range heads {
			f.Add([]byte(lines(text) + "hello"))
			f.Add([]byte(lines(text) + "GET /admin HTTP/1.1\r\nHost: y\r\n\r\n"))
		}
	}
	for _, target := range attackTargets {
		f.Add([]byte(lines("GET " + target + " HTTP/1.1\nHost: app.example.test\nAccept: text/html")))
	}
	for _, fields := range attackFields {
		f.Add([]byte(lines("POST /public/a HTTP/1.1\nHost: app.example.test\n"+fields) + "0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) { sameAsNetHTTP(t, data) })
}

// attackTargets are targets that are read in more than one way, somewhere.
var attackTargets = []string{
	"/admin//panel", "/public/x/../../admin/panel", "/public/%2E%2E%2Fadmin/panel", "/.%2fadmin/panel", "/admin/%2e/panel",
	"/public/..%00/admin/panel", "/public/..;/admin", "/%61dmin", "/%2561dmin", "/admin%2fpanel", "/public\\..\\admin",
	"/public/%5c..%5cadmin", "/ADMIN/panel", "/admin%20", "/admin/.", "/admin;a=b", "/%c0%ae%c0%ae/admin", "/%u0061dmin",
	"/admin#x", "/public?/../admin", "/public/%3f/../../admin", "/%ef%bd%81dmin", "//admin/panel", "///admin", "/\\admin",
	"http://app.example.test/admin", "http://evil.test/admin", "/http://app.example.test/admin", "*", "app.example.test:443",
	"/public/\xc3\xa4", "/public/%", "/public/%1", "/_next/data/x/admin.json", "/public/a\tb", "/:/admin", "/a:b", "@x/a",
}

// attackFields make the length of a body doubtful.
var attackFields = []string{
	"Content-Length: 5\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\nContent-Length: 5",
	"Transfer-Encoding : chunked\nContent-Length: 5", "Transfer-Encoding: xchunked\nContent-Length: 5",
	"Transfer-Encoding:\tchunked\nContent-Length: 5", "Transfer-Encoding: chunked\nTransfer-Encoding: x\nContent-Length: 5",
	" Transfer-Encoding: chunked\nContent-Length: 5", "X: y\rTransfer-Encoding: chunked\nContent-Length: 5",
	"Transfer-Encoding\n : chunked\nContent-Length: 5", "Transfer_Encoding: chunked\nContent-Length: 5",
	"Content-Length: 5\nContent-Length: 6", "Content-Length: 6, 5", "Content-Length: +5", "Content-Length: 5 5",
	"Content-Length: 5\n 6", "content-length: 5\nCONTENT-LENGTH: 5", "Content-Length:\n 5", "Content-Length: 00005",
	"Content-Length: 5\x0b", "Content-Length: 5\x00", "\x00Content-Length: 5", "Content-Length\x00: 5", "Content-Length: 5;",
}

// sameAsNetHTTP reads data, and has net/http read it too, if it is plain.
func sameAsNetHTTP(t *testing.T, data []byte) {
	t.Helper()
	h, u, size, ok := plain(data)
	if !ok {
		return
	}
	if missing := size + int(h.length) - len(data); missing > 0 {
		data = append(bytes.Clone(data), bytes.Repeat([]byte("x"), missing)...)
	}
	from := bytes.NewReader(data)
	buffered := bufio.NewReader(from)
	r, err := http.ReadRequest(buffered)
	if err != nil {
		t.Fatalf("net/http refuses what is plain to us: %v\n%q", err, data[:size])
	}
	if len(data)-from.Len()-buffered.Buffered() != size {
		t.Fatalf("the head ends after %d bytes, net/http read %d\n%q", size, len(data)-from.Len()-buffered.Buffered(), data)
	}
	body, err := io.ReadAll(r.Body)
	if read := len(data) - from.Len() - buffered.Buffered(); err != nil || read != size+int(h.length) {
		t.Fatalf("we read %d and %d bytes, net/http %d, %v\n%q", size, h.length, read, err, data)
	}
	if (r.Body == http.NoBody) != (h.length == 0) || int64(len(body)) != h.length {
		t.Fatalf("a body of %d bytes, want %d\n%q", len(body), h.length, data[:size])
	}
	allowedByServer(t, r)
	got := http.Request{
		Method: h.method, URL: &u, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h.header, Body: r.Body,
		ContentLength: h.length, Close: h.close, Host: h.host, RequestURI: h.target,
	}
	if !reflect.DeepEqual(got, *r) {
		t.Fatalf("net/http reads\n%+v\nwe read\n%+v\n%q", *r, got, data[:size])
	}
	whatIsPlainMayBe(t, data[:size])
}

// allowedByServer looks at what the server of net/http checks, and ReadRequest does not.
func allowedByServer(t *testing.T, r *http.Request) {
	t.Helper()
	if r.Host == "" || !httpguts.ValidHostHeader(r.Host) {
		t.Fatalf("host %q", r.Host)
	}
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			t.Fatalf("name %q", name)
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				t.Fatalf("value %q", value)
			}
		}
	}
	if r.Header.Get("Expect") != "" || r.Header.Get("Upgrade") != "" || r.ProtoMajor != 1 || r.ProtoMinor != 1 {
		t.Fatalf("not plain: %+v", r)
	}
}

// whatIsPlainMayBe has been told so before it was all there.
func whatIsPlainMayBe(t *testing.T, head []byte) {
	t.Helper()
	for n := range min(len(head), 200) {
		if !mayBePlain(head[:n]) {
			t.Fatalf("given away after %d bytes of %q", n, head)
		}
	}
}

// A body ends, is closed and is left over as that of net/http.
func TestShortBody(t *testing.T) {
	var b shortBody
	b.left.Reset([]byte("hello"))
	read := func(size, n int, err error) {
		t.Helper()
		if got, gotErr := b.Read(make([]byte, size)); got != n || gotErr != err {
			t.Errorf("Read = %d, %v, want %d, %v", got, gotErr, n, err)
		}
	}
	read(0, 0, nil)
	read(3, 3, nil)
	read(2, 2, io.EOF)
	read(1, 0, io.EOF)
	b.left.Reset([]byte("hello"))
	read(2, 2, nil)
	if rest := b.rest(); string(rest) != "llo" {
		t.Errorf("rest = %q", rest)
	}
	read(1, 0, io.EOF)
	b.left.Reset([]byte("hello"))
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Error(err)
	}
	read(1, 0, http.ErrBodyReadAfterClose)
	if rest := b.rest(); rest != nil {
		t.Errorf("rest = %q after Close", rest)
	}
}

// What somebody keeps of a request, as a store keeps the name of a browser, must not keep the
// rest of it: that could be 16 KiB each time.
func TestWhatIsKeptOfAHeadIsSmall(t *testing.T) {
	text := []byte("GET /posts HTTP/1.1\r\nHost: example.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nCookie: " + strings.Repeat("c", 12<<10) + "\r\n\r\n")
	const heads = 500
	kept := make([]string, 0, 3*heads)
	memory := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := memory()
	for range heads {
		h, ok := readHead(bytes.Clone(text), nil)
		if !ok {
			t.Fatal("the request is plain")
		}
		kept = append(kept, h.header["User-Agent"][0], h.host, h.target)
	}
	if each := (memory() - before) / heads; each > 1<<10 {
		t.Errorf("%d bytes are kept for each", each)
	}
	if kept[0] != "Mozilla/5.0 (X11; Linux x86_64)" || kept[1] != "example.test" || kept[2] != "/posts" {
		t.Errorf("kept: %q", kept[:3])
	}
}
