package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// appendFrame is RFC 6455 section 5.2; the mask is all ones where there is one.
func appendFrame(b []byte, op byte, payload []byte, masked bool) []byte {
	mask := byte(0)
	if masked {
		mask = 0x80
	}
	b = append(b, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		b = append(b, mask|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), uint64(n))
	}
	if !masked {
		return append(b, payload...)
	}
	b = append(b, 0xff, 0xff, 0xff, 0xff)
	for _, c := range payload {
		b = append(b, ^c)
	}
	return b
}

func readFrame(br *bufio.Reader) (op byte, payload []byte, err error) {
	var f frames
	for f.have == 0 || f.have < f.size() {
		c, err := br.ReadByte()
		if err != nil {
			return 0, nil, err
		}
		f.head[f.have] = c
		f.have++
	}
	payload = make([]byte, f.payload())
	if _, err := io.ReadFull(br, payload); err != nil {
		return 0, nil, err
	}
	if f.head[1]&0x80 != 0 {
		mask := f.head[f.size()-4 : f.size()]
		for i := range payload {
			payload[i] ^= mask[i%4]
		}
	}
	return f.head[0] & 0x0f, payload, nil
}

const switched = "HTTP/1.1 101 Switching Protocols\r\nconnection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

// A socketUpstream switches and lets play have the connection.
func socketUpstream(t *testing.T, play func(net.Conn, *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			br := bufio.NewReader(c)
			r, err := http.ReadRequest(br)
			if err == nil && r.Header.Get("Upgrade") == "websocket" && r.Header.Get("Connection") == "Upgrade" {
				play(c, br)
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func echoFrames(c net.Conn, br *bufio.Reader) {
	io.WriteString(c, switched)
	for {
		op, payload, err := readFrame(br)
		if err != nil {
			return
		}
		c.Write(appendFrame(nil, op, payload, false))
		if op == 8 {
			return
		}
	}
}

// A socketFront is a front whose sockets end with a cause of the test.
type socketFront struct {
	*front
	end context.CancelCauseFunc
}

func newSocketFront(t *testing.T, upstreamURL string) *socketFront {
	ctx, cancel := context.WithCancelCause(context.Background())
	s := &socketFront{end: cancel}
	s.front = newFront(t, upstreamURL, upstreamOptions{}, func(r *http.Request, out *outgoing) *http.Request {
		out.Upgrade = "websocket"
		out.Edit = func(status int, h http.Header, _ func() context.CancelCauseFunc) {
			h.Set("X-Edit", fmt.Sprint(status))
			h.Del("X-Up")
		}
		return r.WithContext(ctx)
	})
	t.Cleanup(func() {
		cancel(nil)
		eventually(t, "the end of all tunnels", func() bool { return s.u.stats().Open == 0 })
	})
	return s
}

// dialSocket shakes hands and sends more in the same packet.
func (s *socketFront) dialSocket(t *testing.T, more string) (*net.TCPConn, *bufio.Reader, *http.Response) {
	t.Helper()
	c, err := net.Dial("tcp", s.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"+more)
	br := bufio.NewReader(c)
	resp, err := http.ReadResponse(br, &http.Request{Method: "GET"})
	if err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn), br, resp
}

func TestTunnelEchoes(t *testing.T) {
	goroutinesReturn(t)
	s := newSocketFront(t, socketUpstream(t, echoFrames))
	// The first frame comes with the handshake.
	c, br, resp := s.dialSocket(t, string(appendFrame(nil, 1, []byte("early"), true)))
	if resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" ||
		resp.Header.Get("Upgrade") != "websocket" || resp.Header.Get("Connection") != "Upgrade" || resp.Header.Get("X-Edit") != "101" {
		t.Fatalf("%v", resp)
	}
	if _, got, err := readFrame(br); string(got) != "early" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	for _, size := range []int{0, 1, 125, 126, 1 << 11, 1<<16 - 1, 1 << 16, 1 << 20} {
		want := bytes.Repeat([]byte("z"), size)
		go c.Write(appendFrame(nil, 2, want, true))
		if op, got, err := readFrame(br); op != 2 || !bytes.Equal(got, want) || err != nil {
			t.Fatalf("%d bytes: %d, %d, %v", size, op, len(got), err)
		}
	}
	c.Write(appendFrame(nil, 8, []byte{3, 232}, true))
	if op, got, err := readFrame(br); op != 8 || !bytes.Equal(got, []byte{3, 232}) || err != nil {
		t.Errorf("%d %q, %v", op, got, err)
	}
	if _, err := br.ReadByte(); err != io.EOF {
		t.Errorf("behind the close frame: %v", err)
	}
}

func TestTunnelPassesTheUpstreamsFirstFrame(t *testing.T) {
	s := newSocketFront(t, socketUpstream(t, func(c net.Conn, br *bufio.Reader) {
		c.Write(appendFrame([]byte(switched), 1, []byte("hello"), false))
		io.Copy(io.Discard, br)
	}))
	_, br, _ := s.dialSocket(t, "")
	if _, got, err := readFrame(br); string(got) != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTunnelRefusesOtherSwitches(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		status       int
	}{
		{"a refusal", "HTTP/1.1 403 Forbidden\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno", 403},
		{"another protocol", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 502},
		{"two protocols", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n", 502},
		{"no protocol", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n", 502},
		{"not in Connection", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 502},
		{"with a length", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n", 502},
		{"in HTTP/1.0", "HTTP/1.0 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 502},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSocketFront(t, socketUpstream(t, func(c net.Conn, br *bufio.Reader) {
				io.WriteString(c, test.answer)
				io.Copy(io.Discard, br)
			}))
			_, _, resp := s.dialSocket(t, "")
			if resp.StatusCode != test.status || resp.Header.Get("Upgrade") != "" {
				t.Errorf("%v", resp)
			}
		})
	}
}

func TestTunnelNeedsAConnectionOfItsOwn(t *testing.T) {
	s := newSocketFront(t, socketUpstream(t, echoFrames))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/ws", nil))
	if w.Code != 502 || w.Header().Get("X-Kind") != "upgrade" || w.Header().Get("X-Edit") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// TestF13_SocketsAreClosedInGoodOrder: between two frames there is a close frame, inside of
// one there is none.
func TestF13_SocketsAreClosedInGoodOrder(t *testing.T) {
	goroutinesReturn(t)
	text := appendFrame(nil, 1, []byte("hello"), false)
	for _, test := range []struct {
		name  string
		first []byte // what the client has got
		rest  []byte // what the upstream sends when it learns of the end
		cause error
		want  []byte // what the client gets until the end of the connection
	}{
		{"signed out, between frames", text, nil, tunnelEnd{4401, "signed out"}, []byte("\x88\x0c\x11\x31signed out")},
		{"over, wrapped", text, nil, fmt.Errorf("expired: %w", tunnelEnd{1008, ""}), []byte("\x88\x02\x03\xf0")},
		{"the server stops", text, nil, errors.New("stop"), []byte("\x88\x02\x03\xe9")},
		{"before the first frame", nil, nil, tunnelEnd{1001, ""}, []byte("\x88\x02\x03\xe9")},
		{"a reason that is too long", text, nil, tunnelEnd{1008, repeat("a", 122) + "é"}, append([]byte("\x88\x7c\x03\xf0"), repeat("a", 122)...)},
		{"inside of a frame that ends", text[:4], text[4:], tunnelEnd{1008, ""}, append(bytes.Clone(text[4:]), "\x88\x02\x03\xf0"...)},
		{"inside of a frame that does not end", text[:4], nil, tunnelEnd{1008, ""}, nil},
		{"inside of a head", text[:1], nil, tunnelEnd{1008, ""}, nil},
		{"the upstream has closed", []byte("\x88\x02\x03\xe8"), nil, tunnelEnd{1008, ""}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // two of them wait for a second
			ended := make(chan struct{})
			s := newSocketFront(t, socketUpstream(t, func(c net.Conn, br *bufio.Reader) {
				io.WriteString(c, switched)
				c.Write(test.first)
				<-ended
				c.Write(test.rest)
				io.Copy(io.Discard, br)
			}))
			c, br, resp := s.dialSocket(t, "")
			first := make([]byte, len(test.first))
			if _, err := io.ReadFull(br, first); err != nil || resp.StatusCode != 101 {
				t.Fatal(resp, err)
			}
			s.end(test.cause)
			close(ended)
			if got, err := io.ReadAll(br); !bytes.Equal(got, test.want) {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
			c.Close()
			eventually(t, "the end of the tunnel", func() bool { return s.u.stats().Open == 0 })
		})
	}
}

// A client that does not stop sending gets the close frame all the same.
func TestTunnelClosesUnderLoad(t *testing.T) {
	goroutinesReturn(t)
	s := newSocketFront(t, socketUpstream(t, func(c net.Conn, br *bufio.Reader) {
		io.WriteString(c, switched)
		go io.Copy(io.Discard, br)
		// No piece ends where a frame does, so that reading on is never right by chance.
		frame := appendFrame(nil, 2, make([]byte, 1<<20+3), false)
		frames := append(frame, frame...)
		for at := 0; ; at = (at + 700001) % len(frame) {
			if _, err := c.Write(frames[at:min(at+700001, len(frames))]); err != nil {
				return
			}
		}
	}))
	c, br, _ := s.dialSocket(t, "")
	var stop atomic.Bool
	defer stop.Store(true)
	go func() {
		for frame := appendFrame(nil, 2, make([]byte, 5000), true); !stop.Load(); {
			if _, err := c.Write(frame); err != nil {
				return
			}
		}
	}()
	for i := 0; ; i++ {
		op, payload, err := readFrame(br)
		if err != nil {
			t.Fatalf("after %d frames: %v", i, err)
		}
		if op == 8 {
			if want := []byte("\x11\x31bye"); !bytes.Equal(payload, want) {
				t.Errorf("%q", payload)
			}
			break
		}
		if op != 2 || len(payload) != 1<<20+3 {
			t.Fatalf("frame %d: %d, %d bytes", i, op, len(payload))
		}
		if i == 5 {
			s.end(tunnelEnd{4401, "bye"})
		}
	}
}

func TestTunnelHalfClose(t *testing.T) {
	goroutinesReturn(t)
	t.Run("the client ends first", func(t *testing.T) {
		s := newSocketFront(t, socketUpstream(t, func(c net.Conn, br *bufio.Reader) {
			io.WriteString(c, switched)
			all, _ := io.ReadAll(br)
			c.Write(all)
		}))
		c, br, _ := s.dialSocket(t, "")
		io.WriteString(c, "ping")
		c.CloseWrite()
		if got, err := io.ReadAll(br); string(got) != "ping" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("the upstream ends first", func(t *testing.T) {
		got := make(chan string, 1)
		s := newSocketFront(t, socketUpstream(t, func(c net.Conn, br *bufio.Reader) {
			c.Write(appendFrame([]byte(switched), 8, nil, false))
			c.(*net.TCPConn).CloseWrite()
			all, _ := io.ReadAll(br)
			got <- string(all)
		}))
		c, br, _ := s.dialSocket(t, "")
		if op, _, err := readFrame(br); op != 8 || err != nil {
			t.Fatal(op, err)
		}
		if _, err := br.ReadByte(); err != io.EOF {
			t.Fatal(err)
		}
		io.WriteString(c, "pong")
		c.Close()
		if all := <-got; all != "pong" {
			t.Errorf("%q", all)
		}
	})
	t.Run("the client is reset", func(t *testing.T) {
		gone := make(chan struct{})
		s := newSocketFront(t, socketUpstream(t, func(c net.Conn, br *bufio.Reader) {
			io.WriteString(c, switched)
			io.Copy(io.Discard, br)
			close(gone)
		}))
		c, _, _ := s.dialSocket(t, "")
		c.SetLinger(0)
		c.Close()
		<-gone
	})
}

func TestFramesFindsBoundaries(t *testing.T) {
	var stream []byte
	ends := map[int]bool{0: true}
	for _, size := range []int{0, 1, 125, 126, 1000, 1 << 16} {
		for _, masked := range []bool{false, true} {
			stream = appendFrame(stream, 2, make([]byte, size), masked)
			ends[len(stream)] = true
		}
	}
	for _, step := range []int{1, 2, 3, 1000} {
		var f frames
		for at := 0; ; {
			if f.boundary() != ends[at] {
				t.Fatalf("steps of %d, at %d: boundary %v", step, at, f.boundary())
			}
			if at == len(stream) {
				break
			}
			n := min(step, len(stream)-at, f.need())
			f.advance(stream[at : at+n])
			at += n
		}
		if f.closed {
			t.Error("a close frame was seen")
		}
	}
	var f frames
	f.advance([]byte(strings.Repeat("\x88\x00", 3)))
	if !f.closed || !f.boundary() {
		t.Error("a close frame was not seen")
	}
}
