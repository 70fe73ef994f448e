package seal_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/signet-auth/signet/seal"
)

func TestReason(t *testing.T) {
	for err, want := range map[error]string{
		nil:                   "",
		io.EOF:                "",
		seal.ErrExpired:       "expired",
		seal.ErrNotYet:        "not-yet",
		seal.ErrForeign:       "foreign",
		seal.ErrMalformed:     "malformed",
		seal.ErrUnsupported:   "unsupported",
		seal.ErrNoKey:         "no-key",
		(seal.Ring{}).Check(): "no-key",
		fmt.Errorf("x: %w", &seal.OpenError{Reason: seal.ErrExpired}): "expired",
		&seal.OpenError{}: "",
	} {
		if got := seal.Reason(err); got != want {
			t.Errorf("Reason(%v) = %q, want %q", err, got, want)
		}
	}
}

func TestOpenErrorText(t *testing.T) {
	for want, err := range map[string]*seal.OpenError{
		"seal: open authjs: expired":           {Codec: "authjs", Reason: seal.ErrExpired},
		"seal: open authjs: malformed: header": {Codec: "authjs", Reason: seal.ErrMalformed, Detail: "header"},
		"seal: malformed: empty":               {Reason: seal.ErrMalformed, Detail: "empty"},
	} {
		if got := err.Error(); got != want {
			t.Errorf("Error() = %q, want %q", got, want)
		}
		if !errors.Is(err, err.Reason) {
			t.Errorf("%v does not unwrap to its reason", err)
		}
	}
}
