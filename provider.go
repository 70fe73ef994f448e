package signet

import (
	"context"
	"net/url"
)

// A Provider is a way to sign in: it asks, then answers. It never sees a session, and
// nothing that keeps sessions ever sees a provider, so that every provider works with
// every strategy. Its methods may be called from several goroutines.
type Provider interface {
	// Info describes the provider; it is asked once, by [New].
	Info() Info

	// Begin returns the first step, what the visitor is to do.
	Begin(ctx context.Context, a *Attempt) (Step, error)

	// Finish takes the visitor's answer. An [Identity] ends the attempt. A [*Refused]
	// error says no. What Accounts and Guard of the attempt failed with is to be returned
	// as it is, or wrapped: the visitor may try again later. Any other error is a fault of
	// the configuration, told to the log.
	Finish(ctx context.Context, a *Attempt) (Step, error)
}

// A Registrar is a Provider through which a visitor can open an account.
type Registrar interface {
	// Register checks the fields of the sign-up form and returns the user and the account
	// to store; a [*Refused] says what is wrong with them.
	Register(ctx context.Context, a *Attempt) (User, Account, error)
}

// Info describes a provider to the sign-in page and to next-auth/react.
type Info struct {
	// ID stands in URLs: letters, digits, - and _.
	ID string

	// Type is the word of Auth.js: "credentials" so far.
	Type string

	// Name is shown on the sign-in page.
	Name string

	// SignUp lets visitors open an account; the provider is then a [Registrar].
	SignUp bool

	// MinPassword is how many characters the password of a new account needs, for the hint
	// on the sign-up page; 0 gives none. The provider checks it.
	MinPassword int

	// Fields make the form on the sign-in page; without any the provider is not shown
	// there, as in Auth.js.
	Fields []Field
}

// A Field is one input of a form.
type Field struct {
	Name  string
	Label string // empty: the page's own word for "email", "password", "name"
	Type  string // of the HTML input; empty means "text"
}

// An Attempt is one try to sign in or up.
type Attempt struct {
	// Fields are those of the posted form or JSON object; of repeated ones the last.
	Fields url.Values

	// Accounts shows the provider its own account rows and no others.
	Accounts Records

	// Client tells where the attempt comes from.
	Client Client

	// World is the clock and the randomness to use.
	World World

	guard func(ctx context.Context, account string) error
}

// Guard takes one try from the failure budgets of the account before its secret is checked,
// so that a thousand parallel guesses cost a thousand tries. account is "user:" and the ID of
// the user, or what was typed where there is none, folded. The error is a [*Refused] to be returned
// as it is. A successful sign-in gives its try back.
func (a *Attempt) Guard(ctx context.Context, account string) error {
	if a.guard == nil {
		return nil
	}
	return a.guard(ctx, account)
}

// Client is the other end of a request.
type Client struct {
	IP       string // canonical text, as seen by the first proxy that is not trusted
	Agent    string // User-Agent, at most 256 bytes
	Language string // "ko" or "en"
}

// A Step is what comes next in an attempt: a [Form] or an [Identity].
type Step interface{ step() }

// A Form asks the visitor to fill in fields.
type Form struct{ Fields []Field }

// An Identity is who the visitor turned out to be.
type Identity struct {
	// Subject is the provider's own unchangeable name for this person.
	Subject string

	// UserID names the user, where the provider knows; empty means Subject.
	UserID string

	Name, Email, Image string

	// Methods say how the proof was given, as in RFC 8176: "pwd".
	Methods []string

	// Claims are further members for the session, kept on the server or sealed; the
	// browser sees only those that [SessionConfig.Expose] names.
	Claims Claims
}

func (Form) step()     {}
func (Identity) step() {}

// Records are the account rows of one provider.
type Records struct {
	store    AccountStore
	provider string
}

// Find returns the account with this subject, or [ErrNotFound].
func (r Records) Find(ctx context.Context, subject string) (Account, error) {
	if r.store == nil {
		return Account{}, ErrNotFound
	}
	a, err := r.store.Account(ctx, r.provider, subject)
	return a, fromStore(err)
}

// Save replaces an account found before; [ErrStale] when somebody else was quicker.
func (r Records) Save(ctx context.Context, a Account) (Account, error) {
	if r.store == nil {
		return Account{}, ErrNotFound
	}
	a.Provider = r.provider
	a, err := r.store.SaveAccount(ctx, a)
	return a, fromStore(err)
}
