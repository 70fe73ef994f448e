// Package seal turns session claims into a cookie value and back.
//
// A [Codec] speaks one wire format. Package authjs speaks the encrypted cookies of
// Auth.js v4 and v5, package jwt signed tokens. All codecs take their keys from a
// [Ring]: the newest key seals, any key opens, so a secret can be changed without
// signing anyone out.
//
// Open answers one question only: did we write this, is it whole, and is it still inside
// the lifetime written into it. Whether the user behind it may come in is the business
// of package signet.
//
// Beside the codecs the package holds what all of them need to read foreign bytes
// strictly: [Split] for compact tokens, [Members] and [Pick] for JSON objects,
// [Elements] for JSON arrays, [String] and [Seconds] for values in them; and [Stamp],
// which writes the times into claims.
//
// It does not own cookies, sessions or clocks, and it keeps nothing but what [Cached] is
// asked to remember: who calls brings the secrets and the time.
package seal

import "time"

// A Codec seals claims into a string fit for a cookie and opens it again.
// Its methods may be called from several goroutines.
type Codec interface {
	// Format is the name that configuration and `signet inspect` use: "authjs",
	// "authjs-v4", …
	Format() string

	// Seal writes claims, a JSON object, with the given life. Members that the format
	// owns (iat, exp, jti) are replaced.
	Seal(claims []byte, life Life) (string, error)

	// Open reads a value. Its error is an [*OpenError] for every value that came from
	// outside; any other error is a fault of our own.
	Open(value string, now time.Time) (Opened, error)
}

// An Inspector is a codec that can show what is in a value whatever the time. It is for
// tools that explain a value to its operator; who may come in is decided by Open.
type Inspector interface {
	// Inspect is Open without a clock: it also gives what is in a value that is over,
	// has not begun or names no end. Times that are missing or make no sense are zero.
	Inspect(value string) (Opened, error)
}

// Make builds a codec. cookie is the full name of the cookie the value will live in,
// prefix included: Auth.js v5 derives its keys from that name, other formats ignore it.
type Make func(ring Ring, cookie string) (Codec, error)

// A Life is the time a sealed value is good for. Formats keep whole seconds.
type Life struct {
	Issued  time.Time
	Expires time.Time
}

// Opened is what a codec found inside a value.
type Opened struct {
	// Claims is the payload exactly as it was sealed: one JSON object.
	Claims []byte

	// Life holds the times written into the value; Issued is zero where the value has none.
	Life

	// Print names this very value: made from its MAC, tag or jti, never from its text,
	// so that two spellings of one value have one print. It is no secret.
	Print string

	// Key is the ID of the ring entry that opened the value.
	Key string

	// Stale is set when the value was not sealed with the newest key (or in an older
	// form of the format) and should be written again.
	Stale bool

	// Header is the protected header as sent, decoded; nil where a format has none.
	Header []byte
}
