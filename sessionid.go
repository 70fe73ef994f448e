package signet

import (
	"encoding/base64"
	"encoding/binary"
	"io"
	"time"
)

// A SessionID names a session. The upper 41 bits are milliseconds since 2020, so that rows
// are appended at the right edge of an index; the lower 22 are random. It is no secret.
// A negative ID was derived from a cookie that another library made.
type SessionID int64

// epochMillis is the beginning of SessionID time: 2020-01-01 UTC. 41 bits last until 2089.
const epochMillis = 1577836800000

// newSessionID makes an ID for a session that begins now.
func newSessionID(now time.Time, rand io.Reader) (SessionID, error) {
	var b [4]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return 0, err
	}
	ms := (now.UnixMilli() - epochMillis) & (1<<41 - 1)
	return SessionID(ms<<22 | int64(binary.BigEndian.Uint32(b[:])&(1<<22-1))), nil
}

// String returns the ID as the 11 characters that cookies carry. JavaScript numbers could
// not hold it.
func (id SessionID) String() string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(id))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ParseSessionID reads what [SessionID.String] wrote, and nothing else.
func ParseSessionID(s string) (SessionID, bool) {
	var b [8]byte
	if len(s) != 11 {
		return 0, false
	}
	if n, err := base64.RawURLEncoding.Strict().Decode(b[:], []byte(s)); err != nil || n != 8 {
		return 0, false
	}
	id := SessionID(binary.BigEndian.Uint64(b[:]))
	return id, id != 0
}
