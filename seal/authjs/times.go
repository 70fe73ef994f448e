package authjs

import (
	"time"

	"github.com/signet-auth/signet/seal"
)

// tolerance is how many seconds the clock of who wrote a value may be from ours.
// @auth/core@0.41.3 jwt.ts and next-auth@4.24.15 jwt/index.js: clockTolerance 15.
const tolerance = 15

// times are the claims that say when, as they are written; nil where one is missing.
type times struct{ iat, exp, nbf []byte }

var timeNames = []string{"iat", "exp", "nbf"}

// findTimes checks that claims are one JSON object, and finds the times in it.
func findTimes(claims []byte) (times, error) {
	var values [3][]byte
	if err := seal.Pick(claims, timeNames, values[:]); err != nil {
		return times{}, err
	}
	return times{iat: values[0], exp: values[1], nbf: values[2]}, nil
}

// judge holds the times against the clock, which counts whole seconds, as jose's does.
func (t times) judge(now time.Time) (life seal.Life, err error) {
	clock := now.Unix()
	var ok bool
	if t.iat != nil {
		if life.Issued, ok = seal.Seconds(t.iat); !ok {
			return seal.Life{}, malformed("iat")
		}
	}
	if t.nbf != nil {
		begins, ok := seal.Seconds(t.nbf)
		if !ok {
			return seal.Life{}, malformed("nbf")
		}
		if begins.After(time.Unix(clock+tolerance, 0)) {
			return seal.Life{}, &seal.OpenError{Reason: seal.ErrNotYet}
		}
	}
	if life.Expires, ok = seal.Seconds(t.exp); !ok {
		return seal.Life{}, malformed("exp") // also where there is none
	}
	if !life.Expires.After(time.Unix(clock-tolerance, 0)) {
		return seal.Life{}, &seal.OpenError{Reason: seal.ErrExpired}
	}
	return life, nil
}
