// Package backend signs people in at a log-in end point that exists already: it posts what
// the visitor typed, or a token the visitor has, to a back end of the site's own, and reads
// who the user is and which tokens there are out of the answer.
//
// It owns the call (one per attempt, never repeated), where things are in the answers of
// usual back ends, and how their tokens are renewed and given back. What a back end says to
// somebody whom it refuses reaches that visitor, as text.
//
// It does not own users, sessions, or where tokens are kept: that is package signet's
// business. It checks no signature of a token, which came straight from the back end and is
// opaque to everybody else; a token that a visitor brings says nothing about who they are
// until the back end has answered. A back end that asks a second question (a code by
// message) needs a [Challenge]; the page for the answer is package signet's.
package backend

import (
	"context"
	"net/http"
	"time"

	"github.com/signet-auth/signet"
)

// Config describes a back end. URL is needed, and nothing else where its answers are usual.
type Config struct {
	// ID stands in URLs, "backend" when empty. Any will do: signIn("credentials", …) reaches
	// the back end whose ID is "credentials". Name is shown, "Credentials" when empty.
	ID, Name string

	// Fields make the form on the sign-in page. Nil means e-mail and password, and no form
	// where there is an Exchange.
	Fields []signet.Field

	// URL is the log-in end point. http is for hosts that look private (loopback, private
	// addresses, names without a dot or under .local, .internal and the like), unless
	// InsecureHTTP lets passwords go to any host unencrypted.
	URL          string
	InsecureHTTP bool

	// Form posts the fields as a form; else they are a JSON object of texts.
	Form bool

	// Header goes with every call to the back end: an API key.
	Header http.Header

	// Send names the members of the body and the fields of the sign-in form that fill them:
	// "username": "email". A name like "/user/email" makes a member of a member, in JSON.
	// Nil sends every field, under its own name, but those that are Auth.js's own.
	Send map[string]string

	// Extra are members of the body that are always the same: "grant_type": "password".
	Extra map[string]string

	// Account is the field by which failure budgets count. Empty means the one of email,
	// username, login, identifier, userId, loginId, phone and the first of Fields that is
	// filled in. A form that fills in two of them is refused, since a field that the back
	// end ignores would make every guess look like another account. Where the back end knows
	// people by another name, set it, and Send: else guesses count by network alone.
	Account string

	// ForwardIP tells the back end the visitor's address, in X-Forwarded-For, so that its
	// own limits do not count everybody as one.
	ForwardIP bool

	// OK are the statuses that mean yes, nil every 2xx. Refuse are those that mean no, nil
	// 400, 401, 403, 422 and 423. Whatever is in neither is a fault and not the visitor's,
	// also HTML under a status other than 401; 429 asks the visitor to wait.
	OK, Refuse []int

	// Exchange, if set, takes a token instead of a password.
	Exchange *Exchange

	// Challenge, if set, says how the back end asks a second question.
	Challenge *Challenge

	// Map says where things are in the answer.
	Map Mapping

	// ForeignIDs says that the back end's user IDs are not those of the users here: each
	// gets one of our own. Set it for a second back end, or beside users of other origin;
	// without it a back end's 7 is the user 7, and where that is somebody else already, the
	// sign-in is refused.
	ForeignIDs bool

	// Claims are further members for the session and where they are in the answer:
	// "role": "user.role". Tokens and passwords are refused here, and taken out of objects.
	Claims map[string]string

	// EmailVerified says that this back end lets in nobody whose address it has not proved.
	EmailVerified bool

	// TokenCookie and RefreshCookie are cookies of the answer that hold the tokens,
	// TokenHeader a header that holds the access token ("Authorization"). They come before
	// what is in the body.
	TokenCookie, RefreshCookie, TokenHeader string

	// RefreshURL renews tokens; empty means that nothing does. RefreshWith is where the
	// refresh token goes, the member refreshToken of the body when zero. RefreshEnded are
	// statuses, beside 401, by which the back end says that the grant is over; under 400 and
	// 403 its words have to say so.
	RefreshURL   string
	RefreshWith  Carry
	RefreshEnded []int

	// RefreshAhead is how long before its end an access token is renewed; zero: see
	// [signet.Info].
	RefreshAhead time.Duration

	// LogoutURL takes tokens back: the access token as Bearer, and the refresh token as
	// RefreshWith says, unless that is Bearer as well. RevokeAtSignOut: see [signet.Info].
	LogoutURL       string
	RevokeAtSignOut bool
}

// An Exchange signs in with a token that the visitor has: signIn("credentials",
// {accessToken}). The end point is called with that token and answers who the user is. The
// token's own claims are not asked, as anybody may have written them. It is kept as the
// access token, unless the answer has another.
type Exchange struct {
	// Field of the sign-in form holds the token, accessToken when empty.
	Field string

	// With is where it goes. The zero Carry means a member of the body, named like Field;
	// Header, Cookie and Bearer send no other field of the form.
	With Carry

	// Method is POST when empty. GET is for end points like /me, and sends no body; net/http
	// may send one again that was lost with an idle connection.
	Method string
}

// A Carry says where a token stands in a request.
type Carry struct {
	In Place

	// Name is that of the member, the header or the cookie; Bearer needs none.
	Name string
}

