package oauth2

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// An Error is a call to a provider that failed. It holds no token, code or secret, so it
// can be logged; it is not for visitors.
type Error struct {
	// Op is what was asked for: "token", "userinfo", "revocation", "discovery", "keys".
	Op string

	// Status is that of the answer, 0 where none came.
	Status int

	// Code is the provider's word for it, "invalid_grant", if it sent one that looks like a
	// word. Facebook's are numbers: "190".
	Code string

	// Text is what the provider said, at most 200 bytes, quoted and escaped; or empty.
	Text string

	// Err is the cause where the provider did not name one: no connection, no answer in
	// time, an answer that cannot be read.
	Err error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "oauth2: %s end point", e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, " answers %d", e.Status)
	}
	if e.Code != "" {
		b.WriteString(", " + e.Code)
	}
	if e.Text != "" {
		b.WriteString(", " + e.Text)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives Err.
func (e *Error) Unwrap() error { return e.Err }

// Outage tells whether the provider is out of order for now, rather than at odds with the
// configuration or the request: it cannot be reached, is too busy, or talks nonsense.
func (e *Error) Outage() bool {
	switch {
	case e.Status == 0, e.Status == 408, e.Status == 429, e.Status >= 500, e.Status/100 == 3:
		return true
	}
	return e.Status/100 == 2 && e.Err != nil
}

// Kind is the error of Auth.js for what went wrong on the provider's side
// (@auth/core@0.41.3: one of those that reach the URL as they are).
const Kind = "OAuthCallbackError"

// Unavailable is the visitor's view of an error: an outage of the provider becomes a
// [*signet.Refused] that asks to try again later. Anything else stays what it is, a fault of
// the configuration, as in Auth.js.
func Unavailable(err error) error {
	var no *signet.Refused
	var e *Error
	if errors.As(err, &no) || !errors.As(err, &e) || !e.Outage() {
		return err
	}
	no = &signet.Refused{Code: "unavailable", Kind: Kind, Err: err}
	if errors.Is(err, ErrOpen) {
		no.RetryAfter = halfOpen
	}
	return no
}

// refused says no to an answer that the visitor's browser brought.
func refused(code string, err error) error {
	return &signet.Refused{Code: code, Kind: Kind, Err: err}
}

// word gives a provider's error code if it can be one: it will stand in logs.
func word(code string) string {
	if len(code) > 64 {
		return ""
	}
	for _, c := range []byte(code) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.':
		default:
			return ""
		}
	}
	return code
}

// quote makes a provider's text fit for a log: capped, in one line, ASCII, without what
// we know to be secret. Kakao repeats the code that it was sent.
func quote(text string, secrets ...string) string {
	if text == "" {
		return ""
	}
	for _, s := range secrets {
		if len(s) >= 4 {
			text = strings.ReplaceAll(text, s, "[redacted]")
		}
	}
	if len(text) > maxText {
		text = text[:maxText]
	}
	for quoted := strconv.QuoteToASCII(text); ; quoted = strconv.QuoteToASCII(text) {
		if len(quoted) <= maxText {
			return quoted
		}
		text = text[:len(text)*maxText/(len(quoted)+1)]
	}
}

// maxText is how much of a provider's text is logged, in bytes.
const maxText = 200

// seconds is a time span of n seconds, at most a century.
func seconds(n int64) time.Duration {
	const century = 100 * 365 * 24 * 3600
	return time.Duration(min(n, century)) * time.Second
}
