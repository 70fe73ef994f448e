package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/match"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/store/sqlite"
)

// openStore reads the configuration and opens the database that it names, which is
// brought up to date on the way. Close the store when done.
func openStore(ctx context.Context, io *terminal, at placeFlags) (*sqlite.Store, config, error) {
	c, err := loadConfig(io, at)
	if err != nil {
		return nil, config{}, err
	}
	store, err := sqlite.Open(ctx, c.database, sqlite.Options{})
	if err != nil {
		return nil, config{}, err
	}
	return store, c, nil
}

// An opened is everything that a configuration stands for.
type opened struct {
	auth   *signet.Auth
	store  *sqlite.Store
	hasher *password.Hasher // of all providers, since its limits are for the whole process

	letters *letters
	now     func() time.Time
}

// A setting is what the command line adds to a configuration.
type setting struct {
	weak bool // take weak secrets
	now  func() time.Time
	log  *slog.Logger
	http *http.Client // for calls to providers; nil is the one of package signet
}

// open makes everything over the store, which stays the caller's to close.
func (c *config) open(ctx context.Context, store *sqlite.Store, s setting) (*opened, error) {
	o := &opened{store: store, hasher: &password.Hasher{}, now: s.now}
	if err := imitate(ctx, o.hasher, store, c.passwordProvider()); err != nil {
		return nil, err
	}
	var err error
	o.auth, o.letters, err = c.make(store.Stores(), o.hasher, s)
	return o, err
}

// sampled is how many users are looked at to find out what their passwords cost.
const sampled = 32

// imitate makes a sign-in of nobody cost what those of the users here cost, whose hashes
// may have come from another app: else the time would tell who has an account.
func imitate(ctx context.Context, h *password.Hasher, store *sqlite.Store, provider string) error {
	users, err := store.Users(ctx, "", sampled)
	if err != nil {
		return err
	}
	var hashes []string
	for _, u := range users {
		account, err := store.Account(ctx, provider, signet.FoldEmail(u.Email))
		if err == nil {
			hashes = append(hashes, string(account.Data))
		} else if !errors.Is(err, signet.ErrNotFound) {
			return err
		}
	}
	// Fails where there are no hashes, or none that can be read: a hash of today is
	// imitated then.
	_ = h.Imitate(hashes...)
	return nil
}

// make turns the configuration into that of package signet. What signet says against it is
// told with its place in the file.
func (c *config) make(stores signet.Stores, hasher *password.Hasher, s setting) (*signet.Auth, *letters, error) {
	l, err := c.makeLetters(s)
	if err != nil {
		return nil, nil, &configErrors{c.mail.explain(c.places, "mail", err)}
	}
	providers, err := c.makeProviders(hasher, l, s)
	if err != nil {
		return nil, nil, err
	}
	auth, err := signet.New(signet.Config{
		Keys:            ringFrom(c.secrets),
		AllowWeakSecret: s.weak,
		URL:             c.url,
		BasePath:        c.basePath,
		TrustHost:       c.trusting(),
		TrustedProxies:  c.trustedProxies,
		TrustedOrigins:  c.trustedOrigins,
		Providers:       providers,
		Mailer:          l.mailer,
		Stores:          stores,
		Session:         c.session.make(),
		Access:          c.access.make(),
		TokenCookies:    c.tokenCookies(),
		Protect:         c.protect,
		Site:            c.protectSite(),
		Callbacks:       signet.Callbacks{Allow: c.allow()},
		Pages:           c.makePages(),
		Limits:          c.limits,
		World:           signet.World{Now: s.now, Log: s.log, HTTP: s.http},
	})
	if err != nil {
		return nil, nil, c.explain(err)
	}
	return auth, l, nil
}

// chooseProviders settles the ways to sign in where nobody listed any: by password, and
// where only this machine is served, everybody may open an account. The demo then shows
// letters as well, on a page.
func (c *config) chooseProviders(demo bool) {
	if c.chosen {
		return
	}
	c.providers = []providerConfig{{kind: kindCredentials, id: kindCredentials, signUp: !c.forOutside()}}
	if demo && !c.forOutside() {
		c.providers = append(c.providers, providerConfig{
			kind: kindEmail, id: kindEmail, signUp: true, mail: mailConfig{outbox: c.mail == nil},
		})
	}
}

