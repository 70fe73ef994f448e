package gateway

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
)

// Octets of RFC 9110 section 5.6.2 (names), and of RFC 3986 as far as a request target may
// hold them. Bytes above 127 in a target are left to whoever judged it.
var nameByte, targetByte = byteSets()

func byteSets() (name, target [256]bool) {
	for b := range 256 {
		c := byte(b)
		alnum := c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		name[b] = alnum || c > 0 && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
		target[b] = c > ' ' && c != 0x7f && c != '#'
	}
	return name, target
}

func isToken(s string) bool {
	for i := range len(s) {
		if !nameByte[s[i]] {
			return false
		}
	}
	return s != ""
}

// isFieldValue refuses what could end a line or hide one (RFC 9110 section 5.5).
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func isWireTarget(s string) bool {
	for i := range len(s) {
		if !targetByte[s[i]] {
			return false
		}
	}
	return s != "" && s[0] == '/'
}

func isWireHost(s string) bool {
	for i := range len(s) {
		if c := s[i]; !targetByte[c] || c >= 0x80 || strings.IndexByte(`/\?@,"<>^{|}`+"`", c) >= 0 {
			return false
		}
	}
	return s != ""
}

// check refuses what could not be written without changing its meaning. The client's words
// were judged before, so this is the second lock, not the first. It returns what the head
// takes at most, without the upstream's base path and a host that is not out's own.
func (out *outgoing) check() (size int, bad *carryError) {
	switch {
	case !isToken(out.Method) || out.Method == http.MethodConnect:
		return 0, unsendable("method")
	case !isWireTarget(out.Target):
		return 0, unsendable("target")
	case out.Host != "" && !isWireHost(out.Host):
		return 0, unsendable("host")
	case out.Upgrade != "" && out.Upgrade != "websocket", out.Upgrade != "" && (out.Method != http.MethodGet || out.hasBody()):
		return 0, unsendable("upgrade")
	case out.Length < -1 || out.Length != 0 && out.Body == nil:
		return 0, unsendable("length")
	}
	size = len(out.Method) + len(out.Target) + len(out.Host) + 256 // what writeHead adds
	for name, values := range out.Header {
		if !isToken(name) {
			return 0, unsendable("header name")
		}
		for _, value := range values {
			if !isFieldValue(value) {
				return 0, unsendable("header value")
			}
			size += len(name) + len(value) + 4
		}
	}
	return size, nil
}

func unsendable(what string) *carryError {
	return &carryError{Status: http.StatusBadRequest, Kind: "request", Err: unsendableError(what)}
}

type unsendableError string

func (e unsendableError) Error() string {
	return "gateway: upstream: the " + string(e) + " cannot be sent"
}

// framingName tells whether a name belongs to the connection and not to the request, in any
// spelling: it is written by writeHead or by nobody.
func framingName(name string) bool {
	switch len(name) {
	case 2:
		return strings.EqualFold(name, "TE")
	case 4:
		return strings.EqualFold(name, "Host")
	case 6:
		return strings.EqualFold(name, "Expect")
	case 7:
		return strings.EqualFold(name, "Trailer") || strings.EqualFold(name, "Upgrade")
	case 10:
		return strings.EqualFold(name, "Connection") || strings.EqualFold(name, "Keep-Alive")
	case 14:
		return strings.EqualFold(name, "Content-Length")
	case 16:
		return strings.EqualFold(name, "Proxy-Connection")
	case 17:
		return strings.EqualFold(name, "Transfer-Encoding")
	}
	return false
}

// writeHead puts the request line and the header into the buffer. Errors stay in the
// buffer until it is flushed.
func (x *exchange) writeHead() {
	out, bw := x.out, x.c.bw
	bw.WriteString(out.Method)
	bw.WriteByte(' ')
	bw.WriteString(x.u.base)
	bw.WriteString(out.Target)
	bw.WriteString(" HTTP/1.1\r\nHost: ")
	bw.WriteString(x.hostName())
	bw.WriteString("\r\n")
	for name, values := range out.Header {
		if framingName(name) {
			continue
		}
		for _, value := range values {
			writeField(bw, name, value)
		}
	}
	switch {
	case out.Upgrade != "":
		bw.WriteString("Connection: Upgrade\r\nUpgrade: " + out.Upgrade + "\r\n")
	case !out.hasBody():
		// RFC 9110 section 8.6: a method that expects a body says that there is none.
		if out.Method == http.MethodPost || out.Method == http.MethodPut || out.Method == http.MethodPatch {
			bw.WriteString("Content-Length: 0\r\n")
		}
	case x.small != nil:
		writeField(bw, "Content-Length", strconv.Itoa(len(x.small.bytes)))
	case out.Length < 0:
		bw.WriteString("Transfer-Encoding: chunked\r\n")
	default:
		writeField(bw, "Content-Length", strconv.FormatInt(out.Length, 10))
	}
	if x.small == nil && out.expectsContinue() {
		bw.WriteString("Expect: 100-continue\r\n")
	}
	bw.WriteString("\r\n")
}

func (x *exchange) hostName() string {
	switch {
	case x.out.Host != "":
		return x.out.Host
	case x.u.o.PreserveHost && isWireHost(x.r.Host):
		return x.r.Host
	}
	return x.u.host
}

func (out *outgoing) expectsContinue() bool {
	return out.hasBody() && strings.EqualFold(out.Header.Get("Expect"), "100-continue")
}

func writeField(bw *bufio.Writer, name, value string) {
	bw.WriteString(name)
	bw.WriteString(": ")
	bw.WriteString(value)
	bw.WriteString("\r\n")
}
