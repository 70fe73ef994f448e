package backend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// A Challenge says how the back end asks a second question, a code by message or from an
// app, and how it wants to have the answer. The question is a page (or JSON) of package
// signet's, wrong answers ask once more, and nobody is signed in before the right one.
type Challenge struct {
	// Status is the one under which an answer is a question. 202 where there is neither it
	// nor When; with both, both have to fit.
	Status int

	// When is a place in the answer, as in Mapping. Something true there makes the answer a
	// question: "mfaRequired"; with a value behind a =, that text or number alone:
	// "status=MFA_REQUIRED".
	When string

	// URL is where the answer goes, as Config.URL; empty means there. It is posted, in JSON
	// or as a form like the first.
	URL string

	// Fields ask for the answer. Nil means one, code.
	Fields []signet.Field

	// Send names the members of the body and the fields that fill them, as Config.Send: of
	// Fields, and of Repeat. Nil sends each under its own name. Extra are members that are
	// always the same.
	Send, Extra map[string]string

	// Repeat are fields of the sign-in form that are sent again. Passwords cannot be: they
	// are not kept.
	Repeat []string

	// Token is the place in the question of what the back end knows it by again. Empty means
	// the first of challengeToken, challenge_token, challengeId, challenge_id, mfaToken,
	// mfa_token, tempToken, temp_token, stateToken, transactionId, transaction_id, session
	// and ticket that is there, if one is, in the answer, its data or its result.
	Token string

	// With is where that goes. The zero Carry means a member of the body with the name that
	// it came under.
	With Carry

	// Methods are added to those of the sign-in (RFC 8176). Nil means otp where Fields is
	// nil, and none else.
	Methods []string
}

// tokenNames are the usual names of what a challenge is known by.
var tokenNames = []string{
	"challengeToken", "challenge_token", "challengeId", "challenge_id", "mfaToken", "mfa_token", "tempToken", "temp_token",
	"stateToken", "transactionId", "transaction_id", "session", "ticket",
}

// complete fills in what is left out.
func (ch Challenge) complete(address string) *Challenge {
	if ch.Status == 0 && ch.When == "" {
		ch.Status = http.StatusAccepted
	}
	if ch.URL == "" {
		ch.URL = address
	}
	if ch.Fields == nil {
		ch.Fields = []signet.Field{{Name: "code"}}
		if ch.Methods == nil {
			ch.Methods = []string{"otp"}
		}
	}
	return &ch
}

// check tells the first thing that is wrong.
func (ch *Challenge) check(c *Config) error {
	if err := checkURL(ch.URL, c.InsecureHTTP); err != nil {
		return fmt.Errorf("URL: %w", err)
	}
	if len(ch.Fields) == 0 {
		return errors.New("it asks for nothing")
	}
	for _, f := range ch.Fields {
		if f.Name == "" || f.Name == "attempt" || slices.Contains(own, f.Name) {
			return fmt.Errorf("a field cannot be called %q", f.Name)
		}
	}
	for _, name := range ch.Repeat {
		if c.isSecret(name) {
			return fmt.Errorf("%q is a secret, and not kept", name)
		}
	}
	for name := range ch.Send {
		if c.Form && strings.HasPrefix(name, "/") {
			return fmt.Errorf("a form has no member of a member, as %q is", name)
		}
	}
	if _, err := c.with(ch).encode(ch.Send); err != nil {
		return err
	}
	if ch.With.In == Body && ch.With.Name == "" {
		return nil
	}
	return ch.With.check()
}

// with is the configuration of the call that brings the answer.
func (c *Config) with(ch *Challenge) *Config {
	second := *c
	second.Send, second.Extra, second.Exchange = ch.Send, ch.Extra, nil
	return &second
}

// isSecret tells whether a field of the sign-in form is one.
func (c *Config) isSecret(name string) bool {
	return secretName(name) || slices.ContainsFunc(c.Fields, func(f signet.Field) bool { return f.Type == "password" && f.Name == name })
}

// asks tells whether an answer is a question.
func (ch *Challenge) asks(r reply, top level) bool {
	if ch == nil || ch.Status != 0 && r.status != ch.Status {
		return false
	}
	if ch.When == "" {
		return true
	}
	place, want, exact := strings.Cut(ch.When, "=")
	raw := top.at(path(place))
	if exact {
		return raw != nil && (text(raw) == want || string(raw) == want)
	}
	switch string(raw) {
	case "", "null", "false", `""`, "0", "[]", "{}":
		return false
	}
	return true
}

