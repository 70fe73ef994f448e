package gateway

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/match"
)

// A Gate decides about requests and carries them on. Make one with [New]. It does not
// change, and its methods may be called from several goroutines.
type Gate struct {
	auth      *signet.Auth
	config    Config
	base      string // of the Auth
	forward   string // where other proxies ask
	routes    []*route
	anyFolded bool          // some pattern has capital letters
	left      match.Escapes // what some route leaves
	anything  []*match.Set  // one for each site: they know the readings of a path
	identity  identityNames
	own       http.Handler
	log       *slog.Logger
	now       func() time.Time
	yard      *yard

	editTrailer func(http.Header) // cleanAnswer, made a value once and not for each request
}

// New checks c and makes a gate. The error is a *[ConfigError].
func New(auth *signet.Auth, c Config) (*Gate, error) {
	return build(auth, c, newYard())
}

func build(auth *signet.Auth, c Config, y *yard) (*Gate, error) {
	g := &Gate{auth: auth, config: c, base: auth.BasePath(), forward: auth.BasePath() + "/forward", own: c.Own, log: c.Log, now: c.Now, yard: y}
	if g.own == nil {
		g.own = auth.Handler()
	}
	if g.log == nil {
		g.log = slog.Default()
	}
	if g.now == nil {
		g.now = time.Now
	}
	g.editTrailer = g.cleanAnswer
	g.config.Routes = slices.Clone(c.Routes)
	var err error
	if g.identity, err = c.Identity.names(); err != nil {
		return nil, err
	}
	if err := g.prepareSites(); err != nil {
		return nil, err
	}
	rules := compiler{config: &g.config, identity: &g.identity}
	for i := range g.config.Routes {
		if err := rules.compile(i); err != nil {
			return nil, err
		}
	}
	g.routes = rules.routes
	for _, rt := range g.routes {
		g.anyFolded = g.anyFolded || rt.folded != rt.set
		g.left |= rt.left
		rt.limiter = newLimiter(rt.Limit)
		if rt.handler != nil && rt.Require != None {
			rt.handler = auth.Middleware(rt.handler)
		}
	}
	return g, y.connect(g.routes)
}

// prepareSites makes the sets that are asked for readings.
func (g *Gate) prepareSites() error {
	sites := []match.Site{{}}
	if slices.ContainsFunc(g.config.Routes, func(r Route) bool { return r.Next }) {
		sites = append(sites, g.config.Site)
	}
	for _, site := range sites {
		set, err := match.Compile(site, match.Pattern{Source: "/:path*"})
		if err != nil {
			return &ConfigError{"site", strings.TrimPrefix(err.Error(), "match: "), "copy the values of next.config"}
		}
		g.anything = append(g.anything, set)
	}
	return nil
}

// A yard is what gates that follow one another share: connections to servers, and the
// requests that last.
type yard struct {
	mu        sync.Mutex
	upstreams map[upstreamKey]*upstream
	lasting   map[*lasting]bool
	closed    bool
}

// An upstreamKey is what makes two routes share connections.
type upstreamKey struct {
	address string
	timeout time.Duration
	health  string
	roots   *x509.CertPool
}

func newYard() *yard {
	return &yard{upstreams: map[upstreamKey]*upstream{}, lasting: map[*lasting]bool{}}
}

// connect gives every route its upstream, those of the gate before where nothing changed.
// What no route uses any more is closed; requests under way end by themselves. After an
// error all is as it was.
func (y *yard) connect(routes []*route) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	used := map[upstreamKey]*upstream{}
	for _, rt := range routes {
		if rt.Upstream == "" {
			continue
		}
		key := upstreamKey{rt.server + rt.base, rt.Timeout, rt.Health, rt.Roots}
		up := cmp.Or(used[key], y.upstreams[key])
		if up == nil {
			to, err := url.Parse(rt.server + rt.base)
			if err == nil {
				up, err = newUpstream(to, upstreamOptions{HeaderTimeout: rt.Timeout, HealthPath: rt.Health, TLS: &tls.Config{RootCAs: rt.Roots}})
			}
			if err != nil {
				closeAll(used, y.upstreams)
				return &ConfigError{rt.where("upstream"), strings.TrimPrefix(err.Error(), "gateway: "), "write it as http://127.0.0.1:8080"}
			}
		}
		used[key], rt.up = up, up
	}
	closeAll(y.upstreams, used)
	y.upstreams = used
	return nil
}

// closeAll closes the upstreams that are not kept.
func closeAll(all, keep map[upstreamKey]*upstream) {
	for key, up := range all {
		if keep[key] != up {
			up.close()
		}
	}
}

// UpstreamStats is what is known of the connections to one server. The numbers count since
// its first route was configured; Open requests and Idle connections are those of now.
type UpstreamStats struct {
	Address string
	Healthy bool // no dial or check has failed lately

	Requests, Errors, Dials, Retries, Open, Idle int64
}

// Upstreams tells of each server behind the gate, in the order of their addresses.
func (g *Gate) Upstreams() []UpstreamStats {
	g.yard.mu.Lock()
	defer g.yard.mu.Unlock()
	var all []UpstreamStats
	for key, up := range g.yard.upstreams {
		s := up.stats()
		all = append(all, UpstreamStats{key.address, up.healthy(), s.Requests, s.Errors, s.Dials, s.Retries, s.Open, s.Idle})
	}
	slices.SortFunc(all, func(a, b UpstreamStats) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Requests, b.Requests))
	})
	return all
}

// Close ends WebSockets and other streams (a browser hears 1001, going away) and the
// connections to servers. Call it after the HTTP server was told to shut down.
func (g *Gate) Close() error {
	g.yard.close()
	return nil
}