// Place is a part of a request.
type Place int

const (
	Body   Place = iota // a member of the JSON object or of the form
	Bearer              // Authorization: Bearer
	Cookie
	Header
)

// A Mapping says where things are in an answer, as JSON pointers ("/data/user/id") or with
// dots ("data.user.id"). They are looked up in the answer, then among the claims of the
// access token that is in it. An empty one means the usual places: the names below, in
// order, in the answer itself, its user, its data, its data.user, its result and its
// result.user; tokens also in tokens and token of each. What is not there, or of another
// type, is no value.
type Mapping struct {
	// Subject is the user's unchangeable ID, a text or an integer: id, _id, userId, user_id,
	// memberId, uid, uuid, pk, sub. There has to be one. Never take an address or a login
	// name for it where those can change hands.
	Subject string

	// Name: name, displayName, display_name, nickname, fullName, full_name, username,
	// userName. Email: email, mail, emailAddress, email_address. Image: image, picture,
	// avatar, avatarUrl, avatar_url, profileImage, profile_image; https only.
	Name, Email, Image string

	// EmailVerified must be true itself to count. There is no usual place.
	EmailVerified string

	// Groups is a list of texts, of objects with a name or an authority, or one text with
	// commas or blanks. There is no usual place.
	Groups string

	// Access: accessToken, access_token, access, token, jwt. Refresh: refreshToken,
	// refresh_token, refresh. ID: idToken, id_token.
	Access, Refresh, ID string

	// Expires is the end of the access token: a number or digits of at most ten years are
	// seconds from now, others Unix seconds or milliseconds; or "15m", an ISO 8601 time with
	// its zone, or an HTTP date. expiresIn, expires_in, accessTokenExpiresIn,
	// accessTokenExpires, accessTokenExpiresAt, expiresAt, expires_at, expires, expiry, exp.
	// An exp in the token itself counts if it is earlier or alone. RefreshExpires:
	// refreshTokenExpiresIn, refresh_token_expires_in, refreshExpiresIn, refresh_expires_in,
	// refreshTokenExpiresAt, refreshExpiresAt.
	Expires, RefreshExpires string

	// Message is what the back end says to people: message, error_description, detail, msg,
	// error, reason, title, errors, non_field_errors. Of lists and objects the texts in
	// them.
	Message string
}

// A Provider asks a back end.
type Provider struct {
	config Config
	fault  error // of the configuration
	login  fuse
	renew  fuse
}

var (
	_ signet.Provider  = (*Provider)(nil)
	_ signet.Refresher = (*Provider)(nil)
	_ signet.Revoker   = (*Provider)(nil)
)

// New makes a provider. It asks nobody; what is wrong with c is told by Check, and by every
// sign-in. c must not be changed afterwards.
func New(c Config) *Provider {
	if c.ID == "" {
		c.ID = "backend"
	}
	if c.Name == "" {
		c.Name = "Credentials"
	}
	if c.Exchange != nil {
		x := *c.Exchange
		if x.Field == "" {
			x.Field = "accessToken"
		}
		if x.With.Name == "" && x.With.In == Body {
			x.With.Name = x.Field
		}
		if x.Method == "" {
			x.Method = http.MethodPost
		}
		c.Exchange = &x
	} else if c.Fields == nil {
		c.Fields = []signet.Field{{Name: "email", Type: "email"}, {Name: "password", Type: "password"}}
	}
	if c.Challenge != nil {
		c.Challenge = c.Challenge.complete(c.URL)
	}
	if c.RefreshWith.Name == "" && c.RefreshWith.In == Body {
		c.RefreshWith.Name = "refreshToken"
	}
	if c.Refuse == nil {
		c.Refuse = []int{400, 401, 403, 422, 423}
	}
	return &Provider{config: c, fault: c.check()}
}

// Check says what is wrong with the configuration, nil if nothing is.
func (p *Provider) Check() error { return p.fault }

// Info describes the provider.
func (p *Provider) Info() signet.Info {
	c := p.config
	return signet.Info{ID: c.ID, Type: "credentials", Name: c.Name, Fields: c.Fields, Accounts: true, RefreshAhead: c.RefreshAhead, RevokeAtSignOut: c.RevokeAtSignOut}
}

// Begin returns the form.
func (p *Provider) Begin(context.Context, *signet.Attempt) (signet.Step, error) {
	if p.fault != nil {
		return nil, p.fault
	}
	return signet.Form{Fields: p.config.Fields}, nil
}

// Finish asks the back end. A second question of its is a [signet.Form], whose answer comes
// here again. A "no" is a [*signet.Refused] with what the back end said; a
// back end that is out of order, or answers what nobody can read, is an [*Error].
func (p *Provider) Finish(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	if p.fault != nil {
		return nil, p.fault
	}
	if a.Keep != nil {
		return p.reply(ctx, a)
	}
	asked, err := p.question(a)
	if err != nil {
		return nil, err
	}
	if err := a.Guard(ctx, asked.account); err != nil {
		return nil, err
	}
	first := kept{Fields: p.config.repeated(a.Fields)}
	return p.call(ctx, a, asked, first, func(ctx context.Context) (*http.Request, error) {
		return asked.request(ctx, &p.config)
	})
}
