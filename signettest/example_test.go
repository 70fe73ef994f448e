package signettest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

func ExampleClock() {
	clock := signettest.NewClock(time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC))
	clock.Advance(30 * time.Minute)
	fmt.Println(clock.Now().Format(time.TimeOnly))
	// Output: 00:30:00
}

func ExampleBrowser() {
	var t testing.T // a test's own t
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes"})
		http.Redirect(w, r, "/welcome", http.StatusSeeOther)
	}))
	defer site.Close()

	b := signettest.NewBrowser(&t, site.URL)
	page := b.Get("/")
	fmt.Println(page.Status, page.Location(), b.Cookies())
	// Output: 303 /welcome [seen=yes]
}

// The code under test calls Kakao by its real name; the client leads it to the fake.
func ExampleClient() {
	var t testing.T // a test's own t
	kakao := signettest.NewKakao(&t)
	defer kakao.Close() // a test's own t does it

	client := signettest.Client(kakao) // for World.HTTP
	res, err := client.Get("https://kapi.kakao.com/v2/user/me")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	fmt.Println(res.Status, string(body))
	fmt.Println(kakao.Refused())
	// Output:
	// 401 Unauthorized {"code":-401,"msg":"this access token does not exist"}
	// [userinfo: the access token is dead or missing]
}

// A site whose handler sends visitors to GitHub. Signet itself would be here.
func ExampleBrowser_SignInWith() {
	var t testing.T // a test's own t
	github := signettest.NewGitHub(&t)
	defer github.Close() // a test's own t does it
	github.ConsentPage = true

	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	defer site.Close()
	mux.HandleFunc("GET /auth/csrf", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"csrfToken":"t"}`) })
	mux.HandleFunc("POST /auth/signin/github", func(w http.ResponseWriter, r *http.Request) {
		q := url.Values{"client_id": {github.ClientID}, "response_type": {"code"}, "redirect_uri": {site.URL + "/auth/callback/github"}, "state": {"s"}}
		http.Redirect(w, r, "https://github.com/login/oauth/authorize?"+q.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /auth/callback/github", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "state", r.FormValue("state"), "with a code:", r.FormValue("code") != "")
	})

	page := signettest.NewBrowser(&t, site.URL).SignInWith(github, "/auth/signin/github")
	fmt.Print(page.Body)
	fmt.Println(github.Calls(signettest.Authorization), github.Last(signettest.Authorization).Method)
	// Output:
	// state s with a code: true
	// 2 POST
}

// Somebody who did not agree to give an address, and one whose address is not proven.
func ExampleProvider_SignIn() {
	var t testing.T // a test's own t
	kakao := signettest.NewKakao(&t)
	defer kakao.Close() // a test's own t does it

	person := kakao.Person()
	fmt.Println(person.Subject, person.Name, person.Email, person.EmailVerified)
	person.Email, person.EmailVerified = "", nil
	kakao.SignIn(person)

	person = kakao.Sample("unverified address")
	fmt.Println(person.Email, person.EmailVerified)
	kakao.SignIn(person)
	// Output:
	// 3141592653 민지 minji@kakao.example true
	// minji@kakao.example false
}

// The provider is down for one call, then answers too late for the caller to know.
func ExampleProvider_Next() {
	var t testing.T // a test's own t
	naver := signettest.NewNaver(&t)
	defer naver.Close() // a test's own t does it

	naver.Next(signettest.Token, signettest.Status(http.StatusServiceUnavailable), signettest.Drop())
	client := signettest.Client(naver)
	for range 3 {
		res, err := client.PostForm("https://nid.naver.com/oauth2.0/token", url.Values{"grant_type": {"refresh_token"}})
		if err != nil {
			fmt.Println("no answer")
			continue
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		fmt.Println(res.StatusCode, string(body))
	}
	fmt.Println(naver.Calls(signettest.Token), "calls")
	// Output:
	// 503 Service Unavailable
	// no answer
	// 200 {"error":"invalid_client","error_description":"wrong client id / client secret pair"}
	// 3 calls
}

func ExampleNewIssuer() {
	var t testing.T // a test's own t
	issuer := signettest.NewIssuer(&t)
	defer issuer.Close() // a test's own t does it

	token := issuer.Sign("ES256", map[string]any{"typ": "logout+jwt"}, map[string]any{"iss": issuer.Issuer()})
	fmt.Println(strings.Count(token, "."), strings.HasPrefix(issuer.URL(signettest.JWKS), issuer.Issuer()))
	issuer.RotateKeys() // and now it is signed with a key that nobody knows
	// Output: 2 true
}

func ExampleMailbox() {
	var t testing.T // a test's own t
	box := signettest.NewMailbox(&t)
	defer box.Close() // a test's own t does it

	err := smtp.SendMail(box.Address(), nil, "site@example.com", []string{"minji@kakao.example"},
		[]byte("Subject: =?utf-8?b?66Gc6re47J24?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n123456\r\n"))
	mail := box.Wait(1)
	fmt.Println(err, mail.To, mail.Subject, strings.TrimSpace(mail.Text))
	// Output: <nil> [minji@kakao.example] 로그인 123456
}
