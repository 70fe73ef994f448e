package signet

import "errors"

// A storeFault is an error of a store that has passed through a provider or a callback. It
// tells a store that does not answer, which is over in a while, from a fault of the
// configuration.
type storeFault struct{ error }

func (f *storeFault) Unwrap() error { return f.error }

// fromStore marks what a store answered. The answers that stores are asked for stay as they
// are, and so does an answer that is marked already.
func fromStore(err error) error {
	for _, answer := range []error{nil, ErrNotFound, ErrTaken, ErrStale, ErrSpent} {
		if errors.Is(err, answer) {
			return err
		}
	}
	return &storeFault{err}
}

func isStoreFault(err error) bool {
	var f *storeFault
	return errors.As(err, &f)
}