// makeProviders makes them in their order, which is that of the sign-in page.
func (c *config) makeProviders(hasher *password.Hasher, l *letters, s setting) ([]signet.Provider, error) {
	var list []signet.Provider
	for i, p := range c.providers {
		made, err := p.make(hasher, l, s)
		if err != nil {
			return nil, &configErrors{p.mail.explain(c.places, c.keyOfProvider(i), err)} // was tried by check
		}
		list = append(list, made)
	}
	return list, nil
}

func (p *providerConfig) make(hasher *password.Hasher, l *letters, s setting) (signet.Provider, error) {
	switch {
	case p.kind == kindBackend:
		return p.makeBackend(), nil
	case p.kind == kindEmail:
		return p.makeEmail(l, s.now)
	case p.kind == kindOIDC:
		return p.makeOIDC(), nil
	case p.kind == kindOAuth2:
		return p.makeOAuth2(), nil
	case p.isSocial():
		return p.makeSocial()
	}
	return credentials.Passwords(credentials.PasswordOptions{
		Options: credentials.Options{ID: p.id, Name: p.name}, SignUp: p.signUp, Hasher: hasher,
	}), nil
}

func (c *config) makePages() signet.Pages {
	p := c.pages
	p.Site = c.site
	return p
}

func (s *sessionConfig) make() signet.SessionConfig {
	out := signet.SessionConfig{
		Strategy:  signet.Strategy(s.strategy),
		Format:    s.written().make(),
		MaxAge:    s.maxAge,
		Absolute:  s.absolute,
		UpdateAge: s.updateAge,
		Expose:    s.expose,
		Cookie:    signet.CookieConfig{Name: s.cookie.name, Domain: s.cookie.domain, Native: s.cookie.native},
	}
	switch s.cookie.sameSite {
	case "lax":
		out.Cookie.SameSite = http.SameSiteLaxMode
	case "strict":
		out.Cookie.SameSite = http.SameSiteStrictMode
	case "none":
		out.Cookie.SameSite = http.SameSiteNoneMode
	}
	if s.cache != nil {
		out.Cache = *s.cache
		if *s.cache == 0 {
			out.Cache = -1
		}
	}
	if s.chosen {
		out.Accept = []signet.Format{} // none, where none are listed
	}
	for _, a := range s.accept {
		out.Accept = append(out.Accept, a.make())
	}
	return out
}

// written is the format that sessions are written in.
func (s *sessionConfig) written() acceptConfig {
	return acceptConfig{format: s.format, algorithm: s.algorithm, claims: s.claims}
}

// allow lets everybody see what is public, and somebody who is signed in see the rest.
// It is nil where nothing is public.
func (c *config) allow() func(*http.Request, *signet.Session) bool {
	if len(c.public) == 0 {
		return nil
	}
	var patterns []match.Pattern
	for _, text := range c.public {
		p, err := match.Parse(text)
		if err != nil {
			panic(fmt.Sprintf("signet: public: %v", err)) // was tried when it was read
		}
		patterns = append(patterns, p...)
	}
	set, err := match.Compile(match.Site{}, patterns...)
	if err != nil {
		panic(fmt.Sprintf("signet: public: %v", err))
	}
	return func(r *http.Request, s *signet.Session) bool {
		return s != nil || isPublic(set, r)
	}
}

// protectSite is the Next.js application that `protect` is about.
func (c *config) protectSite() match.Site {
	if len(c.protect) == 0 {
		return match.Site{}
	}
	return c.gateway.app
}

// isPublic is the counterpart of a protecting rule and as careful: a path is only public in
// the one spelling that every server reads the same way, and a picture at /_next/image only
// where the picture itself is.
func isPublic(set *match.Set, r *http.Request) bool {
	path, err := match.Canonical(r.RequestURI)
	if err != nil || path != r.URL.EscapedPath() {
		return false
	}
	fetched, ok := match.Fetches(r.RequestURI)
	if !ok {
		return false
	}
	for _, target := range append(fetched, r.RequestURI) {
		if covered, err := set.Match(match.Request{Target: target, Header: r.Header, Host: r.Host}); err != nil || !covered {
			return false
		}
	}
	return true
}
