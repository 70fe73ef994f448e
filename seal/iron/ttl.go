package iron

import (
	"strconv"
	"time"
)

// How long iron-session's sessions last where an app says nothing.
const (
	// DefaultTTL is that of versions 8 and 9.
	DefaultTTL = 14 * 24 * time.Hour

	// DefaultTTLv6 is that of version 6, whose constant is named fourteen days.
	DefaultTTLv6 = 15 * 24 * time.Hour
)

// skew is how long a seal can be read behind its end.
// iron-session@9.0.1: timestampSkewSec 60, not configurable.
const skew = 60 * time.Second

// forever is the Max-Age, in seconds, of a cookie whose seal has no end.
const forever = 1<<31 - 1

// MaxAge is the Max-Age, in seconds, that iron-session 9 gives a cookie whose seal is
// good for ttl, so that the cookie is gone before its seal is: a minute less. A ttl of a
// minute or less is kept whole. 0 is a seal without an end; less than 0 is 0, which
// ends a cookie.
func MaxAge(ttl time.Duration) int {
	seconds := ttl / time.Second
	switch {
	case ttl < 0:
		return 0
	case ttl == 0 || seconds > forever:
		return forever
	case ttl <= skew:
		return int(seconds)
	}
	return int((ttl - skew) / time.Second)
}

// maxSetCookie is the longest Set-Cookie line, in bytes, that iron-session 9 writes.
const maxSetCookie = 4096

// ChunkRoom is how many bytes of a value iron-session 9 puts into one cookie: what the
// line of an empty chunk, as it would be set, leaves of 4,096. 0 means no room.
func ChunkRoom(emptyLine string) int { return max(0, maxSetCookie-len(emptyLine)) }

// The last millisecond of the year 9999. Later ends come out as this one.
const lastMilli = 253402300799999

// end reads an expiration that isExpiration took. The zero time is no end.
func end(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > lastMilli {
		n = lastMilli // the packages take any number of digits
	}
	return time.UnixMilli(n).UTC()
}
