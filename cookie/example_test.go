package cookie_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/signet-auth/signet/cookie"
)

func ExampleRead() {
	answer := func(h http.Header) int {
		_, err := cookie.Read(h)
		if err != nil { // too many, or too large
			return http.StatusRequestHeaderFieldsTooLarge
		}
		return http.StatusOK
	}
	fmt.Println(answer(http.Header{"Cookie": {"theme=dark; lang=ko"}}))
	fmt.Println(answer(http.Header{"Cookie": {strings.Repeat("a=b; ", 5000)}}))
	// Output:
	// 200
	// 431
}

func ExampleJar_Get() {
	j, _ := cookie.Read(http.Header{"Cookie": {`state=a%7Cb; theme="dark"; sid=mine; sid=planted`}})
	fmt.Println(j.Get("state"))
	fmt.Println(j.Get("theme"))
	fmt.Println(j.Get("sid"))
	fmt.Println(j.Get("State"))
	// Output:
	// a|b <nil>
	// "dark" <nil>
	//  cookie: sent more than once
	//  cookie: absent
}

func ExampleJar_First() {
	j, _ := cookie.Read(http.Header{"Cookie": {"authjs.callback-url=https%3A%2F%2Fapp.example%2Fposts; authjs.callback-url=x"}})
	fmt.Println(j.First("authjs.callback-url"))
	// Output: https://app.example/posts true
}

func ExampleJar_All() {
	j, _ := cookie.Read(http.Header{"Cookie": {"b=1; a=%41; b=2"}})
	for name, value := range j.All() {
		fmt.Println(name, value)
	}
	// Output:
	// b 1
	// a A
	// b 2
}

func ExampleJar_Chunked() {
	j, _ := cookie.Read(http.Header{"Cookie": {"sid.1=-world; lang=ko; sid.0=hello"}})
	fmt.Println(j.Chunked("sid"))

	j, _ = cookie.Read(http.Header{"Cookie": {"sid.0=hello; sid.2=-world"}})
	broken, err := j.Chunked("sid")
	fmt.Println(errors.Is(err, cookie.ErrGap), "clear", broken.Names)
	// Output:
	// {hello-world [sid.1 sid.0]} <nil>
	// true clear [sid.0 sid.2]
}

func ExampleJar_Family() {
	j, _ := cookie.Read(http.Header{"Cookie": {"sid.7=x; sid-theme=dark; sid=y; sid=z"}})
	fmt.Println(j.Family("sid"))
	// Output: [sid.7 sid]
}

func ExampleAttributes_Set() {
	var a cookie.Attributes
	fmt.Println(a.Set("authjs.callback-url", "http://localhost:3000/한글"))

	a = cookie.Attributes{Secure: true, Expires: time.Date(2026, 12, 21, 8, 49, 46, 0, time.UTC)}
	fmt.Println(a.Set(cookie.SecureName("authjs.session-token"), "eyJ…"[:3]))
	// Output:
	// authjs.callback-url=http%3A%2F%2Flocalhost%3A3000%2F%ED%95%9C%EA%B8%80; Path=/; HttpOnly; SameSite=Lax <nil>
	// __Secure-authjs.session-token=eyJ; Path=/; Expires=Mon, 21 Dec 2026 08:49:46 GMT; HttpOnly; Secure; SameSite=Lax <nil>
}

func ExampleAttributes_Clear() {
	a := cookie.Attributes{Secure: true, Domain: "example.com", MaxAge: 900}
	fmt.Println(a.Clear("__Secure-sid"))
	// Output: __Secure-sid=; Max-Age=0; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax
}

func ExampleAttributes_Check() {
	fmt.Println(cookie.Attributes{Secure: true}.Check(cookie.HostName("sid")))
	fmt.Println(cookie.Attributes{Secure: true, Domain: "example.com"}.Check(cookie.HostName("sid")))
	fmt.Println(cookie.Attributes{}.Check(cookie.SecureName("sid")))
	// Output:
	// <nil>
	// cookie: "__Host-sid" needs Secure, Path=/ and no Domain
	// cookie: "__Secure-sid" needs Secure
}

// A session that has become short again: its second chunk must go.
func ExamplePlan() {
	j, _ := cookie.Read(http.Header{"Cookie": {"sid.0=old; sid.1=er"}})
	plan, err := cookie.Plan("sid", "eyJ.short", j.Family("sid"), cookie.ChunkV5)
	if err != nil {
		fmt.Println(err)
		return
	}
	lines, err := cookie.Attributes{}.Lines(plan)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Join(lines, "\n"))
	// Output:
	// sid.0=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax
	// sid.1=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax
	// sid=eyJ.short; Path=/; HttpOnly; SameSite=Lax
}

func ExamplePlanClear() {
	j, _ := cookie.Read(http.Header{"Cookie": {"sid.0=a; lang=ko; sid.1=b"}})
	lines, _ := cookie.Attributes{}.Lines(cookie.PlanClear(j.Family("sid")))
	fmt.Println(strings.Join(lines, "\n"))
	// Output:
	// sid.0=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax
	// sid.1=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax
}

func ExampleHostName() {
	fmt.Println(cookie.HostName("session"), cookie.SecureName("session"))
	// Output: __Host-session __Secure-session
}
