package main

import (
	"fmt"
	"slices"
	"strings"
)

// keys are the settings of signet.yaml, in the order in which `signet init` explains them.
func (c *config) keys() []key {
	return []key{
		{"site", text(&c.site)},
		{"url", text(&c.url)},
		{"base_path", text(&c.basePath)},
		{"listen", address(&c.listen)},
		{"admin_listen", adminAddress(&c.adminListen)},
		{"drain", durationOr(&c.drain)},
		{"secrets", secretList(&c.secrets)},
		{"store", store(&c.store)},
		{"session", section(c.session.keys())},
		{"providers", c.takeProviders},
		{"mail", c.takeMail},
		{"protect", patterns(&c.protect)},
		{"public", patterns(&c.public)},
		{"pages", section(c.pageKeys())},
		{"trust_host", flagOr(&c.trustHost)},
		{"trusted_proxies", words(&c.trustedProxies)},
		{"trusted_origins", words(&c.trustedOrigins)},
		{"limits", section(c.limitKeys())},
		{"log", section(c.log.keys())},
		{"redis", later("remove it; the database keeps everything until then")},
		{"gateway", section(c.gateway.keys())},
		{"access_tokens", section(c.access.keys())},
	}
}

func (s *sessionConfig) keys() []key {
	return []key{
		{"strategy", choice(&s.strategy, "jwt", "database")},
		{"format", choice(&s.format, writtenFormats...)},
		{"algorithm", choice(&s.algorithm, algorithms...)},
		{"claims", claims(&s.claims)},
		{"accept", s.takeAccept},
		{"max_age", duration(&s.maxAge)},
		{"absolute", duration(&s.absolute)},
		{"update_age", durationOr(&s.updateAge)},
		{"cache", countOrNone(&s.cache)},
		{"expose", exposed(&s.expose)},
		{"cookie", section(s.cookie.keys())},
	}
}

func (k *cookieConfig) keys() []key {
	return []key{
		{"name", text(&k.name)},
		{"domain", text(&k.domain)},
		{"same_site", choice(&k.sameSite, "lax", "strict", "none")},
		{"native", flag(&k.native)},
	}
}

func (c *config) pageKeys() []key {
	return []key{
		{"sign_in", page(&c.pages.SignIn)},
		{"sign_out", page(&c.pages.SignOut)},
		{"error", page(&c.pages.Error)},
		{"verify_request", page(&c.pages.VerifyRequest)},
		{"new_user", page(&c.pages.NewUser)},
		{"step", page(&c.pages.Step)},
	}
}

func (c *config) limitKeys() []key {
	return []key{
		{"account_free", count(&c.limits.AccountFree)},
		{"account_hard", count(&c.limits.AccountHard)},
		{"network_per_minute", count(&c.limits.NetworkPerMinute)},
		{"global_per_minute", count(&c.limits.GlobalPerMinute)},
		{"sign_ups_per_hour", count(&c.limits.SignUpsPerHour)},
		{"refresh_tokens_per_hour", count(&c.limits.RefreshTokensPerHour)},
	}
}

func (l *logConfig) keys() []key {
	return []key{
		{"level", choice(&l.level, logLevels...)},
		{"format", choice(&l.format, logFormats...)},
		{"requests", flag(&l.requests)},
	}
}

// homeOf finds the section in which a key would be right.
func homeOf(name string) string {
	var c config
	for _, s := range []struct {
		name string
		keys []key
	}{
		{"session", c.session.keys()}, {"session.cookie", c.session.cookie.keys()},
		{"session.claims", claimKeys(&c.session.claims)}, {"session.accept", (&acceptConfig{}).keys()},
		{"pages", c.pageKeys()}, {"limits", c.limitKeys()}, {"log", c.log.keys()},
		{"the top level", c.keys()},
		{"access_tokens", c.access.keys()}, {"gateway", c.gateway.keys()}, {"gateway.routes", (&routeConfig{}).keys()}, {"gateway.next", c.gateway.nextKeys()},
		{"providers", allProviderKeys()}, {"mail", (&mailConfig{}).keys()},
	} {
		if find(s.keys, name) != nil {
			return s.name
		}
	}
	return ""
}

// later takes a setting that this version cannot carry out. To ignore it would be to serve
// without what its author counts on.
func later(cure string) func(*reader, node) {
	return func(r *reader, n node) { r.wrong(n, "not in this version yet", cure) }
}

// choice takes one of some words.
func choice(to *string, words ...string) func(*reader, node) {
	cure := "use " + strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	if len(words) == 1 {
		cure = "use " + words[0]
	}
	return func(r *reader, n node) {
		word, ok := r.scalar(n, cure)
		switch {
		case !ok:
		case slices.Contains(words, word):
			*to = word
		case nearest(word, words) != "":
			r.wrong(n, quoted(word)+" is not known", fmt.Sprintf("did you mean %q?", nearest(word, words)))
		default:
			r.wrong(n, quoted(word)+" is not known", cure)
		}
	}
}
