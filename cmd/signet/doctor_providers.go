package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/provider/email"
	"github.com/signet-auth/signet/provider/oauth2"
)

// providerWait bounds what is asked of one provider. All are asked at once.
const providerWait = 5 * time.Second

// providers looks at the ways to sign in, and asks those elsewhere whether they know us.
func (d *diagnosis) providers(ctx context.Context, c *config, io *terminal) {
	const check = "sign-in"
	d.problems(check, c.exposedOutbox())
	for _, name := range socialKinds() {
		if variable := envName(name, "ID"); io.Env(variable) != "" && !c.hasKind(name) {
			d.warn(check, "add `- type: "+name+"` to `providers`, or remove the variable", "%s is set, and no provider of that type is listed", variable)
		}
	}
	if len(c.providers) == 0 {
		d.warn(check, "add `providers: [{type: credentials}]`", "there is no way to sign in")
		return
	}
	var names []string
	for _, p := range c.providers {
		names = append(names, p.id)
		if p.signUp {
			names[len(names)-1] += " (visitors may open accounts)"
		}
	}
	d.ok(check, "%s", strings.Join(names, ", "))
	for _, found := range c.askProviders(ctx, io) {
		for _, f := range found.Findings {
			d.add(f)
		}
	}
}

func (c *config) hasKind(kind string) bool {
	for _, p := range c.providers {
		if p.kind == kind {
			return true
		}
	}
	return false
}

// askProviders asks all at once; the findings are in the order of the providers, with those
// about `mail` in front.
func (c *config) askProviders(ctx context.Context, io *terminal) []diagnosis {
	ctx, cancel := context.WithTimeout(ctx, providerWait)
	defer cancel()
	s := setting{now: io.Now, log: slog.New(slog.DiscardHandler), http: io.HTTP}
	l, err := c.makeLetters(s)
	if err != nil {
		return nil // told when it was read
	}
	found := make([]diagnosis, 1+len(c.providers))
	var asked sync.WaitGroup
	if sender, ok := l.mailer.(*email.Provider); ok {
		asked.Go(func() { found[0].mailServer(ctx, "mail", sender) })
	}
	for i, p := range c.providers {
		made, err := p.make(&password.Hasher{}, l, s)
		if err != nil {
			continue
		}
		asked.Go(func() { found[1+i].provider(ctx, c, &p, made, s) })
	}
	asked.Wait()
	return found
}

func (d *diagnosis) provider(ctx context.Context, c *config, p *providerConfig, made signet.Provider, s setting) {
	switch sender, sends := made.(*email.Provider); {
	case p.isOAuth():
		d.elsewhere(ctx, c, p, made, s)
		d.quirks(c, p)
	case p.kind == kindBackend:
		d.backEnd(ctx, p, s)
	case sends && p.mail.said() && !p.mail.outbox:
		d.mailServer(ctx, p.id, sender)
	case p.kind == kindEmail && c.usesOutbox():
		d.ok(p.id, "letters are not sent, but shown at %s", outboxPath)
	}
}

// elsewhere begins a sign-in as a visitor would, and brings back a code that nobody gave
// out: what the provider says to that tells whether it knows us.
func (d *diagnosis) elsewhere(ctx context.Context, c *config, p *providerConfig, made signet.Provider, s setting) {
	callback := c.callbackURL(p.id)
	a := &signet.Attempt{
		ID: rand.Text() + rand.Text(), Callback: callback,
		World: signet.World{Now: s.now, Rand: rand.Reader, Log: s.log, HTTP: s.http},
	}
	step, err := made.Begin(ctx, a)
	to, ok := step.(signet.Redirect)
	if err != nil || !ok {
		d.notReached(p, err)
		return
	}
	where, err := url.Parse(to.To)
	if err != nil {
		d.wrong(p.id, "look at its addresses", "cannot be asked: %v", err)
		return
	}
	a.Keep = to.Keep
	a.Fields = url.Values{"state": {a.ID}, "code": {"signet-doctor"}}
	if p.kind == kindOIDC && !strings.Contains(p.oauth.issuer, "{") {
		a.Fields.Set("iss", p.oauth.issuer)
	}
	_, err = made.Finish(ctx, a)
	d.judge(p, where.Host, callback, err)
	scopes := where.Query().Get("scope")
	switch {
	case scopes == "":
		d.ok(p.id, "asks for no scopes")
	default:
		d.ok(p.id, "asks for the scopes %s", scopes)
	}
	d.note(p.id, "register it there, letter by letter", "sends visitors back to %s", callback)
	if p.kind == "kakao" {
		d.kakaoPage(ctx, p.id, to.To, s)
	}
}

