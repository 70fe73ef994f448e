package seal

import "errors"

// Reasons that an [OpenError] wraps. Their texts are the words that `signet inspect`
// prints and logs carry; [Reason] finds them.
var (
	// ErrExpired: written by us, but its time is over.
	ErrExpired = errors.New("expired")

	// ErrNotYet: written by us, for a time that has not begun.
	ErrNotYet = errors.New("not-yet")

	// ErrForeign: not sealed with any of our keys for this cookie, or changed since.
	ErrForeign = errors.New("foreign")

	// ErrMalformed: no value of this format, or its content breaks a rule.
	ErrMalformed = errors.New("malformed")

	// ErrUnsupported: well-formed, but asks for an algorithm or extension we refuse.
	ErrUnsupported = errors.New("unsupported")

	// ErrNoKey: there is no secret to open it with.
	ErrNoKey = errors.New("no-key")
)

// An OpenError tells why a value from outside could not be read. It holds no part of the
// value, so it can be logged.
type OpenError struct {
	// Codec is the format that was tried, as [Codec.Format] names it; empty in the
	// errors of [Split], [Members] and [Pick], which serve all formats.
	Codec string

	// Reason is one of the six errors of this package.
	Reason error

	// Detail says more in fixed words of ours, or is empty.
	Detail string
}

func (e *OpenError) Error() string {
	text := "seal: "
	if e.Codec != "" {
		text += "open " + e.Codec + ": "
	}
	if e.Reason != nil {
		text += e.Reason.Error()
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Unwrap gives Reason.
func (e *OpenError) Unwrap() error { return e.Reason }

// reasons are the errors that have a word in public.
var reasons = [...]error{ErrExpired, ErrNotYet, ErrForeign, ErrMalformed, ErrUnsupported, ErrNoKey}

// Reason gives the word for err: expired, not-yet, foreign, malformed, unsupported or
// no-key. It is empty for nil and for errors that are none of these.
func Reason(err error) string {
	for _, r := range reasons {
		if errors.Is(err, r) {
			return r.Error()
		}
	}
	return ""
}

// malformed is what every reader of foreign bytes in this package answers.
func malformed(detail string) error {
	return &OpenError{Reason: ErrMalformed, Detail: detail}
}
