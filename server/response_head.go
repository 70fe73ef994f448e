package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

// A form is how an answer is written.
type form struct {
	body     bool // the status has one
	typed    bool // the type is told, or not to be guessed
	measured bool // there is a Content-Length, if only one that cannot be used
	sized    bool // and the body is as long as it says
	coded    bool // there is a Transfer-Encoding
	identity bool // the body ends with the connection, as the handler asked
	chunked  bool
	trailed  bool // there may be trailers
	dated    bool
	ended    bool // the head is
	last     bool // the connection is closed afterwards

	codings []string // Transfer-Encoding, and
	options []string // Connection, of the handler: written when the head is ended
}

// takeHeader writes the status line and the fields of the handler. What depends on the body is
// left to endHead.
func (w *response) takeHeader(status int) {
	w.status = status
	f := &w.form
	f.body = status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
	f.last = f.last || w.c.s.closing.Load()
	w.buffer = outBuffers.Get().(*[]byte)
	w.out = appendStatus((*w.buffer)[:0], status)
	coding := firstValue(w.header["Transfer-Encoding"])
	w.length = w.declared()
	f.sized = w.length >= 0 && (coding == "" || coding == "identity")
	f.coded, f.typed = coding != "", coding != ""
	for name, values := range w.header {
		if !w.ours(name, values) {
			w.out = appendField(w.out, name, values)
		}
	}
	f.identity = coding == "identity" && !f.sized && f.body && !w.head
	if f.sized && f.body {
		w.out = appendLength(w.out, w.length)
	}
	if !f.dated {
		w.out = appendDate(w.out, time.Now())
	}
}

// ours looks at a field of the handler. It is true for one that is written in another way, or
// not at all.
func (w *response) ours(name string, values []string) bool {
	f := &w.form
	switch name {
	case "Content-Length":
		f.measured = true
		return true
	case "Transfer-Encoding":
		f.codings = slices.Clone(values)
		return true
	case "Connection":
		f.options = slices.Clone(values)
		f.last = f.last || firstValue(values) == "close"
		return true
	case "Content-Type":
		f.typed = true
		return w.status == http.StatusNotModified
	case "Content-Encoding":
		f.typed = f.typed || firstValue(values) != ""
	case "Date":
		f.dated = true
	case "Trailer":
		w.announce(values)
	default:
		if strings.HasPrefix(name, http.TrailerPrefix) {
			f.trailed = true
			return true
		}
	}
	return false
}

// announce keeps the names of trailers, but for those of fields that belong into the head
// (RFC 9110 section 6.5.1).
func (w *response) announce(values []string) {
	for _, list := range values {
		w.form.trailed = true
		for name := range strings.SplitSeq(list, ",") {
			if name = http.CanonicalHeaderKey(strings.Trim(name, " \t\r\n")); name != "" && httpguts.ValidTrailerHeader(name) {
				w.announced = append(w.announced, name)
			}
		}
	}
}

// saysClose finds close in a list.
func saysClose(value string) bool {
	for part := range strings.SplitSeq(value, ",") {
		if strings.EqualFold(strings.Trim(part, " \t"), "close") {
			return true
		}
	}
	return false
}

// declared is the Content-Length of the handler, -1 for none that can be used.
func (w *response) declared() int64 {
	value := firstValue(w.header["Content-Length"])
	if value == "" {
		return -1
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		w.c.s.logf("http: invalid Content-Length of %q", value)
		return -1
	}
	return n
}

func firstValue(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// endHead writes what depends on the body, of which sample is the beginning, or all there is
// if the handler is done.
func (w *response) endHead(sample []byte, done bool) {
	f := &w.form
	f.ended = true
	if w.length >= 0 && !f.sized {
		w.c.s.logf("http: WriteHeader called with both Transfer-Encoding of %q and a Content-Length of %d", f.codings[0], w.length)
	}
	if done && f.body && !f.measured && !f.coded && !f.trailed && (!w.head || len(sample) > 0) {
		w.length, f.sized = int64(len(sample)), true
		w.out = appendLength(w.out, w.length)
	}
	if f.body && !f.typed && len(sample) > 0 {
		w.out = append(w.out, "Content-Type: "...)
		w.out = append(append(w.out, http.DetectContentType(sample)...), "\r\n"...)
	}
	if f.body && !w.head && !f.sized {
		if f.chunked = !f.identity; f.chunked {
			if firstValue(f.codings) != "chunked" {
				w.out = appendField(w.out, "Transfer-Encoding", f.codings)
			}
			w.out = append(w.out, "Transfer-Encoding: chunked\r\n"...)
		} else {
			f.last = true
		}
	}
	w.appendConnection()
	w.out = append(w.out, "\r\n"...)
}

// appendConnection says that the connection is closed, if the handler does not say so itself
// and has not switched to another protocol.
func (w *response) appendConnection() {
	f := &w.form
	switched := w.status == http.StatusSwitchingProtocols && httpguts.HeaderValuesContainsToken(f.options, "Upgrade")
	if f.last && !switched && !saysClose(firstValue(f.options)) {
		w.out = append(w.out, "Connection: close\r\n"...)
		return
	}
	w.out = appendField(w.out, "Connection", f.options)
}

// inform sends an answer before the answer (RFC 9110 section 15.2).
func (w *response) inform(status int) {
	w.out = appendStatus(w.out[:0], status)
	for name, values := range w.header {
		if name != "Content-Length" && name != "Transfer-Encoding" {
			w.out = appendField(w.out, name, values)
		}
	}
	w.out = append(w.out, "\r\n"...)
	w.send()
}

// trailers are the fields that come after a chunked body: those that the header announced, and
// those under [http.TrailerPrefix].
func (w *response) trailers(to []byte) []byte {
	for name, values := range w.header {
		if bare, ok := strings.CutPrefix(name, http.TrailerPrefix); ok {
			to = appendField(to, bare, values)
		}
	}
	for _, name := range w.announced {
		to = appendField(to, name, w.header[name])
	}
	return to
}

func appendStatus(to []byte, status int) []byte {
	if status == http.StatusOK {
		return append(to, "HTTP/1.1 200 OK\r\n"...)
	}
	text := http.StatusText(status)
	if text == "" {
		text = "status code " + strconv.Itoa(status)
	}
	to = strconv.AppendInt(append(to, "HTTP/1.1 "...), int64(status), 10)
	return append(append(append(to, ' '), text...), "\r\n"...)
}

// appendField leaves out a field that has no name that could be sent.
func appendField(to []byte, name string, values []string) []byte {
	for i := range len(name) {
		if kinds[name[i]]&inName == 0 {
			return to
		}
	}
	if name == "" {
		return to
	}
	for _, value := range values {
		if !isText(value) {
			value = breaks.Replace(value)
		}
		to = append(append(to, name...), ": "...)
		to = append(append(to, strings.Trim(value, " \t")...), "\r\n"...)
	}
	return to
}

// breaks makes one line of a value.
var breaks = strings.NewReplacer("\r", " ", "\n", " ")

func appendLength(to []byte, n int64) []byte {
	to = strconv.AppendInt(append(to, "Content-Length: "...), n, 10)
	return append(to, "\r\n"...)
}

// A stamp is a date as it is written for a second.
type stamp struct {
	second int64
	line   string
}

var lastStamp atomic.Pointer[stamp]

func appendDate(to []byte, now time.Time) []byte {
	s := lastStamp.Load()
	if second := now.Unix(); s == nil || s.second != second {
		s = &stamp{second, "Date: " + now.UTC().Format(http.TimeFormat) + "\r\n"}
		lastStamp.Store(s)
	}
	return append(to, s.line...)
}
