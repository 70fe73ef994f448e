package jwt

import (
	"errors"

	"github.com/signet-auth/signet/seal"
)

// refuse names the format in an error that a reader made.
func refuse(err error) error {
	var e *seal.OpenError
	if !errors.As(err, &e) {
		return err
	}
	return &seal.OpenError{Codec: Format, Reason: e.Reason, Detail: e.Detail}
}

func malformed(detail string) error {
	return &seal.OpenError{Reason: seal.ErrMalformed, Detail: detail}
}

func unsupported(detail string) error {
	return &seal.OpenError{Reason: seal.ErrUnsupported, Detail: detail}
}

// foreign is the answer to a wrong key or signature (detail is empty then), and to a
// token that is genuine but not meant for us.
func foreign(detail string) error {
	return &seal.OpenError{Reason: seal.ErrForeign, Detail: detail}
}
