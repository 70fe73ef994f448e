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
	lineEnd   = blankLine[:2]
	space     = []byte(" ")
	version   = []byte(" HTTP/1.1")
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

// readHead reads a whole head. It is not ok where the request is not plain. The values of the
// fields are kept in values, if they fit. Each string has its own memory: whoever keeps one,
// say the name of a browser for as long as a session, does not keep the whole head.
//
// What is refused here is no fault of the client's: net/http takes a closer look. Only what is
// taken has to be beyond doubt.
func readHead(b []byte, values []string) (h head, ok bool) {
	line, rest, _ := bytes.Cut(b, lineEnd)
	if line, ok = bytes.CutSuffix(line, version); !ok {
		return h, false
	}
	method, target, _ := bytes.Cut(line, space)
	if h.method = usualMethod(method); h.method == "" || !isPath(target) {
		return h, false
	}
	h.target = string(target)
	h.header = make(http.Header, min(bytes.Count(rest, lineEnd), maxFields))
	for n := 0; ; n++ {
		line, rest, ok = bytes.Cut(rest, lineEnd)
		if !ok || n > maxFields {
			return h, false
		}
		if len(line) == 0 {
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
			h.host = string(value)
			continue
		}
		values = append(values, string(value))
		if !h.take(name, values[len(values)-1:len(values):len(values)]) {
			return h, false
		}
	}
	h.likeHTTP10()
	return h, len(rest) == 0 && h.host != ""
}

// take adds a field. It is not ok for one that makes a request more than plain.
func (h *head) take(name string, list []string) (ok bool) {
	value := list[0]
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

// usualMethod is the method if it is one of the seven that applications use, else "".
func usualMethod(m []byte) string {
	switch string(m) {
	case "GET":
		return http.MethodGet
	case "HEAD":
		return http.MethodHead
	case "POST":
		return http.MethodPost
	case "PUT":
		return http.MethodPut
	case "PATCH":
		return http.MethodPatch
	case "DELETE":
		return http.MethodDelete
	case "OPTIONS":
		return http.MethodOptions
	}
	return ""
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
func field(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return "", nil, false
	}
	value = trim(line[colon+1:])
	if name, ok = usualNames[string(line[:colon])]; ok {
		return name, value, isText(value)
	}
	for i := range colon {
		if kinds[line[i]]&inName == 0 {
			return "", nil, false
		}
	}
	return http.CanonicalHeaderKey(string(line[:colon])), value, isText(value)
}

// trim takes spaces and tabs from both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// isText refuses control characters. Eight bytes are looked at in one go: bytes below 0x20, and
// 0x7f once it is zero, borrow from their own high bit, which they have not set.
func isText[T string | []byte](s T) bool {
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
func isPath(s []byte) bool {
	if len(s) == 0 || s[0] != '/' || len(s) > 1 && s[1] == '/' {
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
func isHost(s []byte) bool {
	for i := range len(s) {
		if kinds[s[i]]&inHost == 0 {
			return false
		}
	}
	return len(s) > 0
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

// usualNames are names of fields as clients write them, and their canonical form.
var usualNames = makeUsualNames()

func makeUsualNames() map[string]string {
	names := map[string]string{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection", "Content-Length",
		"Content-Type", "Cookie", "Dnt", "Host", "If-Modified-Since", "If-None-Match", "Next-Router-State-Tree", "Next-Url",
		"Origin", "Pragma", "Priority", "Referer", "Rsc", "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform",
		"Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Upgrade-Insecure-Requests", "User-Agent",
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Uri", "X-Real-Ip",
	} {
		names[name], names[strings.ToLower(name)] = name, name
	}
	for _, name := range []string{"DNT", "RSC", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "X-Real-IP"} {
		names[name] = http.CanonicalHeaderKey(name)
	}
	return names
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
