package gateway

import (
	"encoding/binary"
	"io"
)

// frames follows a row of WebSocket frames (RFC 6455 section 5.2) without keeping them.
type frames struct {
	head   [14]byte
	have   int    // bytes of the head
	left   uint64 // bytes of the payload
	closed bool   // a close frame has begun
}

// boundary is true between two frames.
func (f *frames) boundary() bool { return f.have == 0 && f.left == 0 }

// need is how many bytes may be read without reading into the next frame.
func (f *frames) need() int {
	if f.left > 0 {
		return int(min(f.left, 1<<20))
	}
	return max(1, f.size()-f.have)
}

// size is the length of the head as far as it is known.
func (f *frames) size() int {
	if f.have < 2 {
		return 2
	}
	size := 2
	switch f.head[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if f.head[1]&0x80 != 0 {
		size += 4
	}
	return size
}

func (f *frames) advance(p []byte) {
	for len(p) > 0 {
		if f.left > 0 {
			skip := min(f.left, uint64(len(p)))
			f.left -= skip
			p = p[skip:]
			continue
		}
		n := copy(f.head[f.have:f.size()], p)
		f.have += n
		p = p[n:]
		if f.have < f.size() {
			continue
		}
		f.left = f.payload()
		f.closed = f.closed || f.head[0]&0x0f == 8
		f.have = 0
	}
}

func (f *frames) payload() uint64 {
	switch n := f.head[1] & 0x7f; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(f.head[2:]))
	case 127:
		return binary.BigEndian.Uint64(f.head[2:])
	default:
		return uint64(n)
	}
}

// A tunnelBuffer is small while a socket is quiet and large while much is coming, so that
// thousands of quiet sockets cost little.
type tunnelBuffer struct {
	small [2 << 10]byte
	large *[32 << 10]byte
	got   []byte // what the last read brought, until the next
}

// read reads once into got, limit bytes at most if limit is not negative.
func (b *tunnelBuffer) read(src io.Reader, limit int) error {
	switch filled := len(b.got) >= len(b.small); {
	case filled && b.large == nil:
		b.large = copyBuffers.Get().(*[32 << 10]byte)
	case !filled:
		b.release()
	}
	room := b.small[:]
	if b.large != nil {
		room = b.large[:]
	}
	if limit >= 0 && limit < len(room) {
		room = room[:limit]
	}
	n, err := src.Read(room)
	b.got = room[:n]
	return err
}

func (b *tunnelBuffer) release() {
	if b.large != nil {
		copyBuffers.Put(b.large)
		b.large = nil
	}
}
