package main

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
)

// A backendConfig is what `type: backend` is told: a log-in end point that exists already.
type backendConfig struct {
	backend.Config
	body     string
	header   map[string]*secret
	exchange *exchangeConfig
	second   *challengeConfig
	refresh  carryConfig
	fields   []signet.Field
}

// A challengeConfig says how the back end asks a second question.
type challengeConfig struct {
	backend.Challenge
	with carryConfig
}

// An exchangeConfig says where the token of the visitor goes.
type exchangeConfig struct {
	field, method string
	with          carryConfig
}

type carryConfig struct{ in, name string }

func (b *backendConfig) keys() []key {
	return []key{
		{"url", backendURL(&b.URL)},
		{"insecure_http", flag(&b.InsecureHTTP)},
		{"body", choice(&b.body, "json", "form")},
		{"fields", inputs(&b.fields)},
		{"send", pairs(&b.Send)},
		{"extra", pairs(&b.Extra)},
		{"header", headers(&b.header)},
		{"account", text(&b.Account)},
		{"forward_ip", flag(&b.ForwardIP)},
		{"ok", statuses(&b.OK)},
		{"refuse", statuses(&b.Refuse)},
		{"exchange", b.takeExchange},
		{"challenge", b.takeChallenge},
		{"map", section(b.mapKeys())},
		{"claims", pairs(&b.Claims)},
		{"email_verified", flag(&b.EmailVerified)},
		{"token_cookie", text(&b.TokenCookie)},
		{"refresh_cookie", text(&b.RefreshCookie)},
		{"token_header", text(&b.TokenHeader)},
		{"refresh_url", backendURL(&b.RefreshURL)},
		{"refresh_with", section(b.refresh.keys())},
		{"refresh_ended", statuses(&b.RefreshEnded)},
		{"logout_url", backendURL(&b.LogoutURL)},
		{"revoke_at_sign_out", flag(&b.RevokeAtSignOut)},
	}
}

func (b *backendConfig) mapKeys() []key {
	m := &b.Map
	return []key{
		{"id", text(&m.Subject)}, {"name", text(&m.Name)}, {"email", text(&m.Email)}, {"image", text(&m.Image)},
		{"email_verified", text(&m.EmailVerified)}, {"groups", text(&m.Groups)},
		{"access_token", text(&m.Access)}, {"refresh_token", text(&m.Refresh)}, {"id_token", text(&m.ID)},
		{"expires", text(&m.Expires)}, {"refresh_expires", text(&m.RefreshExpires)}, {"message", text(&m.Message)},
	}
}

var carries = map[string]backend.Place{"body": backend.Body, "bearer": backend.Bearer, "cookie": backend.Cookie, "header": backend.Header}

func (c *carryConfig) keys() []key {
	return []key{{"in", choice(&c.in, "body", "bearer", "cookie", "header")}, {"name", text(&c.name)}}
}

func (c carryConfig) make() backend.Carry { return backend.Carry{In: carries[c.in], Name: c.name} }

func (b *backendConfig) takeExchange(r *reader, n node) {
	x := &exchangeConfig{}
	section(append([]key{
		{"field", text(&x.field)},
		{"method", choice(&x.method, "POST", "GET")},
	}, x.with.keys()...))(r, n)
	b.exchange = x
}

// takeChallenge: a group, or true for what is usual.
func (b *backendConfig) takeChallenge(r *reader, n node) {
	c := &challengeConfig{}
	b.second = c
	if _, yes := n.Node.(*ast.BoolNode); yes {
		on := true
		flag(&on)(r, n)
		if !on {
			b.second = nil
		}
		return
	}
	section(append([]key{
		{"status", status(&c.Status)},
		{"when", text(&c.When)},
		{"url", backendURL(&c.URL)},
		{"fields", inputs(&c.Fields)},
		{"send", pairs(&c.Send)},
		{"extra", pairs(&c.Extra)},
		{"repeat", words(&c.Repeat)},
		{"token", text(&c.Token)},
		{"methods", words(&c.Methods)},
	}, c.with.keys()...))(r, n)
}

// inputs takes those of a form: names, or groups with a label and a type.
func inputs(to *[]signet.Field) func(*reader, node) {
	return func(r *reader, n node) {
		*to = []signet.Field{}
		sequence(takeInput(to))(r, n)
	}
}

func takeInput(to *[]signet.Field) func(*reader, node) {
	return func(r *reader, n node) {
		var f signet.Field
		switch n.Node.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			section([]key{
				{"name", text(&f.Name)}, {"label", text(&f.Label)},
				{"type", choice(&f.Type, "text", "email", "password", "tel", "number")},
			})(r, n)
		default:
			text(&f.Name)(r, n)
		}
		switch strings.ToLower(f.Name) {
		case "":
			return
		case "password", "email":
			if f.Type == "" {
				f.Type = strings.ToLower(f.Name)
			}
		}
		*to = append(*to, f)
	}
}

// secrets are those that may be in the environment.
func (b *backendConfig) secrets() []*secret { return secretsIn(b.header) }

// checkBackend finds what is missing, and asks package backend about the rest.
func (p *providerConfig) checkBackend(places places, at string) []problem {
	place := places.of(at)
	if p.backend.URL == "" {
		return []problem{{place, at + ": has no url", "write the address of the log-in end point that you have: `url: http://127.0.0.1:8080/api/login`"}}
	}
	if err := p.makeBackend().Check(); err != nil {
		return []problem{{place, at + ": " + strings.TrimPrefix(err.Error(), "backend: "), "correct the settings of the provider"}}
	}
	return nil
}

func (p *providerConfig) makeBackend() *backend.Provider {
	b := &p.backend
	c := b.Config
	c.ID, c.Name, c.Fields, c.Form = p.id, p.name, b.fields, b.body == "form"
	c.RefreshAhead = p.refreshAhead
	c.Header, c.RefreshWith = requestHeader(b.header), b.refresh.make()
	if x := b.exchange; x != nil {
		c.Exchange = &backend.Exchange{Field: x.field, Method: x.method, With: x.with.make()}
	}
	if ch := b.second; ch != nil {
		second := ch.Challenge
		second.With = ch.with.make()
		c.Challenge = &second
	}
	return backend.New(c)
}
