package signettest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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
