// Package cookie owns cookies as bytes on the wire: which ones a request brought, what
// a Set-Cookie line looks like, and how a value too long for one cookie is spread over
// several and put together again.
//
// [Read] takes the Cookie lines of a request into a [Jar] without decoding them; the
// jar is asked for one cookie ([Jar.Get], [Jar.First]) or for a value in chunks
// ([Jar.Chunked]). [Attributes] write cookies, [Plan] tells which ones a new value
// needs. Names, order and encoding are those of Auth.js; reading is stricter: names
// match exactly, chunks have no gaps, and nothing is guessed when a name comes twice.
//
// The package does not know what a value means. Sealing, opening and the decision to
// set or clear a cookie belong to its callers, and so do the names.
package cookie

import "errors"

// Sizes of chunks, in octets. Both generations of Auth.js leave room for the name and
// the attributes under the 4,096 octets that browsers keep.
const (
	ChunkV4 = 3933 // next-auth@4: 4096 - 163
	ChunkV5 = 3936 // @auth/core: 4096 - 160
)

// Bounds on what is read and written.
const (
	MaxChunks  = 4                             // cookies that one value may be spread over
	MaxToken   = 16 << 10                      // octets of a value put together from chunks
	MaxCookies = 200                           // cookies in one request
	MaxHeader  = 32 << 10                      // octets of all Cookie lines of one request
	MaxPair    = 4096                          // octets of name and value together, RFC 6265bis section 5.7
	MaxName    = MaxPair - ChunkV5 - len(".0") // octets of a name that leaves room for a full chunk
)

// maxAttribute is the longest attribute value that browsers take; they ignore a longer
// one, and the cookie would quietly get another path or domain.
// RFC 6265bis section 5.6.
const maxAttribute = 1024

// What can be wrong with a cookie. None of the errors of this package holds a value.
var (
	// ErrAbsent says that the request has no such cookie, or only an empty one.
	ErrAbsent = errors.New("cookie: absent")

	// ErrDuplicate says that the name came more than once. One of the two was put there
	// by somebody else (another path, a sibling host), and there is no telling which.
	ErrDuplicate = errors.New("cookie: sent more than once")

	// ErrGap says that a chunk is missing between or before those that came.
	ErrGap = errors.New("cookie: chunk missing")

	// ErrTooLarge says that something is over its bound: the Cookie header, a value or
	// its number of chunks, or a cookie to be written.
	ErrTooLarge = errors.New("cookie: too large")

	// ErrTooMany says that a request has more than MaxCookies cookies.
	ErrTooMany = errors.New("cookie: too many cookies")
)

// Name prefixes by which a browser itself enforces attributes. RFC 6265bis section 4.1.3.
const (
	securePrefix = "__Secure-"
	hostPrefix   = "__Host-"
)

// SecureName returns name with the prefix __Secure-: a browser takes such a cookie only
// with Secure, from https. The name must not have a prefix yet.
func SecureName(name string) string { return securePrefix + name }

// HostName returns name with the prefix __Host-: a browser takes such a cookie only with
// Secure, with Path=/ and without Domain, so that no sibling host can plant it. The name
// must not have a prefix yet.
func HostName(name string) string { return hostPrefix + name }
