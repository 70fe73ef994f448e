package signet

import (
	"errors"
	"fmt"
	"time"
)

// A Refused is the answer "no": not a fault, and the visitor is told. Providers and the
// SignIn callback return it.
type Refused struct {
	// Code is the word in the URL: for a wrong password "credentials", which is what
	// Auth.js says. Lower-case letters, digits, - and _; anything else is not shown.
	Code string

	// Kind is the error of Auth.js that is shown; empty means CredentialsSignin.
	Kind string

	// RetryAfter, when not zero, says that trying sooner is of no use.
	RetryAfter time.Duration

	// Said is what the back end said in its own words: shown as text on our page, never in
	// a URL.
	Said string

	// Err is for the log and never for the visitor.
	Err error
}

func (r *Refused) Error() string {
	if r.Err != nil {
		return fmt.Sprintf("signet: refused (%s): %v", r.Code, r.Err)
	}
	return "signet: refused (" + r.Code + ")"
}

func (r *Refused) Unwrap() error { return r.Err }

// A GoTo, returned by the SignIn callback, refuses the sign-in and sends the visitor to
// another page of the site.
type GoTo string

func (g GoTo) Error() string { return "signet: go to " + string(g) }

// ErrSignOut, returned by the Claims callback, ends the session.
var ErrSignOut = errors.New("signet: sign out")

// Errors of Auth.js that are shown as they are; every other becomes Configuration
// (@auth/core@0.41.3 lib/utils/errors).
const (
	kindCredentials   = "CredentialsSignin"
	kindAccessDenied  = "AccessDenied"
	kindMissingCSRF   = "MissingCSRF"
	kindConfiguration = "Configuration"
	kindTooMany       = "TooManyRequests"
	kindBusy          = "Busy"
)

// A ConfigError says what is wrong with a [Config] and what to do about it.
type ConfigError struct {
	Field string // as in Config: "Session.Format"
	What  string
	Cure  string
}

func (e *ConfigError) Error() string {
	return "signet: " + e.Field + ": " + e.What + "; " + e.Cure
}
