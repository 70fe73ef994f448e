package session

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// maxLine bounds a Set-Cookie line, attributes included. iron-session@9.0.1: 4,096 bytes
// of the whole line, where browsers count name and value only.
const maxLine = 4096

// A TooLargeError tells that a session does not fit into its cookie. Sizes are octets of
// the sealed value, about four thirds of its JSON and 220 octets more.
type TooLargeError struct {
	Size  int // of this session, at least
	Limit int // what fits, in all chunks together where [Config.Chunks] is set
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("session: %d octets are too large for the cookie, which holds %d", e.Size, e.Limit)
}

// A jar is where the session lives in the browser: one cookie or its chunks.
type jar struct {
	name       string
	attributes cookie.Attributes
	chunks     bool
	whole      int // octets of value that fit under the bare name
	part       int // octets of value that fit into a chunk
}

func newJar(c Config) (jar, error) {
	j := jar{name: c.Cookie, chunks: c.Chunks, attributes: cookie.Attributes{
		Path:     c.Path,
		Domain:   c.Domain,
		MaxAge:   maxAge(c.TTL),
		Secure:   !c.InsecureCookie,
		SameSite: c.SameSite,
	}}
	if err := j.attributes.Check(c.Cookie); err != nil {
		return jar{}, fmt.Errorf("session: %w", err)
	}
	line, err := j.attributes.Set(c.Cookie, "")
	if err != nil {
		return jar{}, fmt.Errorf("session: %w", err)
	}
	j.whole = maxLine - len(line)
	j.part = j.whole - len(".0")
	if j.part < 1 {
		return jar{}, errors.New("session: name and attributes leave no room in the cookie")
	}
	return j, nil
}

// maxAge is the cookie's life in the browser, which ends before the seal's.
// iron-session@9.0.1: 60 s for the clocks to differ, unless that would leave nothing.
func maxAge(ttl time.Duration) int {
	seconds := int(ttl / time.Second)
	if seconds <= 60 {
		return seconds
	}
	return seconds - 60
}

// limit is the longest value that can be written.
func (j *jar) limit() int {
	if j.chunks {
		return cookie.MaxChunks * j.part
	}
	return j.whole
}

// fits refuses a payload that is too large whatever the format: all of them write it in
// base64. It spares sealing it, and codecs have bounds whose errors have no numbers.
func (j *jar) fits(payload []byte) error {
	if size := base64.RawURLEncoding.EncodedLen(len(payload)); size > j.limit() {
		return &TooLargeError{size, j.limit()}
	}
	return nil
}

// set returns the lines that leave value in the browser and nothing else of ours.
func (j *jar) set(value string, had []string) ([]string, error) {
	if len(value) > j.limit() {
		return nil, &TooLargeError{len(value), j.limit()}
	}
	size := j.part
	if len(value) <= j.whole {
		size = j.whole
	}
	plan, err := cookie.Plan(j.name, value, had, size)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	lines, err := j.attributes.Lines(plan)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	return lines, nil
}

// clear returns the lines that remove the session. The bare name is among them also
// where the request did not bring it, as in iron-session.
func (j *jar) clear(had []string) []string {
	names := had
	if !slices.Contains(had, j.name) {
		names = append(slices.Clone(had), j.name)
	}
	lines := make([]string, len(names))
	for i, name := range names {
		lines[i] = j.attributes.Clear(name)
	}
	return lines
}

// decide makes lines the only ones of ours in the response.
func (j *jar) decide(h http.Header, had, lines []string) {
	kept := slices.DeleteFunc(slices.Clone(h["Set-Cookie"]), func(line string) bool { return j.ours(line, had) })
	h["Set-Cookie"] = append(kept, lines...)
	h.Set("Cache-Control", noStore)
	varyByCookie(h)
}

// destroyed reports whether the response removes the session already: somebody else, who
// had opened it too, has signed the visitor out.
func (j *jar) destroyed(h http.Header, had []string) bool {
	removed := false
	for _, line := range h["Set-Cookie"] {
		if !j.ours(line, had) {
			continue
		}
		if _, rest, _ := strings.Cut(line, "="); rest != "" && rest[0] != ';' {
			return false
		}
		removed = true
	}
	return removed
}

// ours reports whether a Set-Cookie line is for one of the session's cookies.
func (j *jar) ours(line string, had []string) bool {
	name, _, _ := strings.Cut(line, "=")
	suffix, ok := strings.CutPrefix(name, j.name)
	if !ok {
		return false
	}
	if suffix == "" || slices.Contains(had, name) {
		return true
	}
	n, err := strconv.Atoi(strings.TrimPrefix(suffix, "."))
	return err == nil && n < cookie.MaxChunks && suffix == "."+strconv.Itoa(n)
}
