package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// Bounds for the head of an answer, and for the trailers of one.
const (
	maxHeadBytes = 64 << 10
	maxHeadLines = 200
)

// errNothing wraps the error of a connection that ended before the first byte of an answer.
var errNothing = errors.New("gateway: upstream: no answer")

type nothingError struct{ error }

func (e nothingError) Is(target error) bool { return target == errNothing }
func (e nothingError) Unwrap() error        { return e.error }

// malformed is an answer that has no single meaning. It is refused, never repaired: what
// one program repairs another reads in another way.
func malformed(what string) *carryError {
	return &carryError{Status: http.StatusBadGateway, Kind: "answer", Err: errors.New("gateway: upstream: " + what)}
}

// A field is one line of a head. Name is in canonical form.
type field struct{ name, value string }

// A head is the status line and the fields of an answer.
type head struct {
	status  int
	oldHTTP bool // HTTP/1.0
	fields  []field
	length  int64 // of the body as declared, -1 if it is not
	chunked bool
	close   bool // the connection is not to be used again
	keep    int  // seconds of a Keep-Alive hint, or 0

	connection []string // the values of Connection
	upgrade    string
	trailer    bool // trailers are announced
	events     bool // text/event-stream
}

// readHead reads the next head. The head and its fields live until the next call.
func (c *conn) readHead() (*head, error) {
	raw, err := c.rawHead()
	if err != nil {
		return nil, err
	}
	h := &head{length: -1, fields: c.fields[:0]}
	if bad := h.parse(raw); bad != nil {
		return nil, bad
	}
	c.fields = h.fields
	return h, nil
}

// rawHead returns the bytes up to and with the empty line.
func (c *conn) rawHead() (string, error) {
	if _, err := c.br.Peek(1); err != nil {
		return "", nothingError{err}
	}
	for searched := 0; ; {
		have, _ := c.br.Peek(c.br.Buffered())
		// Something else than HTTP is refused as soon as it speaks, not when it falls silent.
		if start := have[:min(len(have), 7)]; string(start) != "HTTP/1."[:len(start)] {
			return "", malformed("not an answer in HTTP/1")
		}
		if at := bytes.Index(have[searched:], []byte("\r\n\r\n")); at >= 0 {
			end := searched + at + 4
			raw := string(have[:end])
			c.br.Discard(end)
			return raw, nil
		}
		if bareLF(have[max(0, searched-1):]) {
			return "", errBareLF
		}
		if len(have) == c.br.Size() {
			return c.longHead()
		}
		searched = max(0, len(have)-3)
		if _, err := c.br.Peek(len(have) + 1); err != nil {
			return "", err
		}
	}
}

// errBareLF: RFC 9112 section 2.2 lets one take a LF without CR for the end of a line. Who
// does so ends a head where another goes on reading, so it is refused, and at once, since the
// empty line that a head ends with would never come.
var errBareLF = malformed("a line that ends without CR")

// bareLF finds a LF without CR, but for the first byte.
func bareLF(have []byte) bool {
	for i, c := range have {
		if c == '\n' && i > 0 && have[i-1] != '\r' {
			return true
		}
	}
	return false
}

// longHead is for a head that does not fit into the buffer.
func (c *conn) longHead() (string, error) {
	var all []byte
	for {
		line, err := c.br.ReadSlice('\n')
		all = append(all, line...)
		if len(all) > maxHeadBytes {
			return "", malformed("the header is too large")
		}
		if bareLF(all[max(0, len(all)-2):]) {
			return "", errBareLF
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
		if bytes.HasSuffix(all, []byte("\r\n\r\n")) {
			return string(all), nil
		}
	}
}

func (h *head) parse(raw string) *carryError {
	line, rest, _ := strings.Cut(raw, "\r\n")
	if err := h.parseStatus(line); err != nil {
		return err
	}
	for rest != "\r\n" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		f, ok := parseField(line)
		if !ok {
			return malformed("a malformed header line")
		}
		if len(h.fields) == maxHeadLines {
			return malformed("too many header lines")
		}
		h.fields = append(h.fields, f)
		if err := h.note(f); err != nil {
			return err
		}
	}
	return h.settle()
}

// parseStatus reads RFC 9112 section 4. The blank before an empty reason may be missing.
func (h *head) parseStatus(line string) *carryError {
	version, rest, ok := strings.Cut(line, " ")
	switch {
	case !ok, version != "HTTP/1.1" && version != "HTTP/1.0",
		len(rest) < 3, len(rest) > 3 && rest[3] != ' ', !isFieldValue(rest):
		return malformed("a malformed status line")
	}
	for i := range 3 {
		if rest[i] < '0' || rest[i] > '9' {
			return malformed("a malformed status line")
		}
		h.status = h.status*10 + int(rest[i]-'0')
	}
	if h.status < 100 {
		return malformed("a status below 100")
	}
	h.oldHTTP = version == "HTTP/1.0"
	return nil
}

// parseField reads one line. A folded line, a blank before the colon and a lone CR or LF
// are among the names and values that it refuses (RFC 9112 sections 2.2, 5.1 and 5.2).
func parseField(line string) (field, bool) {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !isToken(name) {
		return field{}, false
	}
	value = strings.Trim(value, " \t")
	return field{textproto.CanonicalMIMEHeaderKey(name), value}, isFieldValue(value)
}

// note keeps what the fields say about the message itself.
func (h *head) note(f field) *carryError {
	switch f.name {
	case "Content-Length":
		if h.length >= 0 {
			return malformed("two lengths")
		}
		n, ok := parseLength(f.value)
		if !ok {
			return malformed("a malformed length")
		}
		h.length = n
	case "Transfer-Encoding":
		// Only chunked is understood, so a second line or a list is unknown as well.
		if h.chunked || !strings.EqualFold(f.value, "chunked") {
			return malformed("an unknown transfer coding")
		}
		h.chunked = true
	case "Connection":
		h.connection = append(h.connection, f.value)
	case "Keep-Alive":
		h.keep = keepHint(f.value)
	case "Upgrade":
		h.upgrade = joined(h.upgrade, f.value)
	case "Trailer":
		h.trailer = true
	case "Content-Type":
		media, _, _ := strings.Cut(f.value, ";")
		h.events = strings.EqualFold(strings.TrimSpace(media), "text/event-stream")
	}
	return nil
}

func joined(list, more string) string {
	if list == "" {
		return more
	}
	return list + ", " + more
}

func (h *head) settle() *carryError {
	// RFC 9112 section 6.3: such an answer might be an attempt to split answers.
	if h.chunked && (h.length >= 0 || h.oldHTTP) {
		return malformed("two ways to find the end of the body")
	}
	h.close = h.close || h.oldHTTP || h.listed("close")
	return nil
}

// listed tells whether Connection names token.
func (h *head) listed(token string) bool {
	for _, value := range h.connection {
		if hasToken(value, token) {
			return true
		}
	}
	return false
}

func hasToken(list, token string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
	}
	return false
}

// parseLength reads digits only: no sign, no list, nothing that overflows.
func parseLength(s string) (int64, bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// keepHint reads timeout out of "timeout=5, max=100". It is a hint, so anything else is 0.
func keepHint(value string) int {
	for item := range strings.SplitSeq(value, ",") {
		name, seconds, _ := strings.Cut(strings.TrimSpace(item), "=")
		if n, ok := parseLength(seconds); ok && n < 1<<20 && strings.EqualFold(name, "timeout") {
			return int(n)
		}
	}
	return 0
}
