package signet

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/match"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/token"
)

// Auth signs people in. Make one with [New] and Close it in the end. Its methods may be
// called from several goroutines.
type Auth struct {
	config    Config
	world     World
	log       *slog.Logger
	origin    string // "" when it comes from the request
	basePath  string
	providers []registered
	proxies   []netip.Prefix
	trusted   map[string]bool // origins
	protect   []*match.Set    // one for each of protectSites
	updateAge time.Duration
	touchAge  time.Duration
	keeper    keeper
	keys      atomic.Pointer[keys]
	onlyV4    bool // nobody but next-auth v4 is spoken to
	revoked   *revoked
	budget    *budget
	outbox    *outbox
	stats     stats

	rekey      sync.Mutex // held while keys change
	ring       seal.Ring
	accessRing seal.Ring // Access.Keys, or those of the last Rekey
	formatList []Format  // the first is written
	burnt      burnt     // attempts, where there is no store

	granted       map[string]*granter // by provider
	carriedGrants token.Memory        // of sessions without a store
	exposed       []string            // providers of which browsers see tokens
	exposesID     bool                // and one of them is an ID token
	unfit         sync.Map            // names of token cookies whose token was too large once

	formTargets []string // origins that the forms of our pages may lead to

	stop context.CancelFunc
	done sync.WaitGroup
}

// registered is a provider with what it says of itself.
type registered struct {
	Provider
	info Info
}

// New checks the configuration and makes an Auth of it. An error is a [*ConfigError] where
// the configuration is at fault, else the store's. With a store that is a [Feed] it reads
// the revocations first and then follows them until Close.
func New(c Config) (*Auth, error) {
	a := &Auth{config: c, world: c.World.withDefaults()}
	a.log = a.world.Log
	a.config.Limits = c.Limits.withDefaults()
	for _, step := range []func() error{a.setPlace, a.setPages, a.setSession, a.setKeys, a.setProviders, a.checkExpose, a.checkAccess, a.checkTokenCookies, a.setGrants, a.setProtect} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	a.revoked = newRevoked()
	if !a.keepsGrants() {
		a.revoked.forgetGrants = a.forgetCarried
	}
	a.budget = &budget{a: a, store: c.Stores.counters()}
	a.outbox = newOutbox(a)
	return a, a.start()
}

// Close ends what runs in the background. It does not close stores.
func (a *Auth) Close() error {
	a.stop()
	a.closeGrants()
	a.done.Wait()
	return nil
}

// setPlace settles origin, base path and whom to believe about them.
func (a *Auth) setPlace() error {
	path := a.config.BasePath
	if a.config.URL != "" {
		u, err := url.Parse(a.config.URL)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
			return &ConfigError{"URL", "not an http or https origin", `write it as "https://app.example.com"`}
		}
		a.origin, _ = canonicalOrigin(u.Scheme + "://" + u.Host)
		if p := strings.TrimRight(u.Path, "/"); p != "" && path == "" {
			path = p
		}
		if a.origin == "" {
			return &ConfigError{"URL", "its host is not a host name or address in ASCII", `write international names in their xn-- form`}
		}
	}
	if path == "" {
		path = "/api/auth"
	}
	a.basePath = "/" + strings.Trim(path, "/")
	if strings.ContainsAny(a.basePath, "?#%\\ ") || strings.Contains(a.basePath, "//") || a.basePath == "/" {
		return &ConfigError{"BasePath", "not a plain path", `write it as "/api/auth"`}
	}
	a.trusted = map[string]bool{}
	for i, o := range a.config.TrustedOrigins {
		canonical, ok := canonicalOrigin(o)
		if !ok {
			return &ConfigError{fmt.Sprintf("TrustedOrigins[%d]", i), "not an origin", `write it as "https://app.example.com", with scheme and without path`}
		}
		a.trusted[canonical] = true
	}
	var err error
	a.proxies, err = parsePrefixes(a.config.TrustedProxies)
	return err
}

// setPages wants paths: one without a slash would become a part of the host name.
func (a *Auth) setPages() error {
	p := a.config.Pages
	for _, page := range []struct{ field, path string }{
		{"SignIn", p.SignIn}, {"SignOut", p.SignOut}, {"Error", p.Error}, {"VerifyRequest", p.VerifyRequest}, {"NewUser", p.NewUser}, {"Step", p.Step},
	} {
		if page.path == "" {
			continue
		}
		if _, ok := cleanTarget(page.path); !ok || page.path[0] != '/' || strings.ContainsFunc(page.path, notInReturn) {
			return &ConfigError{"Pages." + page.field, "not a path of this site", `write it as "/login"`}
		}
	}
	return nil
}

