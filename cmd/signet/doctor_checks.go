package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/match"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/store/memory"
)

// examine asks everything that can be asked of a configuration that can be read.
func (d *diagnosis) examine(ctx context.Context, c *config, io *terminal) {
	d.whole(c, io)
	d.secrets(c)
	d.publicURL(c)
	d.cookies(c)
	d.formats(c)
	d.providers(ctx, c, io)
	d.gateway(ctx, c, io)
	d.protection(c)
	d.clock(c, io.Now())
	d.database(ctx, c)
	d.listener(ctx, c)
}

// whole puts everything together as serve would, over an empty store, so that package
// signet has its say.
func (d *diagnosis) whole(c *config, io *terminal) {
	const check = "configuration"
	try := *c
	if err := try.findSecrets(); err != nil || len(try.secrets) == 0 || len(try.weakSecrets(false)) > 0 {
		try.secrets = []secret{newSecret(freshSecret(), "nowhere", "")} // the real ones have a check of their own
	}
	auth, _, err := try.make(memory.New().Stores(), &password.Hasher{}, setting{now: io.Now, log: slog.New(slog.DiscardHandler)})
	var bad *configErrors
	switch {
	case errors.As(err, &bad):
		d.problems(check, bad.problems)
		return
	case err != nil:
		d.wrong(check, "", "%v", err)
		return
	}
	auth.Close()
	if c.file == "" {
		d.ok(check, "none, so all is as by default")
		return
	}
	d.ok(check, "%s", c.file)
}

func (d *diagnosis) secrets(c *config) {
	const check = "secrets"
	kept := len(c.secrets) == 0 // by serve itself, in its folder
	err := c.findSecrets()
	var bad *configErrors
	if errors.As(err, &bad) {
		d.problems(check, bad.problems)
	}
	weak := c.weakSecrets(false)
	d.problems(check, weak)
	switch {
	case err != nil:
	case len(c.secrets) == 0:
		d.ok(check, "none yet; `signet serve` makes one and keeps it in %s", c.secretPath())
	case len(weak) > 0:
	case kept:
		d.ok(check, "%s, kept in %s", counted(len(c.secrets), "secret"), c.secretPath())
	default:
		d.ok(check, "%s, the newest from %s", counted(len(c.secrets), "secret"), c.secrets[0].from)
	}
}

func (d *diagnosis) publicURL(c *config) {
	const check = "public URL"
	problems := c.reachable()
	d.problems(check, problems)
	if c.url == "" {
		switch {
		case c.trusting():
			d.warn(check, "set `url` if there is one host only", "taken from the Host of each request: whoever can reach the listener can name any")
		case len(problems) == 0:
			d.ok(check, "this machine only, under %s", c.base())
		}
		return
	}
	u, err := url.Parse(c.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return // package signet has said so, when it was asked about the whole
	}
	outside := !isLoopbackHost(u.Hostname())
	switch {
	case u.Scheme == "http" && outside:
		d.warn(check, "use https, with a proxy in front that has the certificate", "%s is not encrypted: others on the way can read passwords and cookies", c.url)
	default:
		d.ok(check, "%s://%s%s", u.Scheme, u.Host, c.base())
	}
	if outside && c.onLoopback() && len(c.trustedProxies) == 0 {
		d.warn("proxy", "`trusted_proxies: [127.0.0.1]` if a proxy on this machine sends X-Forwarded-For",
			"all visitors seem to come from this machine, and share one budget of wrong passwords")
	}
}

func (d *diagnosis) cookies(c *config) {
	const check = "cookies"
	u, err := url.Parse(c.url)
	if err != nil {
		return
	}
	k := c.session.cookie
	if k.domain != "" && c.url != "" {
		domain, host := strings.TrimPrefix(strings.ToLower(k.domain), "."), strings.ToLower(u.Hostname())
		if host != domain && !strings.HasSuffix(host, "."+domain) {
			d.wrong(check, "use the host of the URL or a domain above it, or remove the line",
				"%s: no browser takes a cookie for %s from %s", c.places.of("session.cookie.domain"), domain, host)
			return
		}
	}
	if c.noneOnHTTP() {
		return // package signet has said so, when it was asked about the whole
	}
	d.ok(check, "the session is in %s", c.sessionCookie(u.Scheme == "https"))
}

// sessionCookie is the name that the session's cookie will have.
func (c *config) sessionCookie(https bool) string {
	k := c.session.cookie
	name := c.session.written().make().Stem + ".session-token"
	switch {
	case k.name != "":
		return k.name
	case https && k.native:
		return cookie.HostName(name)
	case https:
		return cookie.SecureName(name)
	}
	return name
}

func (d *diagnosis) protection(c *config) {
	const check = "protection"
	if len(c.protect) == 0 {
		return
	}
	d.ok(check, "%s", counted(len(c.protect), "rule"))
	for i, text := range c.protect {
		patterns, err := match.Parse(text)
		if err != nil {
			continue // told when it was read
		}
		set, err := match.Compile(match.Site{}, patterns...)
		if err != nil {
			continue
		}
		warnings, _ := set.Protects()
		for _, w := range warnings {
			d.warn(check, "`signet match` shows what a pattern covers", "%s: %s", c.places.of(fmt.Sprintf("protect[%d]", i)), w)
		}
	}
}

// clock compares the time with moments that are surely past. A clock that is behind ends
// no session; one that is ahead ends all of them.
func (d *diagnosis) clock(c *config, now time.Time) {
	const check, cure = "clock", "let the system keep time (NTP)"
	for _, past := range []struct {
		when time.Time
		what string
	}{{modified(c.database), "the database was written"}, {built(), "this program was built"}} {
		if early := past.when.Sub(now); !past.when.IsZero() && early > time.Minute {
			d.wrong(check, cure, "it is %s, which is %s before %s", now.UTC().Format(time.RFC3339), span(int64(early.Seconds())), past.what)
			return
		}
	}
	d.ok(check, "%s", now.UTC().Format(time.RFC3339))
}

// built is the time of the commit that this program was built from, or zero.
func built() time.Time {
	t, _ := time.Parse(time.RFC3339, thisBuild().Date)
	return t
}

// listener tells whether the address can be had, or who has it.
func (d *diagnosis) listener(ctx context.Context, c *config) {
	const check = "listener"
	l, err := net.Listen("tcp", c.listen)
	switch {
	case err == nil:
		l.Close()
		d.ok(check, "%s is free", c.listen)
	case isInUse(err) && answersLikeUs(ctx, c):
		d.ok(check, "%s has a running Signet", c.listen)
	case isInUse(err):
		d.wrong(check, "stop it, or choose another address", "%s is in use by another program", c.listen)
	default:
		d.wrong(check, "choose an address of this machine, and a port above 1023 for ordinary users", "%v", err)
	}
}

// answersLikeUs asks for the list of providers, which every Signet gives to everybody.
func answersLikeUs(ctx context.Context, c *config) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	host, port, _ := net.SplitHostPort(c.listen)
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+c.base()+"/providers", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultTransport.RoundTrip(ask)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	return err == nil && answer.StatusCode == http.StatusOK && strings.HasPrefix(string(body), "{") && strings.Contains(string(body), `"signinUrl"`) ||
		err == nil && len(c.providers) == 0 && string(body) == "{}"
}
