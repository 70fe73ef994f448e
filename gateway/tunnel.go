package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// A tunnelEnd is the cause with which a context ends to close a WebSocket in good order:
// 1008 or 4401 when the session is over, 1001 when the server stops. Reason is sent to the
// client, cut at 123 bytes.
type tunnelEnd struct {
	Code   int
	Reason string
}

func (e tunnelEnd) Error() string { return "gateway: the socket was closed: " + e.Reason }

// Waits at the end of a tunnel.
const (
	frameWait  = time.Second      // for the rest of a frame, before the close frame
	farewell   = time.Second      // for the client to take the close frame
	lingerWait = 30 * time.Second // for the other direction, when one has ended
)

// checkSwitch refuses an answer 101 that does not switch to what was asked for.
func (x *exchange) checkSwitch(h *head) error {
	switch {
	case x.out.Upgrade == "":
		return malformed("a switch of protocols that nobody asked for")
	case !strings.EqualFold(h.upgrade, x.out.Upgrade) || !h.listed("Upgrade"):
		return malformed("a switch to another protocol")
	case h.length >= 0 || h.chunked || h.oldHTTP:
		return malformed("a switch of protocols with a body") // RFC 9110 section 8.6
	}
	return nil
}

// A tunnel is a WebSocket after its handshake. The client's frames are passed on unread;
// of the upstream's only the lengths are read, to know where a close frame may be put.
type tunnel struct {
	ctx      context.Context
	client   net.Conn
	upstream *conn
	stall    time.Duration

	fromClient, fromUpstream io.Reader

	frames  frames
	ending  atomic.Bool // the context has ended
	closing atomic.Bool // the client has got its close frame, or gets it now
}

// tunnel switches both sides and returns when the socket is closed.
func (x *exchange) tunnel(h *head) *carryError {
	x.watch()
	if !x.unwatch() {
		return goneError(x.r.Context())
	}
	client, buffered, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return &carryError{Status: http.StatusBadGateway, Kind: "upgrade", Err: err}
	}
	defer client.Close()
	x.handed = true
	defer x.c.close()
	client.SetDeadline(time.Now().Add(x.u.o.StallTimeout))
	if x.writeSwitch(h, buffered.Writer) != nil {
		return nil
	}
	client.SetDeadline(time.Time{})
	x.c.setDeadline(time.Time{})
	t := &tunnel{
		ctx: x.r.Context(), client: client, upstream: x.c, stall: x.u.o.StallTimeout,
		fromClient:   leftover(buffered.Reader, client),
		fromUpstream: leftover(x.c.br, x.c.stream),
	}
	x.c.br, x.c.bw = nil, nil // a quiet socket needs no buffers
	t.run()
	return nil
}

func (x *exchange) writeSwitch(h *head, to *bufio.Writer) error {
	header := x.w.Header()
	h.fill(header)
	if x.out.Edit != nil {
		x.out.Edit(h.status, header, x.endable)
	}
	delete(header, "Content-Length")
	header["Connection"], header["Upgrade"] = []string{"Upgrade"}, []string{x.out.Upgrade}
	to.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	header.Write(to)
	to.WriteString("\r\n")
	return to.Flush()
}

// leftover reads what br holds and then from src.
func leftover(br *bufio.Reader, src io.Reader) io.Reader {
	held, _ := br.Peek(br.Buffered())
	if len(held) == 0 {
		return src
	}
	return io.MultiReader(bytes.NewReader(bytes.Clone(held)), src)
}

func (t *tunnel) run() {
	stop := context.AfterFunc(t.ctx, func() {
		t.ending.Store(true)
		t.upstream.raw.SetReadDeadline(longAgo)
		t.client.SetWriteDeadline(time.Now().Add(frameWait))
	})
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.toUpstream()
	}()
	switch {
	case t.toClient():
		// The upstream has ended its side, or a close frame was sent: the client may still
		// have something to say, or at least an end of its own.
		closeWrite(t.client)
		wait := lingerWait
		if t.closing.Load() {
			wait = farewell
			t.upstream.close()
		}
		t.client.SetReadDeadline(time.Now().Add(wait))
	default:
		t.client.Close()
		t.upstream.close()
	}
	<-done
}

func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
		return
	}
	c.Close()
}

// toUpstream copies until the client has ended or the upstream takes no more.
func (t *tunnel) toUpstream() {
	var b tunnelBuffer
	defer b.release()
	for {
		err := b.read(t.fromClient, -1)
		if len(b.got) > 0 && !t.closing.Load() {
			t.upstream.raw.SetWriteDeadline(time.Now().Add(t.stall))
			if _, err := t.upstream.stream.Write(b.got); err != nil && !t.closing.Load() {
				t.upstream.close()
				return
			}
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, io.EOF) {
			t.upstream.close()
			return
		}
		closeWrite(t.upstream.stream)
		t.upstream.raw.SetReadDeadline(time.Now().Add(lingerWait))
		if t.ending.Load() {
			t.upstream.raw.SetReadDeadline(longAgo)
		}
		return
	}
}

// toClient copies until the upstream has ended or the context has, and is true if what the
// client got is a row of whole frames with an end.
func (t *tunnel) toClient() bool {
	var b tunnelBuffer
	defer b.release()
	waited := false
	for {
		limit := -1
		if t.ending.Load() {
			if t.frames.boundary() {
				return t.sendClose()
			}
			limit = t.frames.need()
		}
		err := b.read(t.fromUpstream, limit)
		if len(b.got) > 0 {
			t.frames.advance(b.got)
			t.writeTime()
			if _, err := t.client.Write(b.got); err != nil {
				return false
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return t.frames.boundary()
		case !isTimeout(err) || !t.ending.Load() || waited:
			return false
		default:
			// In the middle of a frame: its rest is given a moment.
			waited = true
			t.upstream.raw.SetReadDeadline(time.Now().Add(frameWait))
		}
	}
}

// writeTime moves the deadline for writes to the client, until the tunnel is ending.
func (t *tunnel) writeTime() {
	if t.ending.Load() {
		return
	}
	t.client.SetWriteDeadline(time.Now().Add(t.stall))
	if t.ending.Load() {
		t.client.SetWriteDeadline(time.Now().Add(frameWait))
	}
}

// sendClose writes a close frame (RFC 6455 section 5.5.1), unless the upstream has.
func (t *tunnel) sendClose() bool {
	t.closing.Store(true)
	if t.frames.closed {
		return true
	}
	end := tunnelEnd{Code: 1001}
	errors.As(context.Cause(t.ctx), &end)
	reason := end.Reason[:min(len(end.Reason), 123)]
	reason = strings.ToValidUTF8(reason, "")
	frame := []byte{0x88, byte(2 + len(reason))}
	frame = binary.BigEndian.AppendUint16(frame, uint16(end.Code))
	frame = append(frame, reason...)
	t.client.SetWriteDeadline(time.Now().Add(farewell))
	_, err := t.client.Write(frame)
	return err == nil
}
