package iron

import (
	"errors"

	"github.com/signet-auth/signet/seal"
)

// refuse names the codec in an error that a reader made.
func (c *codec) refuse(err error) error {
	var e *seal.OpenError
	if !errors.As(err, &e) {
		return err
	}
	return &seal.OpenError{Codec: c.format, Reason: e.Reason, Detail: e.Detail}
}

func malformed(detail string) error {
	return &seal.OpenError{Reason: seal.ErrMalformed, Detail: detail}
}

func unsupported(detail string) error {
	return &seal.OpenError{Reason: seal.ErrUnsupported, Detail: detail}
}

// foreign is the one answer to an unknown password, a wrong one and a changed seal.
func foreign() error {
	return &seal.OpenError{Reason: seal.ErrForeign}
}
