package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/jwt"
	"github.com/signet-auth/signet/seal/lucia"
)

// A finding is what inspect found out about a token.
type finding struct {
	Format string
	Err    error // nil when the token is valid; seal.Reason has the word for it

	Header []byte // as sent, decoded; nil if there is none, or no JSON object
	Claims []byte // as sealed; nil if they could not be read

	// Verified says that a key of ours opened it. Claims that are not verified could be
	// anybody's.
	Verified bool
	seal.Life
	Endless bool // valid, and without an end
	Opaque  bool // names a row of a database, which alone knows

	Key    string // which secret, by the name it has in the ring, or which public key
	Cookie string // the name under which it opened; empty for a v4 session
	Stale  bool   // not sealed with the first secret, or in an older form
	Facts  []fact // what else there is to see, for people

	What, Cure string // for people; empty where there is nothing to say
}

// A fact is one line of a report.
type fact struct{ label, text string }

// An inspector knows what a token is to be tried with.
type inspector struct {
	ring   seal.Ring
	sets   []keyFile
	salt   *string // as typed; nil means the usual ones
	cookie string  // the name of the cookie that the token was in, if known
	now    time.Time
}

// look finds out what value is.
func (in *inspector) look(value string) finding {
	format, header := in.recognise(value)
	switch format {
	case authjs.FormatV5, authjs.FormatV4:
		return in.openAuthJS(value, format, header)
	case jwt.Format:
		return in.openJWT(value, header)
	case iron.Format:
		return in.openIron(value)
	case "signet":
		return lookAtKey(value)
	case lucia.Format:
		return lookAtLucia(value)
	}
	f := finding{
		Format: "unknown", Err: &seal.OpenError{Reason: seal.ErrMalformed},
		What: unknownWhat(value),
		Cure: "paste the value of the session cookie, all of it, or the whole Cookie line",
	}
	if inner := bareToken(value); inner != value { // only where it has to be taken byte for byte
		f.Format, _ = in.recognise(inner)
	}
	return f
}

// recognise tells the format by shape and header. A salt says that it should be one of
// Auth.js, whatever it looks like.
func (in *inspector) recognise(value string) (format string, header []byte) {
	if format, header, ok := authjs.Detect(value); ok {
		return format, header
	}
	header = headerOf(value)
	if format = formatOf(value, header); format != "unknown" || in.salt == nil || value == "" {
		return format, header
	}
	if *in.salt == "" {
		return authjs.FormatV4, header
	}
	return authjs.FormatV5, header
}

// formatOf names what authjs.Detect does not know, or not any more: a JWE that is cut off
// or asks for something else still is one.
func formatOf(value string, header []byte) string {
	var alg, enc []byte
	if header != nil {
		found := make([][]byte, 3)
		_ = seal.Pick(header, []string{"alg", "enc", "kid"}, found) // headerOf has checked it
		alg, enc = found[0], found[1]
		if name, _ := seal.String(enc); name == "A256GCM" && found[2] == nil {
			return authjs.FormatV4
		}
	}
	switch {
	case enc != nil:
		return authjs.FormatV5
	case alg != nil, strings.HasPrefix(value, "eyJ") && strings.Count(value, ".") == 2:
		return jwt.Format
	case strings.HasPrefix(value, "Fe26."), strings.HasPrefix(value, "fe26."), strings.Count(value, "*") == 7:
		return iron.Format
	case isKey(value):
		return "signet"
	case isLucia(value):
		return lucia.Format
	}
	return "unknown"
}

// headerOf decodes the first part of a compact token, if it is a JSON object.
func headerOf(value string) []byte {
	if len(value) > seal.MaxToken {
		return nil
	}
	text, _, _ := strings.Cut(value, ".")
	header, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || !isObject(header) {
		return nil
	}
	return header
}

func isObject(raw []byte) bool {
	return seal.Members(raw, func(string, []byte) error { return nil }) == nil
}

