package signet

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/signet-auth/signet/match"
	"github.com/signet-auth/signet/pages"
	"github.com/signet-auth/signet/seal"
)

// Config is what [New] needs to know. Only Secrets (or Keys) is required, and without
// Providers nobody can sign in.
type Config struct {
	// Secrets seal the cookies, newest first. An older secret still opens what it sealed;
	// remove it once the longest session it can have sealed is over. At least 32 bytes
	// each, and none that is known from a tutorial.
	Secrets []string

	// Keys are Secrets with IDs and dates of their own, in the place of Secrets. A format
	// that writes the ID of its key into the cookie, as iron-session does, needs IDs that
	// stay what they are when the oldest key goes.
	Keys seal.Ring

	// AllowWeakSecret takes any secret of 16 bytes or more. For experiments on one's own
	// machine only.
	AllowWeakSecret bool

	// URL is the public origin, "https://app.example.com". A path in it is the base path,
	// as in AUTH_URL of Auth.js. Empty is enough on loopback, where localhost, 127.0.0.1
	// and [::1] are all ours, and behind TrustHost.
	URL string

	// BasePath is where Handler is mounted. Empty means the path of URL, else /api/auth.
	BasePath string

	// TrustHost takes the origin from the Host header of each request, for programs that
	// serve several hosts. Whoever can send any Host can then poison links.
	TrustHost bool

	// TrustedProxies are networks (CIDR) or addresses whose X-Forwarded-For, -Host and
	// -Proto are believed. Nobody's are by default.
	TrustedProxies []string

	// TrustedOrigins are further origins, with scheme, that may post to us and that a
	// sign-in may return to.
	TrustedOrigins []string

	Providers []Provider
	Stores    Stores

	// Mailer writes the letters about addresses and passwords. Nil means the first of
	// Providers that is a Mailer; with neither there are no such letters.
	Mailer  Mailer
	Session SessionConfig

	// Access is about the access tokens that Signet signs for your APIs.
	Access AccessConfig

	// TokenCookies show tokens of providers to servers that read them from a cookie. None by
	// default: tokens are out of the browser's reach.
	TokenCookies []TokenCookie

	// Protect lists Next.js matchers of pages that need a session; see [Auth.Middleware].
	Protect []string

	// Site describes the Next.js application, if any, that Protect is about: its locales and
	// basePath stand in front of paths. The zero value is one without.
	Site match.Site

	Callbacks Callbacks
	Events    Events
	Pages     Pages
	Limits    Limits
	World     World
}

// Strategy says where a session lives.
type Strategy string

const (
	// JWT keeps the session in the cookie, sealed. With a session store there is a row as
	// well, so that people see their sessions and can end them; no request looks it up.
	JWT Strategy = "jwt"

	// Database keeps the session in the store; the cookie is an ID and a secret.
	Database Strategy = "database"
)

// Limits of a session that are used where SessionConfig says nothing.
const (
	DefaultMaxAge   = 30 * 24 * time.Hour
	DefaultAbsolute = 90 * 24 * time.Hour
)

// DefaultCache is the number of sealed cookies that are remembered where SessionConfig
// says nothing.
const DefaultCache = 4096

// SessionConfig says how sessions are kept and for how long.
type SessionConfig struct {
	// Strategy is JWT when empty.
	Strategy Strategy

	// Format is the cookie format written; the zero value is [AuthJS].
	Format Format

	// Accept lists formats that are read as well and written back in Format: sessions that
	// people carry from another application go on here. Nil means the other generation of
	// Auth.js with the strategy JWT and none with Database; an empty list means none.
	Accept []Format

	// MaxAge ends a session that nobody visits; zero means DefaultMaxAge.
	MaxAge time.Duration

	// Absolute ends a session counted from the sign-in, however often it is visited; zero
	// means DefaultAbsolute.
	Absolute time.Duration

	// UpdateAge is how old a session must be to be renewed by a visit. Nil means MaxAge/30,
	// one day at most; zero renews at every read, as Auth.js v5 does.
	UpdateAge *time.Duration

	// Expose names the claims that the browser may see: the member of the session JSON
	// ("role", or "user.role" for one of its user) and the claim it comes from, or a token:
	// "backend.access_token" of a provider, "signet.access_token" for the first of
	// AccessConfig.Audiences.
	Expose map[string]string

	Cookie CookieConfig

	// Cache is how many sealed cookies of a format are remembered as opened before, so that
	// the next visit costs no cryptography; about 1 KiB each. Zero means DefaultCache, less
	// none. Sessions that were ended are refused all the same.
	Cache int
}

