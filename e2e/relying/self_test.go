package relying_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signet-auth/signet/store/sqlite"
)

// The rest needs an issuer and a browser: e2e/oidc-provider.
func TestAppOffersTheIssuer(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "signet.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	a, err := newApp(settings{
		URL:     "http://localhost:3000",
		Secrets: []string{"0Lw3n2kYqzN8v5T1mZrXcB7hGf4JdSae"},
		Issuer:  "http://127.0.0.1:9", ClientID: "signet", ClientSecret: "secret",
	}, store.Stores())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.auth.Close() }()
	for path, want := range map[string]string{
		"/api/auth/providers": `"corp":{"id":"corp","name":"Corp","type":"oidc"`,
		"/userposts":          "/api/auth/signin",
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://localhost:3000"+path, nil)
		r.Header.Set("Accept", "text/html")
		a.routes().ServeHTTP(w, r)
		if got := w.Body.String() + w.Header().Get("Location"); !strings.Contains(got, want) {
			t.Errorf("GET %s answered %d %s, want %s", path, w.Code, got, want)
		}
	}
}
