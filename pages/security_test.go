package pages_test

import (
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/pages"
)

func TestS30_PagesLoadAndRunNothing(t *testing.T) {
	load := regexp.MustCompile(`(?i)url\(|@import|@font-face|expression\(|javascript:|</style`)
	if m := load.FindString(pages.Style); m != "" {
		t.Errorf("the style has %q", m)
	}
	each(t, func(t *testing.T, s sample, page string, tags []*tag) { // inspect has refused on*, style and src
		if got := only(tags, "style")[0].attr["nonce"]; got != nonce {
			t.Errorf("style has the nonce %q, want %q", got, nonce)
		}
		if got := only(tags, "style")[0].text; strings.TrimSpace(got) != strings.TrimSpace(pages.Style) {
			t.Error("the style was changed on its way into the page")
		}
		for _, word := range []string{"<script", "<link rel=\"stylesheet", " style=", "<base", "http-equiv"} {
			if strings.Contains(page, word) {
				t.Errorf("the page has %s", word)
			}
		}
	})
}

func TestS30_PolicyText(t *testing.T) {
	const start = "default-src 'none'; script-src 'nonce-q83vEjRWeJCrze8SNFZ4kA=='; style-src 'nonce-q83vEjRWeJCrze8SNFZ4kA=='; img-src 'self' data:; form-action 'self'"
	const end = "; base-uri 'none'; frame-ancestors 'none'"
	tests := []struct {
		name  string
		urls  []string
		extra string
	}{
		{"nothing but this site", nil, ""},
		{"a provider by its end point", []string{"https://github.com/login/oauth/authorize?client_id=1"}, " https://github.com"},
		{"upper case and a port", []string{"HTTPS://Login.Corp.Example:8443/x"}, " https://login.corp.example:8443"},
		{"the same twice", []string{"https://a.example/1", "https://a.example/2"}, " https://a.example"},
		{"plain http on loopback", []string{"http://127.0.0.1:4444/authorize"}, " http://127.0.0.1:4444"},
		{"another directive", []string{"https://a.example; script-src *"}, ""},
		{"a second source", []string{"https://a.example *"}, ""},
		{"a wildcard", []string{"https://*.example"}, ""},
		{"a bare scheme", []string{"https:", "data:x", "javascript:alert(1)", "'unsafe-inline'", "*", "", "/path"}, ""},
		{"user info", []string{"https://a.example@b.example/"}, ""},
		{"a line break", []string{"https://a.example\r\nSet-Cookie: a=b"}, ""},
		{"a name that is not ASCII", []string{"https://한글.example/"}, ""},
		{"an IPv6 literal, which no source can name", []string{"https://[::1]/"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := pages.ContentSecurityPolicy(nonce, tt.urls...), start+tt.extra+end; got != want {
				t.Errorf("policy = %s\nwant     %s", got, want)
			}
		})
	}
}

func TestS30_BadNonceAllowsNothing(t *testing.T) {
	for _, bad := range []string{"", "=", "a b", "a'; script-src *", "a\r\nb", "abc===", "ä", strings.Repeat("a", 129)} {
		want := "default-src 'none'; script-src 'none'; style-src 'none'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
		if got := pages.ContentSecurityPolicy(bad); got != want {
			t.Errorf("policy for nonce %q = %s", bad, got)
		}
		page := render(t, pages.Frame{Nonce: bad}, pages.SignIn{})
		if _, ok := only(inspect(t, page), "style")[0].attr["nonce"]; ok {
			t.Errorf("nonce %q was written into the page", bad)
		}
	}
}

func TestS30_Headers(t *testing.T) {
	h := http.Header{}
	pages.SetHeaders(h, nonce, "https://github.com/login")
	want := http.Header{
		"Content-Type":               {"text/html; charset=utf-8"},
		"Content-Security-Policy":    {pages.ContentSecurityPolicy(nonce, "https://github.com/login")},
		"Cross-Origin-Opener-Policy": {"same-origin"},
		"Referrer-Policy":            {"no-referrer"},
		"X-Content-Type-Options":     {"nosniff"},
		"X-Frame-Options":            {"DENY"},
		"Cache-Control":              {"private, no-cache, no-store"},
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("headers = %v\nwant      %v", h, want)
	}
}