// CookieConfig changes the session cookie. The zero value is what Auth.js does.
type CookieConfig struct {
	// Name of the session cookie, with its prefix if it has one. Auth.js v5 derives its
	// keys from it.
	Name string

	// Domain shares the cookie with all hosts below it.
	Domain string

	// SameSite is Lax when zero.
	SameSite http.SameSite

	// Native gives all cookies the __Host- prefix on https and names of our own. The
	// server helpers of Auth.js do not find them.
	Native bool
}

// Callbacks are the application's say. All may be nil; they may run concurrently.
type Callbacks struct {
	// Redirect chooses where to go after signing in or out: to is what was asked for,
	// base our origin. What it returns must be on our origin or a trusted one.
	Redirect func(ctx context.Context, to, base string) string

	// SignIn may refuse: with a [*Refused], with GoTo(url), or with any error, which
	// means AccessDenied.
	SignIn func(ctx context.Context, s *SignIn) error

	// Claims changes what the session carries ("jwt" in Auth.js), with both strategies.
	// [ErrSignOut] ends the session.
	Claims func(ctx context.Context, s *Session, c Change) error

	// Session changes what the browser sees.
	Session func(ctx context.Context, s *Session, v *View) error

	// Allow decides about a request to a protected page ("authorized" in Auth.js); s is
	// nil for nobody. Without it a session is enough.
	Allow func(r *http.Request, s *Session) bool
}

// SignIn is a sign-in that is about to succeed.
type SignIn struct {
	User     User
	Identity Identity
	Provider Info
	NewUser  bool

	// Asked: nobody has proved anything yet; a letter is asked for.
	Asked bool

	carried Claims // of the session that goes on, when a way to sign in is added
}

// A Change tells the Claims callback why it runs.
type Change struct {
	// Trigger is "signIn", "signUp", "update", or "" for a read.
	Trigger string

	// SignIn is set for the first two.
	SignIn *SignIn

	// Data is what the browser sent with update(data): untrusted, nil when missing.
	Data json.RawMessage
}

// Events tell the application what happened. They run after the fact and must not take
// long; all may be nil. Panics and errors of theirs change nothing for the visitor.
type Events struct {
	SignIn     func(ctx context.Context, s *Session, in *SignIn)
	SignOut    func(ctx context.Context, s *Session)
	CreateUser func(ctx context.Context, u User)

	// LinkAccount: u, of whom ID is set, has a new way to sign in.
	LinkAccount func(ctx context.Context, u User, p Info, id Identity)
	Session     func(ctx context.Context, s *Session)
}

// Pages replaces our pages: by paths of the application, as in Auth.js, or by Draw.
type Pages struct {
	SignIn, SignOut, Error, VerifyRequest, NewUser string

	// Step asks further questions. It gets attempt and provider in the query, fetches what
	// is asked from step?attempt=… below the base path, as JSON, and posts the answer with
	// attempt to the provider's callback, as signIn of next-auth/react does.
	Step string

	// Site is the name shown on our pages.
	Site string

	// Draw writes a page in the application's own looks. Headers are already set.
	Draw func(w io.Writer, f pages.Frame, p pages.Page) error
}

// Limits are the failure budgets. Zero values mean the defaults told beside each.
type Limits struct {
	// AccountFree wrong tries cost nothing but the try [10]; after them each has to wait
	// twice as long as the one before, up to 15 minutes, and AccountHard [100] are all
	// there are in a day. A browser that signed in to the account before has its own.
	AccountFree, AccountHard int

	// NetworkPerMinute wrong tries from one address, or one /64 of IPv6 [100].
	NetworkPerMinute int

	// GlobalPerMinute wrong tries altogether [6000].
	GlobalPerMinute int

	// SignUpsPerHour tries to open an account from one network [100].
	SignUpsPerHour int

	// RefreshTokensPerHour are given to one user for programs [300], as each is remembered
	// for as long as it could have been used; see AccessConfig.RefreshLife.
	RefreshTokensPerHour int
}

// World is all that Signet takes from outside of a request. The zero value is the real one.
type World struct {
	Now  func() time.Time
	Rand io.Reader
	Log  *slog.Logger

	// HTTP is for calls to providers. The zero one is a client with deadlines that
	// follows no redirects.
	HTTP *http.Client
}

func (w World) withDefaults() World {
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.Rand == nil {
		w.Rand = rand.Reader
	}
	if w.Log == nil {
		w.Log = slog.Default()
	}
	if w.HTTP == nil {
		w.HTTP = newClient()
	}
	return w
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		field *int
		value int
	}{{&l.AccountFree, 10}, {&l.AccountHard, 100}, {&l.NetworkPerMinute, 100}, {&l.GlobalPerMinute, 6000}, {&l.SignUpsPerHour, 100}, {&l.RefreshTokensPerHour, 300}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return l
}
