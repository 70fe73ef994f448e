package main

import (
	"errors"
	"net/mail"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/email"
)

// A mailConfig says who sends letters, and in whose name.
type mailConfig struct {
	server, password secret
	from, fromName   string
	security         string
	outbox           bool // shown on a page instead of sent
}

// inOutbox is the word for letters that are not sent.
const inOutbox = "outbox"

func (m *mailConfig) keys() []key {
	return []key{
		{"server", m.takeServer},
		{"password", oneSecret(&m.password)},
		{"security", choice(&m.security, "tls", "starttls", "insecure-plain")},
		{"from", text(&m.from)},
		{"from_name", text(&m.fromName)},
	}
}

// takeServer takes the URL of a mail server, which may have a password in it, or the word
// outbox.
func (m *mailConfig) takeServer(r *reader, n node) {
	if s, ok := n.Node.(*ast.StringNode); ok {
		if s.Value == inOutbox {
			m.outbox = true
			return
		}
		if u, err := email.ParseServer(s.Value); err == nil && u.Password == "" {
			m.server = newSecret(s.Value, r.place(n.Node), "") // no secret at all
			return
		}
	}
	oneSecret(&m.server)(r, n)
}

// takeMail takes how letters are sent: a group, or the word outbox.
func (c *config) takeMail(r *reader, n node) {
	c.mail = &mailConfig{}
	if s, ok := n.Node.(*ast.StringNode); ok {
		if c.mail.outbox = s.Value == inOutbox; !c.mail.outbox {
			r.wrong(n, "is neither a group of settings nor outbox", "write `mail: {server: …, from: …}`, or `mail: outbox` to see letters on a page")
		}
		return
	}
	section(c.mail.keys())(r, n)
}

// said tells whether anything about sending was said here.
func (m *mailConfig) said() bool { return m.outbox || m.server.text != nil || m.from != "" }

// completeMail takes from the environment what Auth.js has there.
func (m *mailConfig) complete(env func(string) string) {
	if m.outbox {
		return
	}
	if m.server.text == nil {
		if v := env("EMAIL_SERVER"); v != "" {
			m.server = newSecret(v, "environment: EMAIL_SERVER", "")
		}
	}
	if m.from == "" {
		m.from = env("EMAIL_FROM")
	}
}

// usesOutbox tells whether letters are shown on a page instead of sent.
func (c *config) usesOutbox() bool {
	if c.mail != nil && c.mail.outbox {
		return true
	}
	for _, p := range c.providers {
		if p.kind == kindEmail && p.mail.outbox {
			return true
		}
	}
	return false
}

// checkEmail finds what is missing in a sign-in by letter.
func (c *config) checkEmail(at string, p providerConfig) []problem {
	if !p.mail.said() && c.mail != nil {
		return nil // checkMail judges that one
	}
	return p.mail.check(c.places, at)
}

// checkMail finds what is missing in how letters are sent.
func (c *config) checkMail() []problem {
	var problems []problem
	if c.mail != nil {
		problems = c.mail.check(c.places, "mail")
	}
	return problems
}

// exposedOutbox tells of letters that others than this machine could read.
func (c *config) exposedOutbox() []problem {
	if !c.usesOutbox() || !c.forOutside() {
		return nil
	}
	at := c.places.of("mail")
	for i, p := range c.providers {
		if p.mail.outbox {
			at = c.places.of(c.keyOfProvider(i) + ".server")
		}
	}
	return []problem{{at, "an outbox shows every letter to whoever looks, and others than this machine are served", "name a mail server: `server: smtp://user@smtp.example.com:587`"}}
}

func (m *mailConfig) check(places places, at string) []problem {
	if m.outbox {
		return nil
	}
	if m.server.none() {
		return []problem{{places.of(at), at + ": has no mail server", "set EMAIL_SERVER, or write `server: smtp://user@smtp.example.com:587`; `server: outbox` shows letters on a page, on this machine"}}
	}
	if m.from == "" {
		return []problem{{places.of(at), at + ": has no sender", "set EMAIL_FROM, or write `from: hello@example.com`"}}
	}
	_, err := m.make(email.Config{})
	return m.explain(places, at, err)
}

// explain turns what package email says into a problem with a place.
func (m *mailConfig) explain(places places, at string, err error) []problem {
	if err == nil {
		return nil
	}
	var bad *signet.ConfigError
	if !errors.As(err, &bad) {
		return []problem{{m.server.from, at + ".server: " + strings.TrimPrefix(err.Error(), "email: "), "look at the mail server's own page for host, port and user"}}
	}
	key := map[string]string{
		"email.From": "from", "email.FromName": "from_name", "email.Server.Security": "security", "email.Server.Username": "server",
	}[bad.Field]
	if key == "" {
		key = "server"
	}
	return []problem{{places.of(at + "." + key), at + "." + key + ": " + bad.What, bad.Cure}}
}

// make is the sender of letters; base has what is known besides.
func (m *mailConfig) make(base email.Config) (*email.Provider, error) {
	server, err := email.ParseServer(m.server.plain())
	if err != nil {
		return nil, err
	}
	if !m.password.none() {
		server.Password = m.password.plain()
	}
	server.Security = email.Security(m.security)
	if m.security == "" && strings.HasPrefix(m.server.plain(), "smtps:") {
		server.Security = email.ImplicitTLS
	}
	base.Server, base.From, base.FromName = server, m.from, m.fromName
	// "Site <hello@example.com>", as EMAIL_FROM of Auth.js may be.
	if a, err := mail.ParseAddress(m.from); err == nil {
		base.From = a.Address
		if base.FromName == "" {
			base.FromName = a.Name
		}
	}
	return email.New(base)
}

// letters are what sends them: the mailers of a configuration.
type letters struct {
	outbox *email.Outbox // nil where nothing ends in one
	mailer signet.Mailer // of `mail`; nil where there is none
}

// makeLetters makes them. now may be nil.
func (c *config) makeLetters(s setting) (*letters, error) {
	l := &letters{}
	if c.usesOutbox() {
		l.outbox = &email.Outbox{Log: s.log, Now: s.now}
	}
	switch {
	case c.mail == nil:
	case c.mail.outbox:
		l.mailer = l.outbox
	default:
		var err error
		if l.mailer, err = c.mail.make(email.Config{World: signet.World{Now: s.now}}); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// makeEmail is the sign-in by letter.
func (p *providerConfig) makeEmail(l *letters, now func() time.Time) (signet.Provider, error) {
	base := email.Config{ID: p.id, Name: p.name, SignUp: p.signUp, World: signet.World{Now: now}}
	switch {
	case p.mail.outbox:
		base.Mailer = l.outbox
	case !p.mail.said() && l.mailer != nil:
		base.Mailer = l.mailer
	default:
		return p.mail.make(base)
	}
	return email.New(base)
}
