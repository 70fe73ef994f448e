package server

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

// A head is what stands before the body of a plain request.
type head struct {
	method, target string
	host           string
	header         http.Header // with the names in canonical form, without Host
	length         int64       // of the body; 0 for none
	close          bool        // the client asks to close the connection after the answer
}

const (
	// maxFields is how many fields a plain request may have. Browsers send about twenty.
	maxFields = 64
	// usualFields is how many do without an allocation of their own.
	usualFields = 24
)

var (
	blankLine = []byte("\r\n\r\n")
	version   = " HTTP/1.1"
)

// headEnd is the length of the head that b begins with, -1 where it is not all there. Of b,
// the first looked bytes were looked at before.
func headEnd(b []byte, looked int) int {
	looked = max(0, looked-len(blankLine)+1)
	at := bytes.Index(b[looked:], blankLine)
	if at < 0 {
		return -1
	}
	return looked + at + len(blankLine)
}

// readHead reads a whole head. It is not ok where the request is not plain. Each string is a
// part of text. The values of the fields are kept in values, if they fit.
//
// What is refused here is no fault of the client's: net/http takes a closer look. Only what is
// taken has to be beyond doubt.
func readHead(text string, values []string) (h head, ok bool) {
	line, rest, _ := strings.Cut(text, "\r\n")
	if h.method, line, ok = strings.Cut(line, " "); !ok || !usualMethod(h.method) {
		return h, false
	}
	if h.target, ok = strings.CutSuffix(line, version); !ok || !isPath(h.target) {
		return h, false
	}
	h.header = make(http.Header, 12)
	for n := 0; ; n++ {
		line, rest, ok = strings.Cut(rest, "\r\n")
		if !ok || n > maxFields {
			return h, false
		}
		if line == "" {
			break
		}
		name, value, ok := field(line)
		if !ok {
			return h, false
		}
		if name == "Host" {
			if h.host != "" || !isHost(value) {
				return h, false
			}
			h.host = value
			continue
		}
		if values = append(values, value); !h.take(name, value, values[len(values)-1:len(values):len(values)]) {
			return h, false
		}
	}
	h.likeHTTP10()
	return h, rest == "" && h.host != ""
}

// take adds a field. It is not ok for one that makes a request more than plain.
func (h *head) take(name, value string, list []string) (ok bool) {
	switch name {
	case "Transfer-Encoding", "Trailer", "Upgrade", "Expect", "Http2-Settings":
		return false
	case "Content-Length":
		h.length, ok = shortLength(value)
		if _, twice := h.header[name]; twice || !ok || !mayHaveBody(h.method) {
			return false
		}
	case "Connection":
		if _, twice := h.header[name]; twice {
			return false
		}
		switch value { // not strings.EqualFold, which takes U+017F for an s
		case "close", "Close":
			h.close = true
		case "keep-alive", "Keep-Alive":
		default:
			return false
		}
	}
	if before, again := h.header[name]; again {
		list = append(before, value)
	}
	h.header[name] = list
	return true
}

// likeHTTP10 does for Pragma what net/http does.
func (h *head) likeHTTP10() {
	if pragma := h.header["Pragma"]; len(pragma) > 0 && pragma[0] == "no-cache" {
		if _, told := h.header["Cache-Control"]; !told {
			h.header["Cache-Control"] = []string{"no-cache"}
		}
	}
}

func usualMethod(m string) bool {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return true
	}
	return false
}

func mayHaveBody(method string) bool {
	return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE"
}

// shortLength reads a Content-Length of up to five digits.
func shortLength(s string) (n int64, ok bool) {
	if s == "" || len(s) > 5 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}

// field takes a line apart, and writes the name in canonical form.
func field(line string) (name, value string, ok bool) {
	colon := strings.IndexByte(line, ':')
	if colon <= 0 {
		return "", "", false
	}
	for i := range colon {
		if kinds[line[i]]&inName == 0 {
			return "", "", false
		}
	}
	value = strings.Trim(line[colon+1:], " \t")
	return http.CanonicalHeaderKey(line[:colon]), value, isText(value)
}

// isText refuses control characters. Eight bytes are looked at in one go: bytes below 0x20, and
// 0x7f once it is zero, borrow from their own high bit, which they have not set.
func isText(s string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		low, del := (x-0x20*ones)&^x, x^0x7f*ones
		if (low|(del-ones)&^del)&highs != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// isPath takes targets of visible ASCII that begin with one slash.
func isPath(s string) bool {
	if s == "" || s[0] != '/' || len(s) > 1 && s[1] == '/' {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// isHost takes names, addresses and ports, and looks no further.
func isHost(s string) bool {
	for i := range len(s) {
		if kinds[s[i]]&inHost == 0 {
			return false
		}
	}
	return s != ""
}

// urlOf reads the target, as net/http does.
func (h *head) urlOf(to *url.URL) bool {
	path, query, asked := strings.Cut(h.target, "?")
	for i := range len(path) {
		if kinds[path[i]]&inPath == 0 {
			return h.parseURL(to)
		}
	}
	if strings.IndexByte(query, '#') >= 0 {
		return false
	}
	to.Path, to.RawQuery, to.ForceQuery = path, query, asked && query == ""
	return true
}

func (h *head) parseURL(to *url.URL) bool {
	u, err := url.ParseRequestURI(h.target)
	if err != nil {
		return false
	}
	*to = *u
	return true
}

// kinds tells of each byte where it may stand.
var kinds = makeKinds()

const (
	inName = 1 << iota // of a field: a token (RFC 9110 section 5.6.2)
	inHost
	inPath // and means there what it is
)

func makeKinds() (kinds [256]uint8) {
	set := func(kind uint8, bytes string) {
		for i := range len(bytes) {
			kinds[bytes[i]] |= kind
		}
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	set(inName, letters+"!#$%&'*+-.^_`|~")
	set(inHost, letters+"-._:[]")
	set(inPath, letters+"-._~/")
	return kinds
}
