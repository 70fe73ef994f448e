package pages_test

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/pages"
)

func TestErrorStatus(t *testing.T) {
	tests := map[string]int{
		"CredentialsSignin": 401, "OAuthSignin": 400, "OAuthCallback": 400, "OAuthCallbackError": 400, "OAuthCreateAccount": 400,
		"EmailCreateAccount": 400, "Callback": 400, "OAuthAccountNotLinked": 403, "AccountNotLinked": 403, "EmailSignin": 400,
		"SessionRequired": 401, "Signin": 400, "AccessDenied": 403, "accessdenied": 403, "Verification": 403, "Configuration": 400,
		"configuration": 400, "MissingCSRF": 403, "WebAuthnVerificationError": 401,
		"BadRequest": 400, "Busy": 429, "EmailTaken": 409, "InvalidEmail": 400, "InvalidName": 400, "NotFound": 404,
		"PasswordMismatch": 400, "SignUpClosed": 403, "TooManyRequests": 429, "WeakPassword": 400,
		"LastWay": 409, "WayTaken": 409, "SignInAgain": 401, "WrongCode": 403,
		"too-short": 400, "too-long": 400, "common": 400, "yours": 400, "control": 400, "encoding": 400,
		"": 400, "undefined": 400, "Nonsense": 400, strings.Repeat("x", 1e6): 400,
	}
	for code, want := range tests {
		if got := pages.ErrorStatus(code); got != want {
			t.Errorf("ErrorStatus(%.40q) = %d, want %d", code, got, want)
		}
	}
	for code := range pages.Codes {
		if s := pages.ErrorStatus(code); s < 400 || s > 499 {
			t.Errorf("ErrorStatus(%q) = %d, not 4xx", code, s)
		}
	}
}

func TestEveryCodeHasItsText(t *testing.T) {
	for code := range pages.Codes {
		says := pages.English.Sayings[code]
		shown := []pages.Page{pages.Error{Code: code}, pages.SignIn{Error: code}, pages.SignUp{Error: strings.ToUpper(code)},
			pages.Forgot{Error: code}, pages.NewPassword{Error: code}, pages.Ask{Error: code}, pages.Confirm{Error: code}, pages.VerifyRequest{Error: code}}
		if code != "sessionrequired" && code != "oauthaccountnotlinked" { // see TestCodesMeanAnotherThingInTheAccount
			shown = append(shown, pages.Account{Error: code})
		}
		for _, p := range shown {
			tags := inspect(t, render(t, pages.Frame{}, p))
			found := 0
			for _, tg := range tags {
				if tg.name == "p" && strings.TrimSpace(tg.text) == says.Text || (tg.name == "h1" || tg.name == "p") && tg.text == says.Title {
					found++
				}
			}
			if found != 2 {
				t.Errorf("%T with %q does not have its title and text", p, code)
			}
			if alarm := strings.HasPrefix(only(tags, "title")[0].text, "Error: "); alarm != (code != "sessionrequired" && code != "signinagain") {
				t.Errorf("%T with %q: title %q", p, code, only(tags, "title")[0].text)
			}
		}
	}
}

func TestLinksLeadToTheWebOrNowhere(t *testing.T) {
	tests := map[string]bool{
		"/": true, "/a?b=c#d": true, "https://orchard.example": true, "HTTPS://orchard.example/": true, "http://127.0.0.1:3000/x": true, "http://[::1]:3000/": true,
		"": false, "//evil.example": false, `/\evil.example`: false, `\\evil.example`: false, "evil.example": false, "?a=b": false, "https:/evil": false,
		"https:evil.example": false, "javascript:alert(1)": false, "data:text/html,x": false, "ftp://a.example/": false, "mailto:a@b.example": false,
		"https://a@b.example/": false, "https://a.example/\n": false, "/a b": false, "/\xff": false, "https://%zz/": false, "/" + strings.Repeat("a", 4096): false,
	}
	for url, want := range tests {
		got := len(only(inspect(t, render(t, pages.Frame{Home: url, Site: "Orchard"}, pages.SignIn{})), "a")) == 1
		if got != want {
			t.Errorf("%.50q is a link: %v, want %v", url, got, want)
		}
	}
}

func TestWhoIsSignedInIsShownAtTheFoot(t *testing.T) {
	f := pages.Frame{User: "Mina", AccountURL: "/account", SignOutURL: "/signout"}
	for _, tt := range []struct {
		page pages.Page
		want int
	}{{pages.SignIn{}, 1}, {pages.Error{}, 1}, {pages.SignOut{}, 0}, {pages.Account{}, 0}} {
		if got := len(only(inspect(t, render(t, f, tt.page)), "footer")); got != tt.want {
			t.Errorf("%T has %d footers, want %d", tt.page, got, tt.want)
		}
	}
	if page := render(t, f, pages.SignOut{}); !strings.Contains(page, "<bdi>Mina</bdi>") {
		t.Error("sign-out does not say who is signed in")
	}
}