// hostile is text that has broken out of pages elsewhere.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `" autofocus onfocus="alert(1)`,
	"` onclick=alert(1)", `javascript:alert(1)`, `JaVaScRiPt:alert(1)`, "java\tscript:alert(1)", "\x01javascript:alert(1)",
	`data:text/html,<script>alert(1)</script>`, `vbscript:msgbox(1)`, "javascript://a.example/%0aalert(1)", "ftp://a.example/", `//evil.example/x`, `/\evil.example`, `\\evil.example`, `https:evil.example`,
	`https://user@evil.example`, `</title><script>alert(1)</script>`, `</style><script>alert(1)</script>`, `</textarea><svg onload=alert(1)>`,
	`<!--`, `-->`, `]]>`, `{{.W}}`, `{}`, `{browser}`, `&lt;script&gt;`, `&#x3c;script&#x3e;`, "<scr\x00ipt>", "\xff\xfe<b>", "a\u2028b", "\u202egpj.exe",
	`<svg/onload=alert(1)>`, `<math><mtext></p><style><img src onerror=alert(1)>`, `expression(alert(1))`, `url(javascript:alert(1))`,
	"q83v' ; script-src *", "\r\nSet-Cookie: a=b", strings.Repeat("<b>", 500), strings.Repeat("가", 900), `<a href="javascript:alert(1)">x</a>`,
}

// stuff puts the same text into every string of a page or frame, however deep.
func stuff(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Struct:
		if _, ok := v.Interface().(time.Time); ok {
			return
		}
		for i := range v.NumField() {
			stuff(v.Field(i), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			stuff(v.Index(i), text)
		}
	}
}

// stuffed are all pages with that text in every string; types and actions of providers
// are kept where asked, so that the rest of them is drawn.
func stuffed(text string, keep bool) (all []pages.Page) {
	session := pages.AccountSession{Started: now, Seen: now}
	list := []pages.Page{
		&pages.SignIn{Providers: []pages.Provider{{Fields: make([]pages.Field, 2)}, {}, {Fields: make([]pages.Field, 1)}}},
		&pages.SignUp{Again: true, MinLength: 8}, &pages.SignOut{}, &pages.Error{}, &pages.VerifyRequest{}, &pages.Notice{},
		&pages.Confirm{}, &pages.Forgot{}, &pages.NewPassword{Again: true, MinLength: 8}, &pages.Ask{Fields: make([]pages.Field, 2)},
		&pages.Account{SignedInAt: now, Sessions: []pages.AccountSession{session, session}, Ways: []pages.Way{
			{Linked: true, Removable: true}, {Linked: true, Removable: true, Confirm: true}, {}}},
	}
	for _, p := range list {
		v := reflect.ValueOf(p).Elem()
		stuff(v, text)
		if keep {
			keepForms(p)
		}
		all = append(all, v.Interface().(pages.Page))
	}
	return all
}

func keepForms(p pages.Page) {
	switch p := p.(type) {
	case *pages.SignIn:
		for i, kind := range []string{"credentials", "oauth", "email"} {
			p.Providers[i].Type, p.Providers[i].Action = kind, "/go"
		}
		p.SignUpURL, p.ForgotURL = "/up", "/forgot"
	case *pages.Account:
		p.EndAction, p.EndOthersAction, p.SignOutURL, p.SignInURL = "/end", "/others", "/out", "/in"
		p.VerifyAction, p.ChangeEmailAction, p.PasswordAction = "/verify", "/change", "/password"
		for i := range p.Ways {
			p.Ways[i].LinkAction, p.Ways[i].UnlinkAction = "/link", "/unlink"
		}
	case *pages.VerifyRequest:
		p.CodeAction, p.SignInURL = "/code", "/in"
	case *pages.Confirm:
		p.Action, p.SignInURL = "/confirm", "/in"
	case *pages.Forgot:
		p.Action, p.SignInURL = "/forgot", "/in"
	case *pages.NewPassword:
		p.Action, p.SignInURL = "/new", "/in"
	case *pages.Ask:
		p.Action, p.SignInURL = "/ask", "/in"
	}
}

