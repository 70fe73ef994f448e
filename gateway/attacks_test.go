package gateway_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// An attack is one case of testdata/gateway-attacks.json, whose member "setup" says what
// everything means.
type attack struct {
	ID, Group, Level, From, Session, Why, Property, Body, Value string
	Request                                                     []string
	Expect                                                      expectation
}

type expectation struct {
	NoProtectedReach            bool              `json:"no_protected_reach"`
	NoUpstream                  bool              `json:"no_upstream"`
	MaxUpstreamRequests         *int              `json:"max_upstream_requests"`
	StatusIn                    []int             `json:"status_in"`
	UpstreamIdentityAbsent      bool              `json:"upstream_identity_absent"`
	UpstreamIdentity            map[string]string `json:"upstream_identity"`
	UpstreamAuthorization       bool              `json:"upstream_authorization_from_session"`
	UpstreamHeadersAbsent       []string          `json:"upstream_headers_absent"`
	UpstreamForwardedRebuilt    bool              `json:"upstream_forwarded_rebuilt"`
	UpstreamHostConfigured      bool              `json:"upstream_host_configured"`
	IdentityIn                  []string          `json:"identity_in"`
	LocationSameOrigin          bool              `json:"location_same_origin"`
	NoIdentityResponseHeaders   bool              `json:"no_identity_response_headers"`
	UpstreamAuthorizationAbsent bool              `json:"upstream_authorization_absent"`
	UpstreamCookieAbsent        bool              `json:"upstream_session_cookie_absent"`
	NoSessionClear              bool              `json:"no_set_cookie_session_clear"`
	NoHeaderValue               map[string]any    `json:"no_header_value"`
	LocationNotTo               []string          `json:"location_not_to"`
	BodyNotContaining           []string          `json:"body_not_containing"`
	NoTunnel                    bool              `json:"no_tunnel"`
	NoHeaderInjection           bool              `json:"no_header_injection"`
	BodyNotScript               bool              `json:"body_not_script"`
	NoCrash                     bool              `json:"no_crash"`
	MaxMS                       int               `json:"max_ms"`
}

