package pages_test

import (
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/pages"
)

const nonce = "q83vEjRWeJCrze8SNFZ4kA=="

var now = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

const (
	androidChrome = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36"
	macSafari     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15"
	windowsEdge   = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0"
)

// A sample is a page as an application would show it.
type sample struct {
	name  string
	frame pages.Frame
	page  pages.Page
}

// samples are all kinds of pages in one language, each in the states that look different.
func samples(lang string) []sample {
	frame := pages.Frame{Lang: lang, Site: "Orchard Notes", Home: "https://orchard.example/", Nonce: nonce, Now: now}
	person, first := "Mina Kim", pages.Provider{ID: "credentials", Name: "Password", Type: "credentials",
		Action: "/api/auth/callback/credentials", Fields: []pages.Field{{Name: "email"}, {Name: "password"}}}
	if lang == "ko" {
		frame.Site, person = "과수원 노트", "김미나"
	}
	signedIn := frame
	signedIn.User, signedIn.AccountURL, signedIn.SignOutURL = person, "/api/auth/account", "/api/auth/signout"
	in := pages.SignIn{CSRF: "0123abcd", CallbackURL: "https://orchard.example/posts?page=2&sort=new",
		SignUpURL: "/api/auth/signup", Providers: []pages.Provider{first}}
	full, wrong, locked, alone := in, in, in, in
	full.Providers = []pages.Provider{
		{ID: "github", Name: "GitHub", Type: "oauth", Action: "/api/auth/signin/github"},
		first,
		{ID: "kakao", Name: map[string]string{"ko": "카카오", "en": "Kakao"}[lang], Type: "oauth", Action: "/api/auth/signin/kakao"},
		{ID: "email", Name: "Email", Type: "email", Action: "/api/auth/signin/email"},
	}
	wrong.Error, wrong.Email = "CredentialsSignin", "mina@example.com"
	wrong.Said = map[string]string{"ko": "비밀번호를 3번 잘못 입력했습니다.", "en": "Wrong password, 3 of 5 tries used."}[lang]
	locked.Error, locked.RetryAfter = "TooManyRequests", 4*time.Minute+10*time.Second
	alone.Providers, alone.SignUpURL = []pages.Provider{full.Providers[0], full.Providers[2]}, ""
	alone.Error = "SessionRequired"
	up := pages.SignUp{Action: "/api/auth/signup", CSRF: "0123abcd", CallbackURL: "https://orchard.example/",
		SignInURL: "/api/auth/signin", MinLength: 15, Again: true}
	refused := up
	refused.Error, refused.Email, refused.Name = "too-short", "mina@example.com", person
	account := pages.Account{Name: person, Email: "mina.kim@example.com", Provider: "GitHub", SignedInAt: now.Add(-26 * time.Hour),
		CSRF: "0123abcd", EndAction: "/api/auth/account/end", EndOthersAction: "/api/auth/account/end-others",
		SignOutURL: "/api/auth/signout", Done: "SessionEnded",
		Sessions: []pages.AccountSession{
			{ID: "one", Current: true, Agent: androidChrome, Network: "203.0.113.0/24", Started: now.Add(-26 * time.Hour), Seen: now.Add(-20 * time.Second)},
			{ID: "two", Agent: macSafari, Network: "2001:db8:85a3::/64", Started: now.Add(-72 * time.Hour), Seen: now.Add(-3 * time.Hour)},
			{ID: "three", Agent: windowsEdge, Network: "198.51.100.0/24", Started: now.Add(-41 * 24 * time.Hour), Seen: now.Add(-9 * 24 * time.Hour)},
		}}
	only := account
	only.Sessions, only.Done, only.Name = account.Sessions[:1], "SignedUp", ""
	all := []sample{
		{"signin", frame, in},
		{"signin-many", frame, full},
		{"signin-wrong", frame, wrong},
		{"signin-locked", frame, locked},
		{"signin-buttons", frame, alone},
		{"signin-none", signedIn, pages.SignIn{}},
		{"signup", frame, up},
		{"signup-refused", frame, refused},
		{"signout", signedIn, pages.SignOut{Action: "/api/auth/signout", CSRF: "0123abcd", CallbackURL: "https://orchard.example/"}},
		{"error-denied", frame, pages.Error{Code: "AccessDenied", SignInURL: "/api/auth/signin"}},
		{"error-busy", frame, pages.Error{Code: "Busy", RetryAfter: 2 * time.Second}},
		{"error-unknown", signedIn, pages.Error{Code: "<script>"}},
		{"verify-request", frame, pages.VerifyRequest{Email: "mina.kim@example.com", Life: 15 * time.Minute, SignInURL: "/api/auth/signin"}},
		{"account", signedIn, account},
		{"account-only", signedIn, only},
		{"notice", pages.Frame{Lang: lang, Nonce: nonce, Home: "/"}, pages.Notice{Title: "Tidying up", Text: "We will be back at noon.", NextURL: "/status", NextIs: "See how far we are"}},
	}
	all = append(all, mailSamples(frame)...)
	return append(all, waySamples(frame, signedIn, in, account)...)
}

func render(t testing.TB, f pages.Frame, p pages.Page) string {
	t.Helper()
	var b strings.Builder
	if err := pages.Render(&b, f, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
