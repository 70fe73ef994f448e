package signet

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/signet-auth/signet/token"
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

// A Checker is a Provider that can say what is wrong with its own settings. [New] asks it.
type Checker interface{ Check() error }

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

	// Type is the word of Auth.js: "credentials", "oauth", "oidc" or "email".
	Type string

	// Name is shown on the sign-in page.
	Name string

	// SignUp lets visitors open an account. The provider is then a [Registrar], unless it
	// signs in by mail: there the first letter opens the account.
	SignUp bool

	// MinPassword is how many characters the password of a new account needs, for the hint
	// on the sign-up page; 0 gives none. The provider checks it.
	MinPassword int

	// Fields make the form on the sign-in page; without any a provider of the type
	// credentials is not shown there, as in Auth.js.
	Fields []Field

	// Accounts: a Subject is the provider's own name for somebody and no user ID of ours, so
	// that each has an account row, as with the types oauth and oidc. For checks of fields
	// against somebody else's users.
	Accounts bool

	// FormPost: the answer comes as a form that another site posts (Apple), so the cookie
	// of the attempt must be SameSite=None.
	FormPost bool

	// TrustEmail: an address that this provider has verified may open the account of the
	// same verified address. Each provider's table says whether it is that careful.
	TrustEmail bool

	// Mark is the name of the picture on the button, "kakao"; empty means ID.
	Mark string

	// Region is the language whose readers see the provider first: "ko" for Kakao.
	Region string

	// Origins are where the sign-in form may lead to, "https://kauth.kakao.com": a browser
	// follows a form's redirects only where the policy of the page says so.
	Origins []string

	// RefreshAhead is how long before its end an access token is renewed, for a [Refresher];
	// zero means a minute, or a fifth of the token's life where that is less.
	RefreshAhead time.Duration

	// RevokeAtSignOut gives tokens back when their owner signs out; see [Departer].
	RevokeAtSignOut bool

	// LeaveAtSignOut takes who signs out to the provider too, to end the session there; the
	// provider is then a [Leaver].
	LeaveAtSignOut bool
}

// A Field is one input of a form.
type Field struct {
	Name  string `json:"name"`
	Label string `json:"label,omitempty"` // empty: the page's own word for "email", "password", "name"
	Type  string `json:"type,omitempty"`  // of the HTML input; empty means "text"
}

// An Attempt is one try to sign in, to sign up, or to add a way to sign in.
type Attempt struct {
	// ID is 256 random bits as text. A provider that sends the visitor away sends it along
	// ("state" in OAuth) and finds it in the answer; empty where the answer comes at once.
	ID string

	// Purpose is why.
	Purpose Purpose

	// Callback is where the answer comes to, an absolute URL made of the configuration
	// alone.
	Callback string

	// User is who adds a way to sign in, with ToLink; else nil.
	User *User

	// Fields are those of the posted form or JSON object, or the query of a visitor who
	// comes back; of repeated ones in a form the last. A query with a name twice is
	// refused before a provider sees it.
	Fields url.Values

	// Extra is the query that a sign-in was begun with: prompt, login_hint, scope.
	Extra url.Values

	// Keep is what the last step asked to keep: a verifier, a nonce. It was sealed in the
	// visitor's browser meanwhile.
	Keep []byte

	// Accounts shows the provider its own account rows and no others.
	Accounts Records

	// Client tells where the attempt comes from.
	Client Client

	// World is the clock, the randomness and the HTTP client to use.
	World World

	guard func(ctx context.Context, account string) error
}

// Purpose is why somebody proves who they are.
type Purpose int

const (
	ToSignIn Purpose = iota
	ToLink           // add this way to sign in to User
)

// Guard takes one try from the failure budgets of the account before its secret is checked,
// so that a thousand parallel guesses cost a thousand tries. account is "user:" and the ID of
// the user, or what was typed where there is none, folded. The error is a [*Refused] to be returned
// as it is. A successful sign-in gives its try back. Answers to a further question are counted
// for the account of the first answer by themselves; the same account again costs nothing.
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

// A Step is what comes next in an attempt: a [Form], a [Redirect], a [Mail] or an
// [Identity].
type Step interface{ step() }

// A Form asks the visitor to fill in fields: those of the sign-in page where Begin returns
// it without Keep, and else a further question, on a page of its own. A provider that asks
// for a code after the password returns one from Finish, and gets the answer with what it
// kept. Nobody is signed in before the last answer, of which there may be five. A [*Refused]
// of the Kind CredentialsSignin (the usual one) asks the same once more.
type Form struct {
	Fields []Field // at most 8 of a further question

	// Code is why it is asked again: a plain word, as in [Refused]. Empty means that the
	// answer before was right.
	Code string

	// Said is shown beside the fields, in the provider's own words: where a code was sent.
	Said string

	Keep []byte // at most 1536 bytes; sealed, and not readable in the browser
}

