package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
)

// A quirk is what a provider does in its own way: what a person sees, and what helps.
type quirk struct{ said, cure string }

// quirks of companies that nothing but their own console can tell about.
var quirks = map[string][]quirk{
	"kakao": {
		{"the name, the picture and the address come only as far as the app may ask for them", "Kakao Developers, consent items: switch them on; account_email takes a business app. A scope that the app was not given is KOE205"},
	},
	"naver": {
		{"which of name, picture and address come is set at Naver, and visitors may say no to each", "Naver Developers, API settings; while the app is in development only the testers listed there get in"},
	},
	"google": {
		{"refresh tokens come only with `offline: true`, and again only after prompt=consent", "leave it as it is unless your back end calls Google; an app in testing loses them after 7 days"},
	},
	"apple": {
		{"the name comes with the first consent alone", "to see it again, remove the app under Settings, Apple Account, Sign in with Apple"},
	},
	"line":               {{"an address comes only with the scope email, and a permission of LINE's for it", "LINE Developers, OpenID Connect, Email address permission"}},
	"facebook":           {{"users without an address, or who do not want to give it, have none here", "ask them for it, or do not count on it"}},
	"microsoft-entra-id": {{"an address counts as verified only with the optional claim xms_edov", "Entra admin center, app registration, token configuration"}},
	"twitter":            {{"an address comes only with the scope users.email, and a permission of X's for it", "X developer portal, user authentication settings, request email from users"}},
	"spotify":            {{"an app in development mode lets in only the users listed for it (403)", "Spotify dashboard, user management; the grant ends six months after consent"}},
	"slack":              {{"Slack takes https addresses alone to come back to", "use https in development as well, or another provider there"}},
}

// Names that mean the same company.
var sameCompany = map[string]string{"azure-ad": "microsoft-entra-id", "x": "twitter"}

// onlyHTTPS want https to come back to, on this machine as well.
var onlyHTTPS = []string{"apple", "slack"}

// quirks tells what is special about a provider here.
func (d *diagnosis) quirks(c *config, p *providerConfig) {
	origin, err := url.Parse(c.publicOrigin())
	https := err == nil && origin.Scheme == "https"
	switch {
	case https || err != nil || c.url == "" && c.trusting():
	case p.kind == "apple":
		d.wrong(p.id, "set `url` to an https address; a tunnel will do for a try", "Apple posts its answer, and browsers send our cookie along on https only")
	case slices.Contains(onlyHTTPS, p.kind):
		d.warn(p.id, "set `url` to an https address", "%s sends nobody back to http", p.kind)
	case !isLoopbackHost(origin.Hostname()):
		d.warn(p.id, "set `url` to the https address", "most providers send nobody back to http on %s", origin.Hostname())
	}
	if p.kind == "kakao" && p.oauth.clientSecret.none() {
		d.note(p.id, "if it is on there, every sign-in ends with KOE010: set "+envName(p.id, "SECRET"), "has no client secret, which is right only while Kakao's console has it switched off")
	}
	kind := p.kind
	if same := sameCompany[kind]; same != "" {
		kind = same
	}
	for _, q := range quirks[kind] {
		d.note(p.id, q.cure, "%s", q.said)
	}
}

// koe are the errors that Kakao shows on a page of its own, where no program sees them.
var koe = map[string]quirk{
	"KOE004": {"Kakao Login is switched off for this app", "Kakao Developers, Kakao Login: switch it on"},
	"KOE006": {"the redirect URI is not registered", "Kakao Developers, Kakao Login, Redirect URI: add it, letter by letter"},
	"KOE101": {"the client ID is not a REST API key", "Kakao Developers, app keys: take the REST API key"},
	"KOE205": {"a scope is asked for that the app was not given", "Kakao Developers, consent items: switch it on; or leave `scopes` out"},
}

var koeCode = regexp.MustCompile(`KOE[0-9]{3}`)

// kakaoPage looks at the page that a visitor would be sent to.
func (d *diagnosis) kakaoPage(ctx context.Context, id, address string, s setting) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return
	}
	r.Header.Set("Accept", "text/html")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if s.http != nil {
		client = *s.http
	}
	answer, err := client.Do(r)
	if err != nil {
		return // told by the call before
	}
	defer answer.Body.Close()
	if answer.StatusCode < http.StatusBadRequest { // it asks to log in, as it should
		return
	}
	page, err := io.ReadAll(io.LimitReader(answer.Body, 256<<10))
	code := koeCode.FindString(string(page))
	if err != nil || code == "" {
		return
	}
	q, known := koe[code]
	if !known {
		q = quirk{"Kakao says no", "look the code up in Kakao's documentation"}
	}
	d.wrong(id, q.cure, "%s: %s", code, q.said)
}