func TestS31_NothingFromOutsideBecomesMarkup(t *testing.T) {
	for i, text := range hostile {
		for _, keep := range []bool{false, true} {
			for j, p := range stuffed(text, keep) {
				var f pages.Frame
				stuff(reflect.ValueOf(&f).Elem(), text)
				f.Lang, f.Now = []string{"en", "ko"}[(i+j)%2], now
				inspect(t, render(t, f, p))
			}
		}
	}
}

func TestS31_TextIsShownAsText(t *testing.T) {
	const name = `<b>Mina</b> & "Co"`
	page := render(t, pages.Frame{Site: name}, pages.Account{Name: name})
	if !strings.Contains(page, "&lt;b&gt;Mina&lt;/b&gt; &amp; &#34;Co&#34;") {
		t.Errorf("the name is not there as text:\n%s", page)
	}
}

func TestS31_UnknownCodesAreNotRepeated(t *testing.T) {
	for _, code := range []string{"Your account is locked, call 555-0100", "<b>x", strings.Repeat("a", 1e6), "OAuthCallback%00", "Configuration "} {
		for _, p := range []pages.Page{pages.Error{Code: code}, pages.SignIn{Error: code}, pages.SignUp{Error: code}, pages.Account{Error: code, Done: code},
			pages.VerifyRequest{Kind: code, Error: code}, pages.Confirm{Kind: code, Error: code}, pages.Forgot{Error: code}, pages.NewPassword{Error: code}, pages.Ask{Error: code}} {
			page := render(t, pages.Frame{Nonce: nonce}, p)
			if strings.Contains(page, "555-0100") || len(page) > 30_000 {
				t.Errorf("%T repeats %.40q", p, code)
			}
			if !strings.Contains(page, pages.English.Sayings[""].Title) {
				t.Errorf("%T with %.40q does not have the general text", p, code)
			}
		}
	}
}

func TestS31_DirectionAndControlMarksAreDropped(t *testing.T) {
	const text = "a\u202eb\u2066c\x00d\x1be\u200e\u200f\u061c\ufefff\nmore \t text\U000e0041"
	got := render(t, pages.Frame{Site: text, User: text}, pages.Notice{Title: text, Text: text})
	for _, want := range []string{"<title>abcdef more text · abcdef more text</title>", "<h1>abcdef more text</h1>",
		`<p class="lead">abcdef more text</p>`, "Signed in as <bdi>abcdef more text</bdi>", "<bdi>abcdef more text</bdi></p>\n</header>"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	if page := render(t, pages.Frame{}, pages.Notice{Title: "👩‍🌾 가족"}); !strings.Contains(page, "<h1>👩‍🌾 가족</h1>") {
		t.Error("joined emoji fell apart")
	}
}

func TestS115_PicturesAreNeverFetchedOrShown(t *testing.T) {
	for _, typ := range []any{pages.Frame{}, pages.SignIn{}, pages.Provider{}, pages.Field{}, pages.SignUp{}, pages.SignOut{},
		pages.Error{}, pages.VerifyRequest{}, pages.Confirm{}, pages.Forgot{}, pages.NewPassword{}, pages.Ask{}, pages.Notice{},
		pages.Account{}, pages.AccountSession{}, pages.Way{}} {
		rt := reflect.TypeOf(typ)
		for i := range rt.NumField() {
			if name := strings.ToLower(rt.Field(i).Name); regexp.MustCompile(`image|picture|avatar|photo|logo`).MatchString(name) {
				t.Errorf("%s has %s: a picture needs a rule of its own first", rt, name)
			}
		}
	}
	for _, url := range []string{"https://pics.example/mina.png", "http://pics.example/" + strings.Repeat("a", 3000), "data:image/png;base64,AAAA"} {
		for _, p := range stuffed(url, true) {
			page := render(t, pages.Frame{User: url, Site: url}, p)
			for _, tg := range inspect(t, page) { // which knows no element that shows a picture
				if strings.Contains(tg.attr["href"], "pics.example") && tg.name != "a" {
					t.Errorf("<%s> of %T loads the picture", tg.name, p)
				}
			}
		}
	}
}