func (a *Auth) setSession() error {
	s := &a.config.Session
	switch s.Strategy {
	case "":
		s.Strategy = JWT
	case JWT:
	case Database:
		if a.config.Stores.Sessions == nil {
			return &ConfigError{"Session.Strategy", "database sessions need a store", "set Stores.Sessions, or use the strategy jwt"}
		}
	default:
		return &ConfigError{"Session.Strategy", "unknown", "use jwt or database"}
	}
	if s.MaxAge == 0 {
		s.MaxAge = DefaultMaxAge
	}
	if s.Absolute == 0 {
		s.Absolute = max(DefaultAbsolute, s.MaxAge)
	}
	if s.MaxAge < time.Second || s.Absolute < s.MaxAge {
		return &ConfigError{"Session.MaxAge", "shorter than a second, or longer than Absolute", "set Absolute to the longest a session may last at all"}
	}
	a.touchAge = min(s.MaxAge/30, 24*time.Hour)
	a.updateAge = a.touchAge
	if s.UpdateAge != nil {
		a.updateAge = *s.UpdateAge
	}
	if a.updateAge < 0 || a.updateAge >= s.MaxAge {
		return &ConfigError{"Session.UpdateAge", "not between zero and MaxAge", "leave it out, or make it a small part of MaxAge"}
	}
	if s.Strategy == Database {
		a.keeper = stored{a}
	} else {
		a.keeper = sealed{a}
	}
	return nil
}

func (a *Auth) setProviders() error {
	seen := map[string]bool{}
	for i, p := range a.config.Providers {
		info := p.Info()
		field := fmt.Sprintf("Providers[%d]", i)
		if !plainWord(info.ID) {
			return &ConfigError{field, fmt.Sprintf("the id %q cannot stand in a URL", info.ID), "use letters, digits, - and _"}
		}
		if seen[info.ID] {
			return &ConfigError{field, fmt.Sprintf("the id %q is there twice", info.ID), "give one of them another id"}
		}
		if _, ok := p.(Registrar); info.SignUp && (!ok && info.Type != "email" || a.config.Stores.Users == nil) {
			return &ConfigError{field, "sign-up needs a store for users", "set Stores.Users and Stores.Accounts, or switch sign-up off"}
		}
		if c, ok := p.(Checker); ok {
			if err := c.Check(); err != nil {
				return &ConfigError{field, err.Error(), "correct the settings of the provider " + strconv.Quote(info.ID)}
			}
		}
		if _, ok := p.(Mailer); info.Type == "email" && (!ok || a.config.Stores.Tickets == nil) {
			return &ConfigError{field, "signs in by mail, which takes a Mailer and a store for one-time values", "set Stores.Tickets"}
		}
		seen[info.ID] = true
		a.providers = append(a.providers, registered{p, info})
		a.formTargets = append(a.formTargets, info.Origins...)
	}
	a.formTargets = append(a.formTargets, a.config.TrustedOrigins...)
	return nil
}

func (a *Auth) setProtect() error {
	var patterns []match.Pattern
	for _, text := range a.config.Protect {
		p, err := match.Parse(text)
		if err != nil {
			return &ConfigError{"Protect", err.Error(), "see the matcher guide; `signet match` tries patterns"}
		}
		patterns = append(patterns, p...)
	}
	for i, site := range a.protectSites() {
		set, err := match.Compile(site, patterns...)
		if err != nil {
			return &ConfigError{"Protect", err.Error(), "see the matcher guide; `signet match` tries patterns"}
		}
		warnings, err := set.Protects()
		if err != nil {
			return &ConfigError{"Protect", err.Error(), "leave out has and missing: a visitor chooses the headers"}
		}
		for _, w := range warnings {
			if i == 0 {
				a.log.Warn("protect", "warning", fmt.Sprint(w))
			}
		}
		a.protect = append(a.protect, set)
	}
	return nil
}

// protectSites are those that Protect is read for: as it stands, since the Next.js application
// need not be the only server, and as that application reads it.
func (a *Auth) protectSites() []match.Site {
	sites := []match.Site{{}}
	if s := a.config.Site; s.BasePath != "" || len(s.Locales) > 0 || s.TrailingSlash || s.BuildID != "" {
		sites = append(sites, s)
	}
	return sites
}

// protects tells whether a rule of Protect covers a target.
func (a *Auth) protects(target string) bool {
	return slices.ContainsFunc(a.protect, func(s *match.Set) bool { return s.Covers(target) })
}

// plainWord tells whether s may stand in a URL, a cookie name or a log line as it is.
func plainWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '_' && !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func (a *Auth) provider(id string) (registered, bool) {
	for _, p := range a.providers {
		if p.info.ID == id {
			return p, true
		}
	}
	return registered{}, false
}

func (s Stores) counters() TicketStore {
	if s.Counters != nil {
		return s.Counters
	}
	return s.Tickets
}