func TestAccountEndsOtherSessionsOnly(t *testing.T) {
	p := pages.Account{CSRF: "t", EndAction: "/end", EndOthersAction: "/others", Sessions: []pages.AccountSession{
		{ID: "here", Current: true}, {ID: `a"b`, Agent: macSafari}}}
	tags := inspect(t, render(t, pages.Frame{}, p))
	var ended []string
	for _, in := range only(tags, "input") {
		if in.attr["name"] == "session" {
			ended = append(ended, in.attr["value"])
		}
	}
	if len(ended) != 1 || ended[0] != `a"b` {
		t.Errorf("sessions that can be ended: %q", ended)
	}
	if label := only(tags, "button")[0].attr["aria-label"]; label != "End session: Safari on Mac" {
		t.Errorf("the button is called %q", label)
	}
	p.Sessions = p.Sessions[:1]
	if got := len(only(inspect(t, render(t, pages.Frame{}, p)), "form")); got != 0 {
		t.Errorf("%d forms, though there is nothing to end", got)
	}
}

// Zero values must still be a page: a caller may know nothing yet.
func TestZeroPagesAreWhole(t *testing.T) {
	for _, p := range []pages.Page{pages.SignIn{}, pages.SignUp{}, pages.SignOut{}, pages.Error{}, pages.VerifyRequest{}, pages.Confirm{},
		pages.Confirm{OtherBrowser: true}, pages.Forgot{}, pages.NewPassword{}, pages.Ask{}, pages.Account{}} {
		tags := inspect(t, render(t, pages.Frame{}, p))
		if len(only(tags, "h1")) != 1 || only(tags, "title")[0].text == "" {
			t.Errorf("%T without data has no heading or title", p)
		}
	}
}

type brokenPipe struct{}

var errBroken = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }

func TestRenderTellsOfAWriterThatFails(t *testing.T) {
	err := pages.Render(brokenPipe{}, pages.Frame{}, pages.SignIn{CSRF: "secret"})
	if !errors.Is(err, errBroken) || err.Error() != "pages: write pages.SignIn: broken pipe" {
		t.Errorf("error = %v", err)
	}
}

func TestRenderFromSeveralGoroutines(t *testing.T) {
	want := map[string]string{}
	all := append(samples("en"), samples("ko")...)
	for _, s := range all {
		want[s.frame.Lang+s.name] = render(t, s.frame, s.page)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, s := range all {
				if render(t, s.frame, s.page) != want[s.frame.Lang+s.name] {
					t.Errorf("%s differs when drawn beside others", s.name)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzRender(f *testing.F) {
	for i, text := range hostile {
		f.Add(text, hostile[len(hostile)-1-i], i, int64(i)*int64(time.Minute))
	}
	f.Fuzz(func(t *testing.T, text, other string, which int, span int64) {
		p := stuffed(text, span%2 == 0)
		page := p[uint(which)%uint(len(p))]
		frame := pages.Frame{Now: time.Unix(span, 0)}
		stuff(reflect.ValueOf(&frame).Elem(), other)
		if span%3 == 0 {
			frame.Lang = "ko"
		}
		inspect(t, render(t, frame, page))
		pages.ContentSecurityPolicy(text, other)
	})
}

func FuzzContentSecurityPolicy(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, "https://"+text)
	}
	f.Fuzz(func(t *testing.T, nonce, action string) {
		got := pages.ContentSecurityPolicy(nonce, action)
		if strings.Count(got, ";") != 6 || strings.ContainsAny(got, "\r\n,*\"<>") {
			t.Fatalf("policy = %q", got)
		}
		parts := strings.Split(got, "; ")
		if fields := strings.Fields(parts[4]); len(parts) != 7 || len(fields) < 2 || len(fields) > 3 || fields[0] != "form-action" {
			t.Fatalf("policy = %q", got)
		}
	})
}

// Drawing is held against the cost of writing bytes that are there already.
func BenchmarkRender(b *testing.B) {
	s := samples("ko")[1]
	page := []byte(render(b, s.frame, s.page))
	b.Run("bytes", func(b *testing.B) {
		for b.Loop() {
			var w strings.Builder
			w.Write(page)
		}
	})
	b.Run("page", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := pages.Render(io.Discard, s.frame, s.page); err != nil {
				b.Fatal(err)
			}
		}
	})
}
