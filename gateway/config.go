package gateway

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/match"
)

// Config is what [New] needs to know beside the Auth. The zero value serves the base path
// and nothing else.
type Config struct {
	// Routes are asked in their order; the first that matches takes the request.
	Routes []Route

	// Site describes the Next.js application behind the routes marked Next: its basePath,
	// locales, build. The zero value is one at the root of the host without locales.
	Site match.Site

	// Strict also refuses what is only suspicious: header names with _ or . (otherwise such
	// headers are dropped), a Host that is not ours (X-Forwarded-Host where a trusted proxy
	// sends it), methods nobody has registered, and paths with parameters, full-width
	// letters, escaped ?, # or %, or a dot or blank at the end of a segment.
	Strict bool

	// Identity names the headers that tell servers who is signed in.
	Identity Identity

	// Own serves the base path. Nil means the Auth's Handler.
	Own http.Handler

	// ForwardAuth answers the proxies of [Gate.Forward] below the base path.
	ForwardAuth bool

	// Sign makes the value of X-Signet-Assertion for routes with an Assertion: a JWT for
	// audience that lives for a minute. It may be called from several goroutines.
	Sign func(ctx context.Context, s *signet.Session, audience string) (string, error)

	// Log gets what the operator should know. Nil means slog.Default().
	Log *slog.Logger

	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Identity is the names of identity headers. Empty means the default told beside each, "-"
// that it is not sent. Whatever a client sends under such a name, or under one that a
// careless server takes for it, is removed.
//
// A value of visible ASCII and inner blanks is sent as it is. Any other is written as
// RFC 8187 does, UTF-8” and then %ED%95%9C, so that it can be told apart; in
// a list of groups, each by itself.
type Identity struct {
	User   string // X-Signet-User: the user's ID
	Email  string // X-Signet-Email
	Groups string // X-Signet-Groups, separated by commas
	Name   string // not sent unless named
}

// AssertionHeader carries the signed assertion of [Route.Assertion].
const AssertionHeader = "X-Signet-Assertion"

// A Route is the paths that one server answers, and what it takes to get there.
type Route struct {
	// Match is a Next.js matcher pattern, "/api/:path*". As in Next.js, it also covers the
	// page's data and component addresses (/_next/data/…, .rsc).
	Match string

	// Upstream is the server: scheme, host and port. Handler is one in this program. With
	// neither, the route only decides for [Gate.Forward].
	Upstream string
	Handler  http.Handler

	// Roots are who may sign the certificate of an https Upstream. Nil means the roots of the
	// system.
	Roots *x509.CertPool

	// Require is None unless told otherwise.
	Require Rule

	// API says that no person looks at the answers: errors as JSON, never a redirect or page.
	API bool

	// Anonymous asks nobody who they are: no session is read and no identity sent, so that
	// caches may keep the answers. It goes with Require None only.
	Anonymous bool

	// Token is relayed to the server.
	Token *Carry

	// WebSocket lets connections switch to a WebSocket.
	WebSocket bool

	// StripPrefix is cut off the path before it is sent on: "/files". The rules of other
	// routes to the same server hold for the shortened path too.
	StripPrefix string

	// Host is the Host header for the server. Empty means our public one.
	Host string

	// Methods are those taken; others are answered with 405, OPTIONS among them unless it is
	// a preflight of Origins. Empty means all. GET also means HEAD.
	Methods []string

	// Origins may send requests that change something, and open WebSockets, beside our own
	// and the Auth's trusted ones. Preflights from them are answered here, and answers to
	// them carry the headers of CORS.
	Origins []string

	// MaxBody is the most that a request body may have, in bytes. Zero means
	// DefaultMaxBody, less no limit.
	MaxBody int64

	// Timeout is how long the server may take until its answer begins. Zero means the
	// default of 30 s. A stream, once begun, has no limit.
	Timeout time.Duration

	// Health, if set, is a path that the server is asked for every ten seconds, "/healthz".
	// It moves what [Gate.Upstreams] tells, ends the pause after failed dials early, and
	// refuses nobody.
	Health string

	// Limit holds for one client, counted by its address. The zero value is no limit.
	Limit Limit

	// Next says that a Next.js application answers: Match is read with [Config.Site], and
	// query parameters that only Next.js itself may set are removed.
	Next bool

	// Escapes are those that the server reads as part of a name, where another might not:
	// "slash" for %2F, "percent" for %25 in front of two hexadecimal digits, "bytes" for text
	// that is not UTF-8. Elsewhere they are answered with 400. The rules of whatever else
	// the path may be read as hold too, and no dot segment may hide behind one.
	Escapes []string

	// Assertion, if set, sends a signed assertion for this audience along.
	Assertion string
}

// DefaultMaxBody is the most that a request body may have where a route says nothing.
const DefaultMaxBody = 10 << 20

// A Rule says who may pass.
type Rule struct {
	session bool
	group   string
}

var (
	// None lets everybody pass.
	None = Rule{}

	// Session lets pass who is signed in.
	Session = Rule{session: true}
)

// Group lets pass who is signed in and in the group.
func Group(name string) Rule { return Rule{session: true, group: name} }

// ParseRule reads "none", "session" or "group:NAME"; empty is "none".
func ParseRule(text string) (Rule, error) {
	group, isGroup := strings.CutPrefix(text, "group:")
	switch {
	case text == "", text == "none":
		return None, nil
	case text == "session":
		return Session, nil
	case isGroup && group != "":
		return Group(group), nil
	}
	return Rule{}, &ConfigError{"require", "unknown rule " + quote(text), "write none, session or group:NAME"}
}

// String is what ParseRule reads.
func (r Rule) String() string {
	switch {
	case r.group != "":
		return "group:" + r.group
	case r.session:
		return "session"
	}
	return "none"
}

// A Carry says which token a server gets, and how.
type Carry struct {
	// Provider is whose token it is; empty means the provider signed in with.
	Provider string

	// As is "bearer" (also when empty), "header:NAME" or "cookie:NAME". What the client
	// sends in that place is removed.
	As string
}

// A Limit is how many requests are let through. Requests beyond it get 429.
type Limit struct {
	// PerMinute requests in the long run; Burst at once, at least 1. Burst zero means
	// PerMinute.
	PerMinute, Burst int
}

// A ConfigError says what is wrong with a Config, where, and what to do about it.
type ConfigError struct {
	Where string // "route 2 (/api/:path*): upstream"
	What  string
	Cure  string
}

func (e *ConfigError) Error() string {
	return "gateway: " + e.Where + ": " + e.What + "; " + e.Cure
}