// A Redirect sends the visitor to another site, which sends them back to Callback.
type Redirect struct {
	To   string
	Keep []byte // at most 512 bytes
}

// A Mail writes to somebody: who can read it, and shows so in the same browser, has the
// address. Secrets, their lives and counts are the business of package signet; the
// provider is a [Mailer] and sends the letter.
type Mail struct {
	To   string // as [ParseEmail] gives it
	Keep []byte // at most 512 bytes
}

// An Identity is who the visitor turned out to be.
type Identity struct {
	// Subject is the provider's own unchangeable name for this person.
	Subject string

	// UserID names the user, where the provider knows; empty means the user whose account
	// this subject is, or a new one.
	UserID string

	Name, Email, Image string

	// EmailVerified says that the provider has proved the address. Whether that is enough
	// to open an account that exists is for [Info.TrustEmail] to say.
	EmailVerified bool

	// Methods say how the proof was given, as in RFC 8176: "pwd".
	Methods []string

	// Groups are those that the provider says. They are the session's where the user has
	// none here.
	Groups []string

	// Claims are further members for the session, kept on the server or sealed; the
	// browser sees only those that [SessionConfig.Expose] names.
	Claims Claims

	// Tokens are the provider's, for back ends; nil where there are none. They are kept
	// with the account, encrypted, and renewed at every sign-in.
	Tokens *Tokens

	// Profile is what the provider said about the person, a JSON object, for callbacks.
	Profile json.RawMessage
}

// Tokens are those of a provider.
type Tokens = token.Set

// ErrEnded is what a [Refresher] answers when the grant is over.
var ErrEnded = token.ErrEnded

// A Refresher is a Provider that can renew its tokens. An error that wraps [ErrEnded] ends
// the grant; any other leaves it as it is.
type Refresher interface {
	Refresh(ctx context.Context, w World, old Tokens) (Tokens, error)
}

// A Revoker is a Provider whose tokens can be given back: at unlinking and when the user is
// deleted, and at sign-out where Info says so. That the provider does not know a token any
// more is no error. An error that wraps [ErrEnded], or has a method Outage() bool that says
// false, is final; after any other it is called again, so it may be called once too often.
type Revoker interface {
	Revoke(ctx context.Context, w World, t Tokens) error
}

// A Departer is a [Revoker] that takes tokens back in another way when their owner only
// signs out: one that ends them and keeps the consent that they stand on.
type Departer interface {
	SignedOut(ctx context.Context, w World, t Tokens) error
}

// A Leaver is a Provider with sessions of its own that can be ended
// (OpenID Connect RP-Initiated Logout 1.0).
type Leaver interface {
	// EndSession is where to send somebody whose ID token is given; from there they come to
	// back.
	EndSession(ctx context.Context, w World, idToken, back, state string) (string, error)
}

// A Mailer sends letters. Its methods may be called from several goroutines.
type Mailer interface {
	// Mail hands a letter over for delivery; it returns when the next server has taken
	// it, or with an error.
	Mail(ctx context.Context, l Letter) error
}

// A Letter is a mail that Signet writes. Link and Code open something: they belong into the
// mail and nowhere else.
type Letter struct {
	Kind LetterKind
	To   string // exactly one address
	Lang string // "ko" or "en"
	Site string // the name of the site; may be empty
	Link string // absolute; empty where there is none
	Code string // six digits; empty where there is none
	Ends time.Time

	// Was is the address before, in a letter about a change.
	Was string
}

// LetterKind is what a letter is about.
type LetterKind string

const (
	LetterSignIn  LetterKind = "sign-in"         // a link and a code
	LetterVerify  LetterKind = "verify"          // prove the address of an account
	LetterReset   LetterKind = "reset"           // choose a new password
	LetterChange  LetterKind = "change"          // prove a new address
	LetterChanged LetterKind = "changed"         // to the old address: it was replaced
	LetterNewPass LetterKind = "password"        // the password was changed
	LetterKnown   LetterKind = "known"           // somebody tried to sign up with this address, which has an account
	LetterNew     LetterKind = "new-sign-in-way" // a way to sign in was added
)

func (Form) step()     {}
func (Redirect) step() {}
func (Mail) step()     {}
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