// kept is what the browser holds, sealed, until the answer comes.
type kept struct {
	Fields map[string]string `json:"f,omitempty"` // of Repeat
	Name   string            `json:"n,omitempty"` // under which the token came
	Token  string            `json:"t,omitempty"`
}

// form is the question for the visitor.
func (p *Provider) form(r reply, top level, q question, before kept) (signet.Step, error) {
	ch := p.config.Challenge
	k := before
	if name, token := ch.token(top); token != "" {
		k.Name, k.Token = name, token
	}
	if k.Token == "" && ch.Token != "" {
		return nil, r.fault(errNoChallenge)
	}
	keep, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	q.secrets = append(q.secrets, k.Token)
	return signet.Form{Fields: ch.Fields, Said: p.config.said(r, answer{top: top}, q), Keep: keep}, nil
}

// token finds what the question is known by, and the name it came under.
func (ch *Challenge) token(top level) (name, token string) {
	if ch.Token != "" {
		names := path(ch.Token)
		return names[len(names)-1], carried(top.at(names))
	}
	for _, l := range []level{top, top.in("data"), top.in("result")} {
		for _, name := range tokenNames {
			if token := carried(l[name]); token != "" {
				return name, token
			}
		}
	}
	return "", ""
}

// carried reads a token that can go anywhere, or a number.
func carried(raw []byte) string {
	if token := idOf(raw); isToken(token) {
		return token
	}
	return ""
}

// reply posts the answer to a question and judges what comes back, as at the first sign-in.
func (p *Provider) reply(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	var k kept
	if p.config.Challenge == nil || json.Unmarshal(a.Keep, &k) != nil {
		return nil, errors.New("backend: an answer to a question that nobody asked")
	}
	c := p.config.with(p.config.Challenge)
	q, err := c.replied(a, p.config.Challenge, k)
	if err != nil {
		return nil, err
	}
	return p.call(ctx, a, q, k, func(ctx context.Context) (*http.Request, error) {
		ch := p.config.Challenge
		carry := ch.With
		if carry.In == Body && carry.Name == "" {
			carry.Name = k.Name
		}
		r, err := newRequest(ctx, c, http.MethodPost, ch.URL, q.body, carry, k.Token)
		if err == nil {
			q.about(r)
		}
		return r, err
	})
}

// replied reads the form of an answer.
func (c *Config) replied(a *signet.Attempt, ch *Challenge, k kept) (question, error) {
	q := question{body: map[string]string{}, lang: a.Client.Language}
	if c.ForwardIP {
		q.ip = a.Client.IP
	}
	typed := maps.Clone(k.Fields)
	if typed == nil {
		typed = map[string]string{}
	}
	for _, f := range ch.Fields {
		value := a.Fields.Get(f.Name)
		if value == "" {
			return q, wrong("an empty answer")
		}
		typed[f.Name] = value
		q.secrets = append(q.secrets, value)
	}
	if ch.Send == nil {
		maps.Copy(q.body, typed)
	}
	for name, field := range ch.Send {
		q.body[name] = typed[field]
	}
	maps.Copy(q.body, ch.Extra)
	q.secrets = append(q.secrets, k.Token)
	return q, nil
}

// call asks the back end and makes a step of its answer: another question, an identity, or
// a refusal.
func (p *Provider) call(ctx context.Context, a *signet.Attempt, q question, before kept, request func(context.Context) (*http.Request, error)) (signet.Step, error) {
	w := complete(a.World)
	if wait, open := p.login.open(w.Now()); open {
		return nil, &signet.Refused{Code: "busy", Kind: "Busy", RetryAfter: wait, Err: &Error{Op: opLogin, Err: errResting}}
	}
	r, err := request(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := p.login.send(w, opLogin, r)
	if err != nil {
		return nil, err
	}
	if top := levelOf(reply.body); p.config.Challenge.asks(reply, top) {
		return p.form(reply, top, q, before)
	}
	return p.identified(reply, q, w.Now(), a.Keep != nil)
}

// identified is the identity in an answer. second says that a question came before.
func (p *Provider) identified(r reply, q question, now time.Time, second bool) (signet.Step, error) {
	id, err := p.answered(r, q, now)
	if err != nil {
		return nil, err
	}
	if second {
		id.Methods = append(slices.Clip(id.Methods), p.config.Challenge.Methods...)
	}
	return id, nil
}

// repeated are the fields that the answer to a question is sent with.
func (c *Config) repeated(fields url.Values) map[string]string {
	if c.Challenge == nil {
		return nil
	}
	out := map[string]string{}
	for _, name := range c.Challenge.Repeat {
		if value := fields.Get(name); value != "" {
			out[name] = value
		}
	}
	return out
}
