package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A query that is too long for a page of ours is no business of ours elsewhere.
func TestOwnEndPointsTakeAHundredParameters(t *testing.T) {
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, len(r.URL.Query())) }))
	defer back.Close()
	inFolder(t, map[string]string{"signet.yaml": fmt.Sprintf("providers: [{type: credentials, login_path: /in}]\ngateway: {routes: [{match: \"/app/:path*\", upstream: %q}]}\n", back.URL)})
	query := "?a=1"
	for i := range 150 {
		query += fmt.Sprintf("&a%d=1", i)
	}
	r := serveHere(t, "--demo")
	for path, want := range map[string]int{"/app/x": 200, "/api/auth/csrf": 400, "/in": 400, "/": 400} {
		answer, err := http.Get(r.url + path + query)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, answer.StatusCode, want)
		}
		wantStatus := exitOK
		if want == 400 {
			wantStatus = exitNo
		}
		if path == "/" {
			continue // of the demo, which explain knows nothing about
		}
		if status, out, errs := typed(t, environment(), "explain", "GET", path+query); status != wantStatus || want == 400 && !strings.Contains(out, "more than 100 parameters") {
			t.Errorf("explain %s: exit status %d\n%.200s%s", path, status, out, errs)
		}
	}
}