func readAttacks(t testing.TB) []attack {
	b, err := os.ReadFile("testdata/gateway-attacks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []json.RawMessage }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	var all []attack
	for _, raw := range file.Cases {
		var a attack
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

func TestAttacks(t *testing.T) {
	for _, by := range []struct{ strict, stock bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		strict := by.strict
		t.Run(fmt.Sprintf("strict %v, net/http alone %v", strict, by.stock), func(t *testing.T) {
			b := besiege(t, strict)
			if by.stock {
				b.address = b.serveStock(t)
			}
			for _, a := range readAttacks(t) {
				if a.Level == "should" && !strict {
					continue
				}
				t.Run(a.ID+" "+a.Group+" "+a.Why, func(t *testing.T) { b.run(t, a) })
			}
		})
	}
}

func (b *siege) run(t *testing.T, a attack) {
	b.upstream.take()
	from := "127.0.0.1"
	if a.From == "trusted-proxy" {
		from = "127.0.0.9"
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 5 * time.Second}
	c, err := d.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	begin := time.Now()
	io.WriteString(c, b.wire(a))
	if !strings.Contains(strings.Join(a.Request, " "), "pgrade") {
		c.(*net.TCPConn).CloseWrite()
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	body := ""
	if err == nil {
		if a.Expect.MaxMS > 0 && time.Since(begin) > time.Duration(a.Expect.MaxMS)*time.Millisecond {
			t.Errorf("answered after %v", time.Since(begin))
		}
		if res.StatusCode != http.StatusSwitchingProtocols {
			text, _ := io.ReadAll(res.Body)
			body = string(text)
		}
	}
	b.check(t, a, res, body, b.upstream.take(), from)
	if t.Failed() {
		t.Logf("%q", b.wire(a)[:min(len(b.wire(a)), 600)])
	}
}

// check compares what came of an attack with what may.
func (b *siege) check(t *testing.T, a attack, res *http.Response, body string, seen []record, from string) {
	e := a.Expect
	status := 0
	if res != nil {
		status = res.StatusCode
	}
	if len(e.StatusIn) > 0 && !slices.Contains(e.StatusIn, status) && !(status == 0 && slices.Contains(e.StatusIn, 400)) {
		t.Errorf("status %d, want one of %v", status, e.StatusIn)
	}
	for _, r := range seen {
		if p, bad := reaches(r.target(), "/admin", "/account", "/api", "/ws"); bad && e.NoProtectedReach {
			t.Errorf("the upstream got %s, which reads as %s", r.line, p)
		}
	}
	if e.NoUpstream && len(seen) > 0 || e.MaxUpstreamRequests != nil && len(seen) > *e.MaxUpstreamRequests {
		t.Errorf("%d requests reached the upstream", len(seen))
	}
	if status == 101 && e.NoTunnel {
		t.Error("a tunnel was opened")
	}
	b.checkUpstream(t, a, seen, from)
	if res != nil {
		b.checkAnswer(t, a, res, body)
	}
	if e.NoCrash {
		if r, err := http.Get("http://" + b.address + "/public/x"); err != nil || r.StatusCode != 200 && r.StatusCode != 421 {
			t.Error("no answer to the next request", err)
		}
		b.upstream.take()
	}
}

// identities are folded names of headers that tell who somebody is.
var identities = regexp.MustCompile(`^(x-signet-(user|groups|email|access-token)|remote-(user|groups|email|name)|x-(forwarded|auth-request)-(user|groups|email|preferred-username|access-token))$`)

func (b *siege) checkUpstream(t *testing.T, a attack, seen []record, from string) {
	e := a.Expect
	for _, r := range seen {
		names := map[string]int{}
		for _, f := range r.fields {
			name, _, _ := strings.Cut(f, ":")
			names[foldName(name)]++
			if identities.MatchString(foldName(name)) && (e.UpstreamIdentityAbsent || foldName(name) != strings.ToLower(name)) {
				t.Errorf("the upstream got %s", f)
			}
		}
		for key, want := range e.UpstreamIdentity {
			if got := r.value("x-signet-" + key); got != want {
				t.Errorf("identity %s = %q, want %q", key, got, want)
			}
		}
		for _, name := range e.UpstreamHeadersAbsent {
			if names[foldName(name)] > 0 {
				t.Errorf("the upstream got %s", name)
			}
		}
		if e.UpstreamAuthorization && r.value("authorization") != "Bearer AT-alice" || e.UpstreamAuthorizationAbsent && names["authorization"] > 0 {
			t.Errorf("the upstream got Authorization %q", r.value("authorization"))
		}
		if e.UpstreamCookieAbsent && regexp.MustCompile(`session|csrf|attempts|callback`).MatchString(r.value("cookie")) {
			t.Errorf("the upstream got Cookie %q", r.value("cookie"))
		}
		if e.UpstreamForwardedRebuilt {
			b.checkForwarded(t, a, r, from)
		}
		if user := r.value("x-signet-user"); e.IdentityIn != nil && !slices.Contains(e.IdentityIn, user) && user != "" {
			t.Errorf("the upstream saw %q", user)
		}
	}
}

func (b *siege) checkForwarded(t *testing.T, a attack, r record, from string) {
	if !strings.HasSuffix(r.value("x-forwarded-for"), from) || a.From == "client" && r.value("x-forwarded-for") != from {
		t.Errorf("X-Forwarded-For: %s", r.value("x-forwarded-for"))
	}
	if got := r.value("x-forwarded-proto") + " " + r.value("x-forwarded-host") + " " + r.value("x-forwarded-port"); got != "https app.example.test 443" {
		t.Errorf("forwarded as %s", got)
	}
	if r.value("forwarded") != "" {
		t.Errorf("Forwarded: %s", r.value("forwarded"))
	}
}

func (b *siege) checkAnswer(t *testing.T, a attack, res *http.Response, body string) {
	e := a.Expect
	if to := res.Header.Get("Location"); to != "" {
		base, _ := url.Parse(publicOrigin + "/")
		u, err := base.Parse(to)
		if err != nil || e.LocationSameOrigin && u.Scheme+"://"+u.Host != publicOrigin || slices.Contains(e.LocationNotTo, u.Host) {
			t.Errorf("Location: %s", to)
		}
	}
	for name, list := range res.Header {
		for _, v := range list {
			if e.LocationSameOrigin && name != "Location" && (strings.Contains(v, "bad.test") || strings.Contains(v, "bad%")) {
				t.Errorf("%s: %s", name, v)
			}
			if e.NoSessionClear && name == "Set-Cookie" && strings.HasPrefix(v, b.name) {
				t.Errorf("Set-Cookie: %s", v)
			}
			if bad, ok := e.NoHeaderValue[name]; ok && fmt.Sprint(bad) == v {
				t.Errorf("%s: %s", name, v)
			}
		}
		if e.NoIdentityResponseHeaders && identities.MatchString(foldName(name)) {
			t.Errorf("the answer has %s", name)
		}
	}
	for _, text := range e.BodyNotContaining {
		if strings.Contains(body, text) {
			t.Errorf("the body has %s", text)
		}
	}
	if e.BodyNotScript && a.Value != "" {
		link := regexp.MustCompile(`(href|src|action)=["']?` + regexp.QuoteMeta(html.EscapeString(a.Value)))
		runs := strings.HasPrefix(a.Value, "javascript:") || strings.HasPrefix(a.Value, "data:")
		if runs && link.MatchString(body) || strings.ContainsAny(a.Value, `<>"`) && strings.Contains(body, a.Value) {
			t.Error("the value is in the page as it came")
		}
	}
	if first, _, split := strings.Cut(a.Value, "\n"); e.NoHeaderInjection && split {
		_, injected, _ := strings.Cut(a.Value[len(first)+1:], ":")
		for name, list := range res.Header {
			if injected != "" && slices.Contains(list, strings.TrimSpace(injected)) {
				t.Errorf("a header %s came out of the value", name)
			}
		}
	}
}
