package pages_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/signet-auth/signet/pages"
)

func ExampleRender() {
	handler := func(w http.ResponseWriter, r *http.Request) {
		nonce := "q83vEjRWeJCrze8SNFZ4kA==" // 128 random bits, fresh for each answer
		page := pages.SignIn{
			CSRF:        "…",
			CallbackURL: "https://app.example/posts",
			Providers: []pages.Provider{
				{ID: "github", Name: "GitHub", Type: "oauth", Action: "/api/auth/signin/github"},
			},
		}
		pages.SetHeaders(w.Header(), nonce, "https://github.com/login/oauth/authorize")
		frame := pages.Frame{Lang: pages.Language(r.Header.Get("Accept-Language")), Nonce: nonce, Now: time.Now()}
		if err := pages.Render(w, frame, page); err != nil {
			panic(http.ErrAbortHandler)
		}
	}

	r := httptest.NewRequest("GET", "/api/auth/signin", nil)
	r.Header.Set("Accept-Language", "ko-KR,ko;q=0.9,en;q=0.8")
	w := httptest.NewRecorder()
	handler(w, r)
	fmt.Println(w.Header().Get("Content-Type"))
	fmt.Println(strings.Contains(w.Body.String(), "GitHub 계정으로 계속하기"))
	// Output:
	// text/html; charset=utf-8
	// true
}

func ExampleLanguage() {
	fmt.Println(pages.Language("ko-KR,ko;q=0.9,en-US;q=0.8"))
	fmt.Println(pages.Language("ja,en;q=0.5"))
	// Output:
	// ko
	// en
}

func ExampleContentSecurityPolicy() {
	policy := pages.ContentSecurityPolicy("q83vEjRWeJCrze8SNFZ4kA==", "https://kauth.kakao.com/oauth/authorize")
	fmt.Println(strings.ReplaceAll(policy, "; ", "\n"))
	// Output:
	// default-src 'none'
	// script-src 'nonce-q83vEjRWeJCrze8SNFZ4kA=='
	// style-src 'nonce-q83vEjRWeJCrze8SNFZ4kA=='
	// img-src 'self' data:
	// form-action 'self' https://kauth.kakao.com
	// base-uri 'none'
	// frame-ancestors 'none'
}

func ExampleSetHeaders() {
	h := http.Header{}
	pages.SetHeaders(h, "q83vEjRWeJCrze8SNFZ4kA==")
	fmt.Println(h.Get("X-Frame-Options"), h.Get("Cache-Control"))
	// Output: DENY private, no-cache, no-store
}

func ExampleErrorStatus() {
	fmt.Println(pages.ErrorStatus("AccessDenied"), pages.ErrorStatus("Configuration"), pages.ErrorStatus("no such code"))
	// Output: 403 400 400
}

func ExampleDescribe() {
	agent := "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36"
	fmt.Println(pages.Describe(agent, "en"))
	fmt.Println(pages.Describe(agent, "ko"))
	// Output:
	// Chrome on Android
	// Android · Chrome
}

// A page beside ours begins with the colors and the type of ours.
func ExampleStylesheet() {
	style := pages.Stylesheet() + "main { max-width: 42rem; background: var(--card) }\n"
	fmt.Println(strings.HasPrefix(style, ":root {\n  color-scheme: light dark;"), strings.Contains(style, "--card: #ffffff;"))
	// Output: true true
}

// Programs that look into mail open its links, so the page behind one has a button.
func ExampleConfirm() {
	var b strings.Builder
	err := pages.Render(&b, pages.Frame{Lang: "en"}, pages.Confirm{
		Kind: "verify", Action: "/api/auth/verify", Token: "…", Email: "mina@example.com",
	})
	fmt.Println(err, strings.Contains(b.String(), "Confirm that <bdi>mina@example.com</bdi> is your email address."))
	// Output: <nil> true
}

// Korean readers see Kakao first, and everybody its drawing.
func ExampleProvider() {
	page := pages.SignIn{Providers: []pages.Provider{
		{ID: "github", Name: "GitHub", Type: "oauth", Action: "/api/auth/signin/github"},
		{ID: "kakao", Name: "카카오", Type: "oauth", Action: "/api/auth/signin/kakao", Region: "ko"},
	}}
	for _, lang := range []string{"en", "ko"} {
		var b strings.Builder
		if err := pages.Render(&b, pages.Frame{Lang: lang}, page); err != nil {
			panic(err)
		}
		fmt.Println(lang, strings.Index(b.String(), "logo kakao") < strings.Index(b.String(), "logo github"))
	}
	// Output:
	// en false
	// ko true
}
