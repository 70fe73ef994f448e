package server

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Sizes of the buffer of a connection, in bytes. A plain request fits into the larger one.
const (
	smallBuffer = 4 << 10
	largeBuffer = 16 << 10
)

var largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}

// bodyWait is how long the rest of a short body may take. A client that needs longer is for
// net/http, which hands a body out while it comes.
const bodyWait = 50 * time.Millisecond

// An exchange is a request and its answer. What it consists of is allocated in one piece, but
// for its context, which others may keep.
type exchange struct {
	r      *http.Request
	answer response
	life   *life
	body   shortBody
	url    url.URL
	values [usualFields]string
}

// tidy takes away what nobody may use once the request has ended: the body, and what a form
// has laid down on disk.
func (x *exchange) tidy() {
	x.body.Close()
	if x.r.MultipartForm != nil {
		x.r.MultipartForm.RemoveAll()
	}
}

// read takes the next request. It is nil where the connection has ended or was handed over.
func (c *conn) read() *exchange {
	c.now = time.Now()
	size, ok := c.whole()
	if !ok || !c.busy() {
		return nil
	}
	x := &exchange{}
	h, ok := readHead(c.buf[c.begin:c.begin+size], x.values[:0])
	if !ok || !h.urlOf(&x.url) {
		c.giveAway()
		return nil
	}
	body, ok := c.body(&x.body, size, int(h.length))
	if !ok {
		return nil
	}
	c.posted = h.method == http.MethodPost
	c.begin += size + int(h.length)
	c.writeWithin(c.s.HTTP.WriteTimeout, c.now)
	x.life = &life{c: c}
	x.answer.begin(c, x, h.method == http.MethodHead, h.close)
	x.r = (&http.Request{
		Method: h.method, URL: &x.url, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h.header, Body: body, ContentLength: h.length, Close: h.close,
		Host: h.host, RemoteAddr: c.remote, RequestURI: h.target,
	}).WithContext(x.life)
	return x
}

// whole waits for a head, and returns its length.
func (c *conn) whole() (size int, ok bool) {
	for looked, asked := 0, false; ; asked = true {
		if size = headEnd(c.buf[c.begin:c.end], looked); size >= 0 {
			if asked {
				c.now = time.Now()
			}
			break
		}
		if !asked && c.served {
			c.readWithin(firstOf(c.s.HTTP.ReadHeaderTimeout, c.s.HTTP.ReadTimeout), c.now)
		}
		looked = c.end - c.begin
		if !mayBePlain(c.buf[c.begin:c.end]) || c.tooLong(looked+1) || !c.makeRoom(looked+1) {
			c.giveAway()
			return 0, false
		}
		if err := c.readMore(); err == io.EOF && looked > 0 {
			c.giveAway() // net/http has an answer to half a request
			return 0, false
		} else if err != nil {
			return 0, false
		}
	}
	if c.tooLong(size) {
		c.giveAway()
		return 0, false
	}
	return size, true
}

// tooLong tells of a head that net/http may not take. It adds 4 KiB to what is allowed.
func (c *conn) tooLong(size int) bool {
	most := c.s.HTTP.MaxHeaderBytes
	return most > 0 && size-4<<10 > most
}

// mayBePlain looks at the beginning of a request whose head is not all here: whoever talks in
// another way is not kept waiting for the rest of it. It is asked again with each piece that
// comes, so the number of lines has an end here, too.
func mayBePlain(b []byte) bool {
	for i, n, line := 0, 0, b; ; n, line = n+1, line[i+1:] {
		if i = bytes.IndexByte(line, '\n'); i < 0 {
			break
		}
		if i == 0 || line[i-1] != '\r' || n > maxFields {
			return false
		}
	}
	line, _, whole := bytes.Cut(b, lineEnd)
	if whole {
		line, whole = bytes.CutSuffix(line, version)
		method, path, _ := bytes.Cut(line, space)
		return whole && usualMethod(method) != "" && isPath(path)
	}
	method, _, there := bytes.Cut(line, space)
	if there {
		return usualMethod(method) != ""
	}
	for i := range method {
		if method[i] < 'A' || method[i] > 'Z' {
			return false
		}
	}
	return len(method) <= len("OPTIONS")
}

// makeRoom makes the buffer hold size bytes of the request and more. It is false where that
// is too much.
func (c *conn) makeRoom(size int) bool {
	if c.begin+size <= len(c.buf) {
		return true
	}
	to := c.buf
	if size > len(to) {
		if size > largeBuffer || len(to) == largeBuffer {
			return false
		}
		c.large = largeBuffers.Get().(*[largeBuffer]byte)
		to = c.large[:]
	}
	c.end = copy(to, c.buf[c.begin:c.end])
	c.buf, c.begin = to, 0
	return true
}

// settle begins at the front of the buffer again with the little that is left. A client that is
// quiet, or waits for an answer that lasts, has a small one.
func (c *conn) settle() {
	c.begin, c.end = 0, copy(c.small[:], c.buf[c.begin:c.end])
	if c.large != nil {
		largeBuffers.Put(c.large)
		c.large, c.buf = nil, c.small[:]
	}
}

func (c *conn) readMore() error {
	n, err := c.tcp.Read(c.buf[c.end:])
	if c.end += n; n > 0 {
		return nil
	}
	return err
}

// body takes the body of a request whose head has size bytes. It is not ok where the rest of
// it does not come soon.
func (c *conn) body(to *shortBody, size, length int) (body io.ReadCloser, ok bool) {
	if length == 0 {
		return http.NoBody, true
	}
	if !c.makeRoom(size + length) {
		c.giveAway()
		return nil, false
	}
	if c.end-c.begin < size+length {
		c.readUntil = past
		c.tcp.SetReadDeadline(c.now.Add(bodyWait))
	}
	for c.end-c.begin < size+length {
		if c.readMore() != nil {
			c.giveAway()
			return nil, false
		}
	}
	at := c.begin + size
	to.left.Reset(bytes.Clone(c.buf[at : at+length]))
	return to, true
}

// A shortBody is a body that has come.
type shortBody struct {
	left   bytes.Reader
	closed atomic.Bool
}

func (b *shortBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.left.Read(p)
	if n > 0 && b.left.Len() == 0 {
		err = io.EOF // at once, as net/http has it
	}
	return n, err
}

// rest is what nobody has read, and nobody will find here any more.
func (b *shortBody) rest() []byte {
	if b.closed.Load() {
		return nil
	}
	rest := make([]byte, b.left.Len())
	b.left.Read(rest)
	return rest
}

func (b *shortBody) Close() error {
	b.closed.Store(true)
	return nil
}

// giveAway hands the connection over with all that came.
func (c *conn) giveAway() {
	if !c.busy() {
		return
	}
	c.handed = true
	c.tcp.SetDeadline(time.Time{})
	var to net.Conn = c.tcp
	if c.begin < c.end {
		to = &begun{TCPConn: c.tcp, before: bytes.Clone(c.buf[c.begin:c.end])}
	}
	c.to.handOver(to)
}
