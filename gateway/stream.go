package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// A stream passes a body of any length on through one buffer. What was passed is flushed
// before the next read may wait, so an event arrives when it is sent.
type stream struct {
	w       http.ResponseWriter
	c       *conn
	control *http.ResponseController
	stall   time.Duration
	moved   time.Time // when the deadline was moved last
	flushes bool
	pending bool // written and not flushed
}

func newStream(w http.ResponseWriter, c *conn, stall time.Duration) *stream {
	s := &stream{w: w, c: c, control: http.NewResponseController(w), stall: stall, flushes: true, pending: true}
	c.beforeRead = s.flush
	return s
}

func (s *stream) release() { s.c.beforeRead = nil }

func (s *stream) flush() {
	if s.flushes && s.pending {
		s.pending = false
		s.touch()
		s.control.Flush()
	}
}

// touch moves the deadline for writes to the client: a whole answer may take any time, one
// write may not.
func (s *stream) touch() {
	now := time.Now()
	if now.Sub(s.moved) >= s.stall/8 {
		s.moved = now
		s.control.SetWriteDeadline(now.Add(s.stall))
	}
}

// pass copies src, which reads from the connection's buffer, until its end, or n bytes if n
// is not negative.
func (s *stream) pass(src io.Reader, n int64) error {
	var buffer *[32 << 10]byte
	defer func() { s.lend(&buffer, false) }()
	for busy := false; n != 0; {
		if !busy && s.c.br.Buffered() == 0 {
			// A quiet stream waits without a buffer of its own. An error here comes again.
			s.lend(&buffer, false)
			s.c.br.Peek(1)
		}
		s.lend(&buffer, true)
		got, err := src.Read(buffer[:])
		busy = got >= readBuffer
		if got > 0 {
			s.touch()
			s.pending = true
			if _, err := s.w.Write(buffer[:got]); err != nil {
				return err
			}
		}
		if n > 0 {
			n -= int64(got)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if n > 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// lend gets a buffer if there is none, or gives it back.
func (*stream) lend(buffer **[32 << 10]byte, wanted bool) {
	switch {
	case wanted && *buffer == nil:
		*buffer = copyBuffers.Get().(*[32 << 10]byte)
	case !wanted && *buffer != nil:
		copyBuffers.Put(*buffer)
		*buffer = nil
	}
}

// chunks reads a chunked body (RFC 9112 section 7.1) strictly: CRLF and nothing else ends a
// line, a size is digits, extensions are short and dropped.
type chunks struct {
	br       *bufio.Reader
	left     int64 // of the chunk
	inside   bool  // the CRLF behind a chunk is still to be read
	done     bool
	trailers []field
}

var errChunk = errors.New("gateway: upstream: a malformed chunk")

// maxChunkLine is for the size and the extensions of a chunk, or for a piece of a trailer.
const maxChunkLine = 256

func (c *chunks) Read(p []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if c.left == 0 {
		if err := c.next(); err != nil {
			return 0, whole(err)
		}
		if c.done {
			return 0, io.EOF
		}
	}
	n, err := c.br.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err == nil && c.left == 0 && c.br.Buffered() >= 2 {
		// What is here already is read now, so that an empty buffer means that nothing is
		// under way. It is never waited for: the data goes first.
		err = c.endChunk()
	}
	return n, whole(err)
}

func (c *chunks) endChunk() error {
	line, err := c.line(2)
	if err == nil && len(line) != 0 {
		err = errChunk
	}
	c.inside = false
	return err
}

// whole is for an end where none may be.
func whole(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (c *chunks) next() error {
	if c.inside {
		if err := c.endChunk(); err != nil {
			return err
		}
	}
	line, err := c.line(maxChunkLine)
	if err != nil {
		return err
	}
	size, ok := chunkSize(line)
	if !ok {
		return errChunk
	}
	c.left, c.inside = size, true
	if size > 0 {
		return nil
	}
	return c.readTrailers()
}

// line reads up to CRLF, which it cuts off. The bytes live until the next read.
func (c *chunks) line(limit int) ([]byte, error) {
	line, err := c.br.ReadSlice('\n')
	if err == bufio.ErrBufferFull || len(line) > limit && err == nil {
		return nil, errChunk
	}
	if err != nil {
		return nil, err
	}
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return nil, errChunk
	}
	return line[:len(line)-2], nil
}

// chunkSize reads up to 15 hex digits, and lets an extension follow.
func chunkSize(line []byte) (size int64, ok bool) {
	digits, extension, extended := bytes.Cut(line, []byte(";"))
	if extended {
		digits = bytes.TrimRight(digits, " \t")
	}
	if len(digits) == 0 || len(digits) > 15 || !isFieldValue(string(extension)) {
		return 0, false
	}
	for _, d := range digits {
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d >= 'a' && d <= 'f':
			d -= 'a' - 10
		case d >= 'A' && d <= 'F':
			d -= 'A' - 10
		default:
			return 0, false
		}
		size = size<<4 | int64(d)
	}
	return size, true
}

func (c *chunks) readTrailers() error {
	for total := 0; ; {
		line, err := c.line(c.br.Size())
		if err != nil {
			return err
		}
		if len(line) == 0 {
			c.done = true
			return nil
		}
		f, ok := parseField(string(line))
		if total += len(line); !ok || total > maxHeadBytes || len(c.trailers) == maxHeadLines {
			return errChunk
		}
		c.trailers = append(c.trailers, f)
	}
}
