package main

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/store/memory"
)

// explainCmd tells what the gateway would do with a request, without sending it.
type explainCmd struct {
	Method string   `arg:"" help:"Method of the request: GET."`
	URL    string   `arg:"" name:"url" help:"Path and query, or a URL of this site."`
	Header []string `short:"H" sep:"none" placeholder:"'N: V'" help:"Header of the request; may be repeated."`
	As     string   `placeholder:"USER" help:"Ask as somebody signed in with this user ID."`
	Group  []string `placeholder:"NAME" help:"Group of that user; may be repeated."`
	placeFlags
	outputFlags
}

// Run is the verb. Its answer is no when the request would not pass.
func (c *explainCmd) Run(io *terminal) error {
	cfg, err := loadConfig(io, c.placeFlags)
	if err != nil {
		return err
	}
	if !cfg.gateway.on() {
		return &usageError{"explain: no routes are configured", "add a section `gateway` with `routes` to " + defaultConfig + "; see `signet init`"}
	}
	header, err := headersFrom("explain", c.Header)
	if err != nil {
		return err
	}
	if cfg.url == "" && header.Get("Host") == "" {
		header.Set("Host", cfg.listen) // what visitors type
	}
	if len(c.Group) > 0 && c.As == "" {
		return &usageError{"explain: a group is somebody's", "add --as USER"}
	}
	gate, stop, err := cfg.gateAlone(io)
	if err != nil {
		return err
	}
	defer stop()
	e := cfg.answersItself(c.URL, gate.Explain(c.Method, c.URL, header, c.session(io)))
	if c.JSON {
		err = writeJSON(io.Out, e)
	} else {
		printExplanation(io.Out, e)
	}
	if err == nil && e.Status != 0 {
		return errNo
	}
	return err
}

// answersItself corrects what the gateway says where it would not be asked, and where it hands
// over to an end point of our own.
func (c *config) answersItself(address string, e gateway.Explanation) gateway.Explanation {
	u, err := url.ParseRequestURI(address)
	if err != nil || e.Target == "" && e.Status == http.StatusMethodNotAllowed {
		return e
	}
	if which := c.endPoint(u.Path); which != "" {
		e = gateway.Explanation{
			Method: e.Method, Target: u.RequestURI(), Match: u.Path, Why: which + ": Signet answers itself",
			Readings: []string{}, Rules: []string{}, Header: http.Header{},
		}
	}
	if e.Route == 0 && e.Match != "" && tooManyKeys(u.RawQuery) {
		e.Status, e.Why = http.StatusBadRequest, fmt.Sprintf("more than %d parameters, and it is an end point of Signet", maxQueryKeys)
	}
	return e
}

// endPoint tells what a path outside of the base path is, where Signet answers it in front of
// all routes, or "".
func (c *config) endPoint(path string) string {
	for _, p := range c.providers {
		switch path {
		case p.loginPath:
			return "login_path of the provider " + p.id
		case p.logoutPath:
			return "logout_path of the provider " + p.id
		}
	}
	if path == outboxPath && c.usesOutbox() {
		return "the page of letters that are not sent"
	}
	return ""
}

// session is the one that the question is asked for; nil for nobody.
func (c *explainCmd) session(io *terminal) *signet.Session {
	if c.As == "" {
		return nil
	}
	now := io.Now()
	return &signet.Session{ID: 1, UserID: c.As, Groups: c.Group, Start: now, AuthTime: now, Expires: now.Add(signet.DefaultMaxAge)}
}

// gateAlone makes the gateway without a database: nobody is looked up.
func (c *config) gateAlone(io *terminal) (*gateway.Gate, func(), error) {
	c.chooseProviders(false)
	alone, quiet := *c, slog.New(slog.DiscardHandler)
	alone.secrets = []secret{newSecret(freshSecret(), "nowhere", "")} // nothing is sealed that lasts
	auth, _, err := alone.make(memory.New().Stores(), &password.Hasher{}, setting{now: io.Now, log: quiet, http: io.HTTP})
	if err != nil {
		return nil, nil, err
	}
	gate, err := gateway.New(auth, alone.gateConfig(auth, nil, io.Now, quiet))
	if err != nil {
		auth.Close()
		return nil, nil, alone.explainGate(err)
	}
	return gate, func() { gate.Close(); auth.Close() }, nil
}

// printExplanation writes one fact a line.
func printExplanation(w io.Writer, e gateway.Explanation) {
	line := func(name, value string) { fmt.Fprintf(w, "%-9s %s\n", name, visible(value)) }
	verdict := "passes"
	if e.Status != 0 {
		verdict = strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)
	}
	line("answer", verdict)
	line("why", e.Why)
	if e.Target == "" {
		return
	}
	line("target", e.Target)
	if others := slices.DeleteFunc(slices.Clone(e.Readings), func(r string) bool { return r == e.Target }); len(others) > 0 {
		line("also read", strings.Join(others, "  "))
	}
	switch {
	case e.Route > 0:
		line("route", fmt.Sprintf("%d  %s", e.Route, e.Match))
	case e.Match != "":
		line("route", e.Match)
	default:
		line("route", "none")
	}
	if len(e.Rules) > 0 {
		line("rule", strings.Join(e.Rules, " and "))
	}
	if e.Status != 0 || e.Upstream == "" {
		return
	}
	line("upstream", e.Upstream)
	line("sent", e.Method+" "+e.Sent)
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		for _, value := range e.Header[name] {
			line("", name+": "+value)
		}
	}
}
