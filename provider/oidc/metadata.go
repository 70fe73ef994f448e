package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/seal"
	"golang.org/x/net/publicsuffix"
)

const (
	maxMetadata = 64 << 10        // bytes of a discovery document
	fetchTime   = 5 * time.Second // for one call, all of it
)

// Endpoints are the addresses of a provider.
type Endpoints struct{ Authorization, Token, UserInfo, Keys, Revocation, EndSession string }

// named are the end points with their names in a discovery document (OpenID Connect
// Discovery section 3, RFC 8414 section 2).
func (e *Endpoints) named() []endpoint {
	return []endpoint{
		{"authorization_endpoint", &e.Authorization, true}, {"token_endpoint", &e.Token, true}, {"jwks_uri", &e.Keys, true},
		{"userinfo_endpoint", &e.UserInfo, false}, {"revocation_endpoint", &e.Revocation, false}, {"end_session_endpoint", &e.EndSession, false},
	}
}

type endpoint struct {
	name    string
	address *string
	needed  bool
}

// metadata is what we know of a provider.
type metadata struct {
	Endpoints
	issuerInAnswer bool
	auth           oauth2.Auth
}

// pinned gives the metadata if the configuration leaves nothing to discover.
func (c *Config) pinned() (metadata, bool) {
	e := c.Endpoints
	if e.Authorization == "" || e.Token == "" || e.Keys == "" && !c.secretOnly() {
		return metadata{}, false
	}
	return metadata{Endpoints: e, auth: c.Auth}, true
}

// discovery is where the document is: OpenID Connect Discovery section 4.
func (c *Config) discovery() string {
	if c.Discovery != "" {
		return c.Discovery
	}
	return strings.TrimSuffix(c.Issuer, "/") + "/.well-known/openid-configuration"
}

// discover fetches the document.
func (p *Provider) discover(ctx context.Context, w signet.World, _ *metadata) (*metadata, error) {
	body, err := p.fetch(ctx, w, "discovery", p.config.discovery(), maxMetadata)
	if err != nil {
		return nil, err
	}
	return p.config.read(body)
}

// fetch gets a document that does not depend on who asks.
func (p *Provider) fetch(ctx context.Context, w signet.World, op, address string, most int) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("oidc: the URL of an end point cannot be read")
	}
	r.Header.Set("Accept", "application/json")
	for name, values := range p.config.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	reply, err := p.documents.Send(p.reach(w, address), op, r, fetchTime, most)
	if err != nil {
		return nil, err
	}
	if reply.Status != http.StatusOK {
		return nil, &oauth2.Error{Op: op, Status: reply.Status, Err: errNotOK}
	}
	return reply.Body, nil
}

var errNotOK = errors.New("only 200 will do")

// read judges a discovery document. Nothing in it is believed unless its issuer is the one
// that was configured; a document for somebody else means that we asked the wrong one.
func (c *Config) read(document []byte) (*metadata, error) {
	m := &metadata{Endpoints: c.Endpoints, auth: c.Auth}
	names := []string{"issuer", "authorization_response_iss_parameter_supported", "token_endpoint_auth_methods_supported"}
	ends := m.named()
	for _, e := range ends {
		names = append(names, e.name)
	}
	values := make([][]byte, len(names))
	if err := seal.Pick(document, names, values); err != nil {
		return nil, unreadable("discovery", err)
	}
	if issuer, ok := seal.String(values[0]); !ok || issuer != c.Issuer {
		return nil, errors.New("oidc: the discovery document is of another issuer than the configured one, which has to be written in the same way")
	}
	m.issuerInAnswer = string(values[1]) == "true"
	if m.auth == oauth2.AuthDefault {
		m.auth = c.chooseAuth(values[2])
	}
	for i, e := range ends {
		if *e.address != "" {
			continue // pinned
		}
		address, _ := seal.String(values[i+3])
		err := c.checkEndpoint(address)
		switch {
		case err == nil:
			*e.address = address
		case e.needed && !(e.name == "jwks_uri" && c.secretOnly()):
			return nil, fmt.Errorf("oidc: %s of the discovery document: %w", e.name, err)
		}
	}
	return m, nil
}

// unreadable is the error of a document that came whole and makes no sense. It must not wrap
// what a reader says: on the way through a verifier that would become its verdict on a
// token, and end a grant.
func unreadable(op string, err error) error {
	return &oauth2.Error{Op: op, Status: http.StatusOK, Err: errors.New(err.Error())}
}

// chooseAuth picks how to prove ourselves: Basic, which is what silence means, then post.
func (c *Config) chooseAuth(list []byte) oauth2.Auth {
	if c.ClientSecret == "" && c.Secret == nil {
		return oauth2.AuthNone
	}
	basic, post := list == nil, false
	_ = seal.Elements(list, func(value []byte) error { // what is no list offers nothing
		method, _ := seal.String(value)
		basic = basic || method == "client_secret_basic"
		post = post || method == "client_secret_post"
		return nil
	})
	if post && !basic {
		return oauth2.AuthPost
	}
	return oauth2.AuthBasic
}

// checkEndpoint tells whether a discovered address may be used: https, and of the owner of
// the issuer or on a host that the operator has named. Loopback has no owner, so http is for
// issuers that are there themselves.
func (c *Config) checkEndpoint(address string) error {
	if address == "" {
		return errors.New("it is missing")
	}
	if err := oauth2.CheckURL(address); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	host := strings.ToLower(u.Hostname())
	if c.typed(host) {
		return nil
	}
	issuer, err := url.Parse(c.Issuer)
	if owner := ownerOf(host); err == nil && owner != "" && owner == ownerOf(strings.ToLower(issuer.Hostname())) {
		return nil
	}
	return fmt.Errorf("it is on the host %s, whose owner is not that of the issuer; if that is right, name it in Hosts", quoteHost(host))
}

// ownerOf is the registrable domain of a host; "" where it has none, as an IP address.
func ownerOf(host string) string {
	owner, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil || strings.Trim(host, "0123456789.") == "" || strings.Contains(host, ":") {
		return ""
	}
	return owner
}

// quoteHost makes a stranger's host name fit for a log.
func quoteHost(host string) string {
	if len(host) > 100 {
		host = host[:100]
	}
	return fmt.Sprintf("%+q", host)
}

// typedHosts are the hosts that the operator wrote into the configuration: they may be
// anywhere, on loopback or in a private network too.
func (c *Config) typedHosts() []string {
	hosts := slices.Clone(c.Hosts)
	for _, address := range []string{
		c.Issuer, c.Discovery, c.Endpoints.Authorization, c.Endpoints.Token, c.Endpoints.UserInfo,
		c.Endpoints.Keys, c.Endpoints.Revocation, c.Endpoints.EndSession,
	} {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			hosts = append(hosts, u.Hostname())
		}
	}
	return hosts
}

func (c *Config) typed(host string) bool {
	return slices.ContainsFunc(c.typedHosts(), func(h string) bool { return strings.EqualFold(h, host) })
}

// reach is w with the client for an address: one that only the provider named must be
// public.
func (p *Provider) reach(w signet.World, address string) signet.World {
	w = oauth2.Complete(w)
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || p.config.typed(u.Hostname()) {
		return w
	}
	w.HTTP = p.guard.client(w.HTTP, u.Hostname())
	return w
}
