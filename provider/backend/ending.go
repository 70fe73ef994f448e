package backend

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
)

const (
	// lifeLimit divides numbers of seconds from now from Unix times, milliLimit Unix seconds
	// from milliseconds (a time in 1973).
	lifeLimit  = 10 * 365 * 24 * 3600
	milliLimit = 100_000_000_000

	century = 100 * 365 * 24 * time.Hour
)

// ending reads when a token ends: see [Mapping]. Zero stands for "nobody said", also where
// the time is past: a token that were over when it is made would be of no use to anybody.
func ending(raw []byte, now time.Time) time.Time {
	end := endingOf(raw, now)
	if !end.After(now) || end.Sub(now) > century {
		return time.Time{}
	}
	return end.UTC().Truncate(time.Second)
}

func endingOf(raw []byte, now time.Time) time.Time {
	s, isText := seal.String(raw)
	if !isText {
		s = string(raw)
	}
	s = strings.TrimSpace(s)
	n, err := strconv.ParseFloat(s, 64)
	switch {
	case err == nil && plainNumber(s):
		return ofNumber(n, now)
	case !isText || len(s) < 2:
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t
	}
	if t, err := http.ParseTime(s); err == nil {
		return t
	}
	return now.Add(span(s))
}

// plainNumber leaves out what ParseFloat takes beyond JSON: Inf, NaN, 0x1p4, 1_0.
func plainNumber(s string) bool { return strings.Trim(s, "0123456789.eE+-") == "" }

func ofNumber(n float64, now time.Time) time.Time {
	switch {
	case n <= 0 || n > 1e15:
		return time.Time{}
	case n <= lifeLimit:
		return now.Add(time.Duration(n) * time.Second)
	case n < milliLimit:
		return time.Unix(int64(n), 0)
	}
	return time.UnixMilli(int64(n))
}

// span reads a life as npm's jsonwebtoken takes it: "15m", "7d", "1 h".
func span(s string) time.Duration {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	n, err := strconv.ParseUint(strings.TrimSpace(s[:len(s)-1]), 10, 31)
	unit := units[s[len(s)-1]]
	if err != nil || unit == 0 || n > uint64(century/unit) {
		return 0
	}
	return time.Duration(n) * unit
}

// ownEnd is the exp of a token that is a JWT, zero for any other. It may be past.
func ownEnd(token string) time.Time {
	end, ok := seal.Seconds(claimsOf(token)["exp"])
	if !ok {
		return time.Time{}
	}
	return end.UTC().Truncate(time.Second)
}

// life is the end of a token that has just come: the earlier of what was told beside it and
// what it says itself. One that was over before it came is so by another clock, and what was
// told as so many seconds counts.
func life(told, own, now time.Time) time.Time {
	if !own.After(now) && told.After(now) {
		return told
	}
	return earlier(told, own)
}

// earlier gives the first of two ends, where zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