// judge reads what a provider said to a code that it never gave out.
func (d *diagnosis) judge(p *providerConfig, host, callback string, err error) {
	var e *oauth2.Error
	if !errors.As(err, &e) {
		d.ok(p.id, "answers at %s", host)
		return
	}
	text := strings.ToLower(e.Code + " " + e.Text)
	switch {
	case e.Outage() && e.Status != http.StatusOK:
		d.notReached(p, err)
	case strings.Contains(text, "redirect_uri_mismatch"), strings.Contains(text, "koe303"):
		d.wrong(p.id, "register "+callback+" there, letter by letter", "%s does not know our redirect URI", host)
	case strings.Contains(text, "invalid_client"), strings.Contains(text, "client_credentials"), strings.Contains(text, "client_secret"),
		strings.Contains(text, "client secret"), strings.Contains(text, "unauthorized_client"), strings.Contains(text, "koe010"), strings.Contains(text, "koe101"):
		d.wrong(p.id, secretCure(p), "%s refuses the client ID or its secret: %s", host, said(e))
	case e.Code == "invalid_grant", e.Code == "bad_verification_code", e.Code == "invalid_code":
		d.ok(p.id, "%s knows the client ID and its secret", host)
	default:
		d.ok(p.id, "answers at %s", host)
	}
}

// said is what a provider answered, shortly.
func said(e *oauth2.Error) string { return strings.TrimSpace(e.Code + " " + e.Text) }

func secretCure(p *providerConfig) string {
	if p.kind == "kakao" {
		return "KOE010 is a wrong secret, or one that is switched on there and missing here; KOE101 a key that is not the REST API key"
	}
	return "compare both with the page of the app there; a secret that was made anew replaces the old one"
}

// fault is what package oauth2 or oidc says, without its name in front.
func fault(err error) string {
	text := err.Error()
	for _, name := range []string{"oauth2: ", "oidc: ", "email: ", "social: "} {
		text = strings.TrimPrefix(text, name)
	}
	return text
}

// notReached tells of a provider that gives no answer, or one that is not its own.
func (d *diagnosis) notReached(p *providerConfig, err error) {
	var no *signet.Refused
	var e *oauth2.Error
	switch {
	case err == nil:
		d.wrong(p.id, "look at its settings", "does not send visitors anywhere")
	case errors.As(err, &e), errors.As(err, &no):
		if e != nil {
			err = e
		}
		d.warn(p.id, "see whether this machine may call it, and ask again later", "cannot be reached: %s", fault(err))
	default:
		d.wrong(p.id, "look at its settings", "%s", fault(err))
	}
}

// backEnd asks for the log-in end point without logging in. Any answer will do.
func (d *diagnosis) backEnd(ctx context.Context, p *providerConfig, s setting) {
	const cure = "start the back end, or correct `url`"
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, p.backend.URL, nil)
	if err != nil {
		d.wrong(p.id, cure, "the url cannot be read")
		return
	}
	client := s.http
	if client == nil {
		client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	answer, err := client.Do(r)
	if err != nil {
		var bad *url.Error
		if errors.As(err, &bad) {
			err = bad.Err // without the URL
		}
		d.warn(p.id, cure, "%s does not answer: %v", r.URL.Host, err)
		return
	}
	answer.Body.Close()
	d.ok(p.id, "answers at %s", r.URL.Host)
}

// mailServer connects, encrypts and logs in, and leaves without a letter.
func (d *diagnosis) mailServer(ctx context.Context, check string, sender *email.Provider) {
	err := sender.Check(ctx)
	var bad *email.SendError
	switch {
	case err == nil:
		d.ok(check, "the mail server takes letters from us")
	case errors.As(err, &bad) && bad.Code != 0:
		d.wrong(check, "look at `server`, its user and its password", "the mail server refuses us: %s", fault(err))
	default:
		d.warn(check, "see whether this machine may call it, and which port it wants", "the mail server cannot be reached: %s", fault(err))
	}
}

// callbackURL is where a provider sends visitors back to.
func (c *config) callbackURL(id string) string {
	return c.publicOrigin() + c.base() + "/callback/" + id
}

// publicOrigin is what visitors type, as far as it is known.
func (c *config) publicOrigin() string {
	if u, err := url.Parse(c.url); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	_, port, _ := net.SplitHostPort(c.listen)
	return "http://localhost:" + port
}
