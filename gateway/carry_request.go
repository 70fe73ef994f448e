package gateway

import (
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

// isFieldValue refuses what could end a line or hide one (RFC 9110 section 5.5). Eight bytes
// are looked at in one go; only where one of them may be wrong, each by itself.
func isFieldValue(s string) bool {
	for len(s) >= 8 {
		if mayControl(s) && !isFieldText(s[:8]) {
			return false
		}
		s = s[8:]
	}
	return isFieldText(s)
}

func isFieldText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// mayControl tells whether one of the first eight bytes may be below 0x20 or 0x7f. Where it
// says no, none is: a byte that is too small, or 0x7f once that is zero, borrows from its
// own high bit, which it has not set itself.
func mayControl(s string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	low, del := (x-0x20*ones)&^x, x^0x7f*ones
	return (low|(del-ones)&^del)&highs != 0
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
	if out.Header == nil {
		return size, nil
	}
	for _, f := range out.Header.list {
		switch {
		case !isToken(f.name):
			return 0, unsendable("header name")
		case !isFieldValue(f.value):
			return 0, unsendable("header value")
		}
		size += len(f.name) + len(f.value) + 4
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
	out := x.out
	b := x.c.bw.AvailableBuffer() // what fits is made in its place
	b = append(b, out.Method...)
	b = append(b, ' ')
	b = append(b, x.u.base...)
	b = append(b, out.Target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, x.hostName()...)
	b = append(b, "\r\n"...)
	if out.Header != nil {
		for _, f := range out.Header.list {
			if !framingName(f.name) {
				b = appendField(b, f.name, f.value)
			}
		}
	}
	x.c.bw.Write(x.appendFraming(b))
}

// appendFraming writes what says how the body comes, and the end of the head.
func (x *exchange) appendFraming(b []byte) []byte {
	out := x.out
	switch {
	case out.Upgrade != "":
		b = append(appendField(b, "Connection", "Upgrade"), "Upgrade: "+out.Upgrade+"\r\n"...)
	case !out.hasBody():
		// RFC 9110 section 8.6: a method that expects a body says that there is none.
		if out.Method == http.MethodPost || out.Method == http.MethodPut || out.Method == http.MethodPatch {
			b = appendField(b, "Content-Length", "0")
		}
	case x.small != nil:
		b = appendField(b, "Content-Length", strconv.Itoa(len(x.small.bytes)))
	case out.Length < 0:
		b = appendField(b, "Transfer-Encoding", "chunked")
	default:
		b = appendField(b, "Content-Length", strconv.FormatInt(out.Length, 10))
	}
	if x.small == nil && out.expectsContinue() {
		b = appendField(b, "Expect", "100-continue")
	}
	return append(b, "\r\n"...)
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
	return out.hasBody() && out.Header != nil && strings.EqualFold(out.Header.Get("Expect"), "100-continue")
}

func appendField(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}