// A trial is one codec, which is one set of keys.
type trial struct {
	seal.Codec
	cookie string // the salt
}

// openAuthJS tries the secrets under every name that the token may have been sealed for.
func (in *inspector) openAuthJS(value, format string, header []byte) finding {
	f := finding{Format: format, Header: header}
	ring := in.ring
	if len(ring) == 0 {
		// With a key that nobody has, the codec still judges form and header.
		ring = seal.Secrets(rand.Text())
	}
	best, opened, err := openAny(in.trials(ring, format), value, in.now)
	f.Err = err
	if len(in.ring) == 0 && errors.Is(err, seal.ErrForeign) {
		f.Err = &seal.OpenError{Codec: format, Reason: seal.ErrNoKey}
	}
	if opened.Claims != nil {
		f.Format, f.Verified = best.Format(), true
		f.Claims, f.Header, f.Life, f.Key, f.Stale = opened.Claims, opened.Header, opened.Life, opened.Key, opened.Stale
		f.Cookie = best.cookie
	}
	in.advise(&f, value)
	return f
}

// trials are the codecs for a token of a format. With a salt there is no guessing; a token
// with A256GCM and no kid may be of either version under it.
func (in *inspector) trials(ring seal.Ring, format string) []trial {
	names := in.names()
	v4names := names
	if in.salt == nil {
		v4names = append([]string{""}, in.cookie)
	}
	if in.salt != nil && *in.salt == "" {
		return v4Trials(ring, "")
	}
	var list []trial
	if format == authjs.FormatV4 {
		for _, name := range slices.Compact(v4names) {
			list = append(list, v4Trials(ring, name)...)
		}
	}
	for _, name := range names {
		if c, err := authjs.V5(ring, name); err == nil {
			list = append(list, trial{c, name})
		}
	}
	return list
}

// names are the cookie names to try as salts of v5.
func (in *inspector) names() []string {
	if in.salt != nil {
		return []string{*in.salt}
	}
	var names []string
	if in.cookie != "" {
		names = append(names, in.cookie)
	}
	for _, name := range sessionCookies[:3] {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// v4Trials goes through any number of secrets; the codec of v4 takes four at a time, since
// it has to try them all.
func v4Trials(ring seal.Ring, salt string) []trial {
	var list []trial
	for some := range slices.Chunk(ring, 4) {
		if c, err := authjs.V4Salted(some, salt); err == nil {
			list = append(list, trial{c, salt})
		}
	}
	return list
}

// openAny opens value with the trial that gets furthest: one that opens it, else one that
// decrypts it although its time is over or has not begun, else one that finds fault with
// more than the key.
func openAny(trials []trial, value string, now time.Time) (trial, seal.Opened, error) {
	var best trial
	var opened seal.Opened
	rank, err := 5, error(&seal.OpenError{Reason: seal.ErrForeign})
	for _, t := range trials {
		o, e := openWhenever(t.Codec, value, now)
		if r := rankOf(o, e); r < rank {
			rank, best, opened, err = r, t, o, e
		}
	}
	return best, opened, err
}

func rankOf(o seal.Opened, err error) int {
	switch {
	case err == nil:
		return 0
	case o.Claims != nil:
		return 1
	case errors.Is(err, seal.ErrMalformed), errors.Is(err, seal.ErrExpired), errors.Is(err, seal.ErrNotYet):
		return 2
	case errors.Is(err, seal.ErrUnsupported):
		return 3
	}
	return 4
}

// openWhenever opens a value also when its time is over or has not begun, or when it names
// no end: the error says so, and what is inside comes with it all the same.
func openWhenever(c seal.Codec, value string, now time.Time) (seal.Opened, error) {
	opened, judged := c.Open(value, now)
	if inspector, ok := c.(seal.Inspector); ok && judged != nil {
		opened, _ = inspector.Inspect(value) // what it says beyond judged is that nothing opens
	}
	return opened, judged
}
