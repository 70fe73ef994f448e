package gateway

import (
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answer passes the final answer on. It panics if the answer cannot be ended.
func (x *exchange) answer(h *head) {
	early := x.upload != nil && !x.upload.answer()
	header := x.w.Header()
	h.fill(header)
	length := h.lengthField()
	frame(header, length) // whoever edits may want to know how long the answer is
	if x.out.Edit != nil {
		x.out.Edit(h.status, header, x.endable)
		frame(header, length)
	}
	if early && x.r.ProtoMajor == 1 {
		// The rest of the body is still to come and may never be read. With close the server
		// does not wait for it before it writes, nor take it for the next request.
		header.Set("Connection", "close")
	}
	if h.keep > 0 {
		x.c.hint(h.keep)
	}
	x.w.WriteHeader(h.status)
	if x.bodyless(h) {
		x.whole = !h.close && !(h.status == http.StatusNoContent && h.length > 0)
		return
	}
	if err := x.passBody(h); err != nil {
		x.u.counts.errors.Add(1)
		panic(http.ErrAbortHandler)
	}
	x.whole = !h.close && (h.chunked || h.length >= 0)
}

// bodyless is RFC 9112 section 6.3, rule 1.
func (x *exchange) bodyless(h *head) bool {
	return x.out.Method == http.MethodHead || h.status == http.StatusNoContent || h.status == http.StatusNotModified
}

// fill puts the fields into header, without those that belong to the connection
// (RFC 9110 section 7.6.1).
func (h *head) fill(header http.Header) {
	values := make([]string, len(h.fields))
	for i, f := range h.fields {
		if hopByHop(f.name) || len(h.connection) > 0 && h.listed(f.name) {
			continue
		}
		values[i] = f.value
		if before, ok := header[f.name]; ok {
			header[f.name] = append(before, f.value)
			continue
		}
		header[f.name] = values[i : i+1 : i+1]
	}
	if h.trailer && h.chunked {
		h.announce(header)
	}
}

func hopByHop(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length":
		return true
	}
	return strings.HasPrefix(name, "Proxy-")
}

// announce keeps the names of trailers, so that the client is told of them.
func (h *head) announce(header http.Header) {
	for _, f := range h.fields {
		if f.name != "Trailer" {
			continue
		}
		for name := range strings.SplitSeq(f.value, ",") {
			if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); isToken(name) && trailerAllowed(name) {
				header.Add("Trailer", name)
			}
		}
	}
}

// lengthField is the value of Content-Length, nil for none.
func (h *head) lengthField() []string {
	if h.length < 0 || h.status == http.StatusNoContent {
		return nil
	}
	return []string{strconv.FormatInt(h.length, 10)}
}

// frame says what the server has to know about the body.
func frame(header http.Header, length []string) {
	delete(header, "Content-Length")
	if length != nil {
		header["Content-Length"] = length
	}
	if _, ok := header["Content-Type"]; !ok {
		header["Content-Type"] = nil // or the server would guess one
	}
}

// passHints writes an answer 103. Edit does not see it, so only Link is taken over.
func (x *exchange) passHints(h *head) {
	if !x.r.ProtoAtLeast(1, 1) {
		return
	}
	var links []string
	for _, f := range h.fields {
		if f.name == "Link" {
			links = append(links, f.value)
		}
	}
	if links == nil {
		return
	}
	header := x.w.Header()
	saved := maps.Clone(header)
	clear(header)
	header["Link"] = links
	x.w.WriteHeader(http.StatusEarlyHints)
	clear(header)
	maps.Copy(header, saved)
}

// passBody passes the body on. Any error means that it is not whole.
func (x *exchange) passBody(h *head) error {
	if h.length >= 0 && !h.events {
		return x.passKnown(h.length)
	}
	s := x.stream()
	defer s.release()
	switch {
	case h.length >= 0:
		return s.pass(io.LimitReader(x.c.br, h.length), h.length)
	case !h.chunked:
		return s.pass(x.c.br, -1)
	}
	body := chunks{br: x.c.br}
	if err := s.pass(&body, -1); err != nil {
		return err
	}
	x.passTrailers(h, body.trailers)
	return nil
}

// passTrailers sets the trailers, those that were announced by their own names.
func (x *exchange) passTrailers(h *head, trailers []field) {
	if len(trailers) == 0 {
		return
	}
	header := x.w.Header()
	announced := header["Trailer"]
	// A short body is still in the server's hands, and without this it would be sent with a
	// length and no trailers.
	http.NewResponseController(x.w).Flush()
	came := http.Header{}
	for _, f := range trailers {
		if trailerAllowed(f.name) && !h.listed(f.name) {
			came[f.name] = append(came[f.name], f.value)
		}
	}
	if x.out.EditTrailer != nil {
		x.out.EditTrailer(came)
	}
	for name, values := range came {
		if !slices.Contains(announced, name) {
			name = http.TrailerPrefix + name
		}
		header[name] = append(header[name], values...)
	}
}

// trailerAllowed refuses what would change the meaning of what was passed before
// (RFC 9110 section 6.5.1), and cookies, which Edit has not seen.
func trailerAllowed(name string) bool {
	switch name {
	case "Host", "Authorization", "Www-Authenticate", "Location", "Cache-Control", "Expires", "Date", "Vary", "Age", "Set-Cookie":
		return false
	}
	return !hopByHop(name) && !strings.HasPrefix(name, "Content-") && !strings.HasPrefix(name, "Access-Control-")
}

// A body from spliceFrom on goes from socket to socket, in pieces so that the deadline of
// the writes moves with them: twice the stall timeout for each, which is 9 KB/s.
const (
	spliceFrom  = 64 << 10
	splicePiece = 512 << 10
)

// passKnown passes n bytes on: what the buffer holds in one write, the rest from socket to
// socket where both are plain TCP.
func (x *exchange) passKnown(n int64) error {
	if here := min(n, int64(x.c.br.Buffered())); here > 0 {
		p, _ := x.c.br.Peek(int(here))
		if _, err := x.w.Write(p); err != nil {
			return err
		}
		x.c.br.Discard(int(here))
		n -= here
	}
	if n == 0 {
		return nil
	}
	s := x.stream()
	defer s.release()
	s.flushes = false
	tcp, plain := x.c.stream.(*net.TCPConn)
	to, direct := x.w.(io.ReaderFrom)
	if n < spliceFrom || !plain || !direct {
		return s.pass(io.LimitReader(x.c.br, n), n)
	}
	s.stall *= 2
	for n > 0 {
		s.touch()
		piece := io.LimitedReader{R: tcp, N: min(n, splicePiece)}
		written, err := to.ReadFrom(&piece)
		if n -= written; err != nil {
			return err
		}
		if piece.N > 0 || written == 0 {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// stream prepares the exchange for a body that takes its time.
func (x *exchange) stream() *stream {
	x.watch()
	if x.upload == nil {
		x.c.setDeadline(time.Time{})
	}
	return newStream(x.w, x.c, x.u.o.StallTimeout)
}
