package gateway

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// A browser that is sent to sign in again and again does sign in each time, and loses the
// session on the way: another domain in the cookie, https outside and http in the
// configuration, or too large a cookie. After a few rounds a page says so.

// loopCookie counts how often a browser was sent to sign in for the same page. It is not
// signed, since it protects nothing.
const loopCookie = "signet.turns"

const (
	loopTurns = 3
	loopTime  = 30 * time.Second
)

// loops counts a redirect to the sign-in page. It reports true when there were too many in
// a short time; the next one is the first again.
func (x *crossing) loops() bool {
	sum := fnv.New32a()
	sum.Write([]byte(x.t.path))
	page, now := sum.Sum32(), x.g.now().Unix()
	turns, since := int64(0), now
	if jar, err := cookie.Read(x.r.Header); err == nil {
		value, _ := jar.First(loopCookie)
		if n, at, of, ok := parseTurns(value); ok && of == page && at <= now && now-at <= int64(loopTime/time.Second) {
			turns, since = n, at
		}
	}
	// Not Secure, not shared: it has to come back where the session does not.
	attributes := cookie.Attributes{MaxAge: int(loopTime.Seconds())}
	if turns >= loopTurns {
		x.w.Header().Add("Set-Cookie", attributes.Clear(loopCookie))
		return true
	}
	value := strconv.FormatInt(turns+1, 10) + "." + strconv.FormatInt(since, 10) + "." + strconv.FormatUint(uint64(page), 10)
	if line, err := attributes.Set(loopCookie, value); err == nil {
		x.w.Header().Add("Set-Cookie", line)
	}
	return false
}

func parseTurns(value string) (turns, since int64, page uint32, ok bool) {
	parts := strings.Split(value, ".")
	if len(parts) != 3 {
		return 0, 0, 0, false
	}
	turns, err1 := strconv.ParseInt(parts[0], 10, 8)
	since, err2 := strconv.ParseInt(parts[1], 10, 64)
	of, err3 := strconv.ParseUint(parts[2], 10, 32)
	return turns, since, uint32(of), err1 == nil && err2 == nil && err3 == nil && turns >= 0
}
