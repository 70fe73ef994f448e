package jwt

import (
	"bytes"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
)

const (
	// printSize is how many characters of a MAC make a print: 132 bits. Whoever can make two
	// values with one print has the key.
	printSize = 22
)

// Open reads a value. exp is required and exclusive (jose: now >= exp is expired), nbf is
// checked if it is there, iat has to be a number then and is not judged: a visitor whose
// app runs on a fast clock is no forger. Times may have fractions.
//
// Print is the beginning of the MAC as it is written, which has one spelling only, and lies
// in value.
func (c *codec) Open(value string, now time.Time) (opened seal.Opened, err error) {
	var f found
	err = c.read(value, &opened, &f)
	if err == nil {
		err = f.check(c.options)
	}
	if err == nil {
		opened.Life, err = f.judge(now, c.options.Leeway)
	}
	if err != nil {
		return seal.Opened{}, refuse(err)
	}
	return opened, nil
}

// Inspect reads a value as Open does, but judges no times.
func (c *codec) Inspect(value string) (opened seal.Opened, err error) {
	var f found
	if err := c.read(value, &opened, &f); err != nil {
		return seal.Opened{}, refuse(err)
	}
	opened.Issued, _ = seal.Seconds(f.iat)
	opened.Expires, _ = seal.Seconds(f.exp)
	return opened, nil
}

// read opens a value into out, but for its life, and finds its claims.
func (c *codec) read(value string, out *seal.Opened, f *found) error {
	parts, err := seal.Split(value, 3)
	if err != nil {
		return err
	}
	header, claims, mac := parts[0], parts[1], parts[2]
	h, err := c.header(header)
	if err != nil {
		return err
	}
	dot := strings.LastIndexByte(value, '.')
	k := c.authenticate(h.kid, value[:dot], mac)
	if k == nil {
		return foreign("")
	}
	if err := f.find(claims); err != nil {
		return err
	}
	out.Claims = claims[:len(claims):len(claims)]
	out.Print = value[dot+1:][:printSize] // a MAC that is right is longer
	out.Key = k.id
	out.Stale = k != c.keys[0]
	out.Header = header[:len(header):len(header)]
	return nil
}

// header reads and checks the protected header.
func (c *codec) header(raw []byte) (header, error) {
	// Nearly every value has the header that one of our keys writes.
	for _, k := range c.keys {
		if bytes.Equal(raw, k.header) {
			return k.written, nil
		}
	}
	h, err := readHeader(raw)
	switch {
	case err != nil:
		return h, err
	case h.extended:
		return h, unsupported("header extension")
	case h.alg != c.alg.name:
		return h, unsupported("algorithm")
	case h.typ != "" && !isTyp(h.typ, "JWT") && (c.options.Typ == "" || !isTyp(h.typ, c.options.Typ)):
		return h, unsupported("typ of another kind of token")
	}
	return h, nil
}

// authenticate gives the key that signed, nil if none of ours did. Without a kid that
// names one it tries the newest four, also after one has fitted: the time it takes must
// not tell which one is in use.
func (c *codec) authenticate(kid, input string, mac []byte) *sessionKey {
	if kid != "" {
		for _, k := range c.keys {
			if k.id != kid {
				continue
			}
			if k.mac.verify(input, mac) == 1 {
				return k
			}
			return nil
		}
	}
	var signer *sessionKey
	for _, k := range c.keys[:min(len(c.keys), maxTrials)] {
		if k.mac.verify(input, mac) == 1 && signer == nil {
			signer = k
		}
	}
	return signer
}

// found are the claims that a session codec looks at, as they are written; nil where one
// is missing.
type found struct{ iat, exp, nbf, sub []byte }

var foundNames = []string{"iat", "exp", "nbf", "sub"}

// find checks that claims are one JSON object, and finds ours in it.
func (f *found) find(claims []byte) error {
	var values [4][]byte
	if err := seal.Pick(claims, foundNames, values[:]); err != nil {
		return err
	}
	f.iat, f.exp, f.nbf, f.sub = values[0], values[1], values[2], values[3]
	return nil
}

// check refuses a sub that is no text. RFC 7519 section 4.1.2.
func (f *found) check(o Options) error {
	if f.sub == nil || f.sub[0] == '"' {
		return nil
	}
	if o.NumericSubject && (f.sub[0] == '-' || '0' <= f.sub[0] && f.sub[0] <= '9') {
		return nil
	}
	return malformed("sub")
}

// judge holds the times against the clock, which counts whole seconds, as jose's does.
func (f *found) judge(now time.Time, leeway time.Duration) (life seal.Life, err error) {
	clock, tolerance := now.Unix(), seconds(leeway)
	var ok bool
	if f.iat != nil {
		if life.Issued, ok = seal.Seconds(f.iat); !ok {
			return seal.Life{}, malformed("iat")
		}
	}
	if f.nbf != nil {
		begins, ok := seal.Seconds(f.nbf)
		if !ok {
			return seal.Life{}, malformed("nbf")
		}
		if begins.After(time.Unix(clock+tolerance, 0)) {
			return seal.Life{}, &seal.OpenError{Reason: seal.ErrNotYet}
		}
	}
	if life.Expires, ok = seal.Seconds(f.exp); !ok {
		return seal.Life{}, malformed("exp") // also where there is none
	}
	if !life.Expires.After(time.Unix(clock-tolerance, 0)) {
		return seal.Life{}, &seal.OpenError{Reason: seal.ErrExpired}
	}
	return life, nil
}

// seconds are whole ones, which is what a clock counts in.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }
