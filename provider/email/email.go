// Package email lets people in by a letter: whoever can read the mail of an address, and
// shows so in the browser that asked for it, has the address. It also writes the other
// letters of Signet (a new password, a changed address), in Korean and English.
//
// It owns the text of letters, how they are put into a message and how that is handed to a
// mail server by SMTP. It owns no secret: links, codes, their lives and budgets are made by
// package signet, which asks a [Provider] to send them. An [Outbox] keeps letters on a page
// instead of sending them, for development.
//
// A letter goes to one recipient and is handed over at most once. Everything in its headers
// comes from the configuration or has been checked; nothing that a visitor has typed is
// there, except the address it goes to.
//
// Domains beyond ASCII are written as A-labels, as [signet.ParseEmail] gives them. A local
// part beyond ASCII needs a mail server that offers SMTPUTF8 (RFC 6531), else the letter is
// refused before anything of it is sent; for all other letters the extension is left alone,
// since a server further on might not have it.
package email

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/signet-auth/signet"
)

// Config says how letters are sent and signed. Server and From are needed, or Mailer.
type Config struct {
	// ID stands in URLs. Empty means "email", as in Auth.js 4; its version 5 has
	// "nodemailer", "resend" and others, by the service that sends.
	ID string

	// Name is shown on the sign-in page; empty means "Email".
	Name string

	// SignUp opens an account for an address that has none, as Auth.js does. Without it
	// only those who are known get a letter; everybody hears the same answer.
	SignUp bool

	// Server takes the letters.
	Server Server

	// From is the sender's address, in ASCII. Answers and failed deliveries come to it.
	From string

	// FromName stands beside From; empty means the name of the site.
	FromName string

	// Render writes a letter; nil means [Render]. A subject with a line break or another
	// control character is refused, an empty html makes a letter of text alone. What it
	// puts into html it has to escape itself.
	Render func(l signet.Letter) (subject, text, html string, err error)

	// Mailer, if set, gets the letters instead of Server: an [Outbox], or the HTTP
	// interface of a mail service.
	Mailer signet.Mailer

	// World is the clock for Date and the randomness for Message-ID; zero ones are the
	// real ones. Deadlines of connections are in real time.
	World signet.World
}

// New returns the provider. Its error is a [*signet.ConfigError].
func New(c Config) (*Provider, error) {
	if c.ID == "" {
		c.ID = "email"
	}
	if c.Name == "" {
		c.Name = "Email"
	}
	if c.World.Now == nil {
		c.World.Now = time.Now
	}
	if c.World.Rand == nil {
		c.World.Rand = rand.Reader
	}
	if c.Render == nil {
		c.Render = func(l signet.Letter) (string, string, string, error) { return Render(l, c.World.Now()) }
	}
	if c.Mailer == nil {
		if err := c.complete(); err != nil {
			return nil, err
		}
	}
	return &Provider{c: c}, nil
}

// complete checks and fills in what sending by SMTP needs.
func (c *Config) complete() error {
	from, err := signet.ParseEmail(c.From)
	if err != nil || !ascii(from) {
		return &signet.ConfigError{Field: "email.From", What: "is no e-mail address in ASCII", Cure: `give the address that letters come from, "hello@example.com"`}
	}
	if !oneLine(c.FromName) {
		return &signet.ConfigError{Field: "email.FromName", What: "holds control characters", Cure: "leave them out"}
	}
	c.From = from
	return c.Server.complete()
}

// A Provider sends a letter and takes what was in it as proof. It is also the
// [signet.Mailer] for all other letters. Its methods may be called from several goroutines.
type Provider struct{ c Config }

var (
	_ signet.Provider = (*Provider)(nil)
	_ signet.Mailer   = (*Provider)(nil)
)

// Info describes the provider. It is trusted with addresses: proving one is all it does.
func (p *Provider) Info() signet.Info {
	return signet.Info{
		ID: p.c.ID, Type: "email", Name: p.c.Name, TrustEmail: true, Mark: "email", SignUp: p.c.SignUp,
		Fields: []signet.Field{{Name: "email", Type: "email"}},
	}
}

// Begin asks for a letter to the address in the field email, and keeps the address for
// Finish. One that breaks the grammar is refused, as Auth.js 4 does it.
func (p *Provider) Begin(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	to, err := signet.ParseEmail(a.Fields.Get("email"))
	if err != nil {
		return nil, &signet.Refused{Code: "address", Kind: "EmailSignin", Err: err}
	}
	return signet.Mail{To: to, Keep: []byte(to)}, nil
}

// Finish says whose the address is that the letter went to. Package signet calls it when
// the secret of the letter was right, with the Keep of the step that wrote it: the address
// comes from there alone, since the fields were typed by whoever holds the link. A field
// email that names another address is refused.
func (p *Provider) Finish(_ context.Context, a *signet.Attempt) (signet.Step, error) {
	address, err := signet.ParseEmail(string(a.Keep))
	if err != nil {
		return nil, verification(errors.New("email: the attempt does not hold the address of the letter"))
	}
	subject := signet.FoldEmail(address)
	if typed := a.Fields.Get("email"); typed != "" {
		// A link has the address as it was stored; a person may type it in other letters.
		other, err := signet.ParseEmail(typed)
		if err != nil || signet.FoldEmail(other) != subject {
			return nil, verification(errors.New("email: the answer names another address than the letter went to"))
		}
	}
	return signet.Identity{Subject: subject, Email: address, EmailVerified: true, Methods: []string{"otp"}}, nil
}

// verification is what Auth.js says to a link that leads nowhere.
func verification(err error) error {
	return &signet.Refused{Code: "address", Kind: "Verification", Err: err}
}

// Mail writes the letter and hands it to the mail server, or to Config.Mailer. It takes no
// longer than Server.Timeout. Where the server does not take it, the error is a
// [*SendError].
func (p *Provider) Mail(ctx context.Context, l signet.Letter) error {
	if p.c.Mailer != nil {
		return p.c.Mailer.Mail(ctx, l)
	}
	w, err := write(l, p.c.Render)
	if err != nil {
		return err
	}
	m, err := p.message(w)
	if err != nil {
		return err
	}
	return p.deliver(ctx, m, w.To)
}

// Check connects to the mail server, with encryption and log-in as configured, and leaves
// without a letter. With Config.Mailer there is nothing to check.
func (p *Provider) Check(ctx context.Context) error {
	if p.c.Mailer != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.c.Server.Timeout)
	defer cancel()
	v, err := p.visit(ctx, false)
	if err != nil {
		return err
	}
	v.leave()
	return nil
}

// Format writes who sends and by which server, without the password.
func (c Config) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "email.Config{ID: %q, From: %q, Server: %v}", c.ID, c.From, c.Server)
}

// LogValue is Format for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format writes what the configuration of the provider writes.
func (p Provider) Format(s fmt.State, verb rune) { p.c.Format(s, verb) }

// LogValue is Format for log/slog.
func (p Provider) LogValue() slog.Value { return p.c.LogValue() }
