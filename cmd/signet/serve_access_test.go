package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

// rsaKey is a private key as openssl writes it.
func rsaKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// accessToken asks for a token as a page does, and tells its kid.
func accessToken(t *testing.T, b *signettest.Browser) (token, kid string) {
	t.Helper()
	var answer struct {
		Token string `json:"access_token"`
	}
	page := b.PostJSON("/api/auth/token", map[string]any{})
	if err := json.Unmarshal([]byte(page.Body), &answer); err != nil || answer.Token == "" {
		t.Fatalf("%d %s", page.Status, page.Body)
	}
	return answer.Token, kidOf(t, answer.Token)
}

func kidOf(t *testing.T, token string) string {
	t.Helper()
	_, out, _ := typed(t, environment(), "inspect", "--json", token)
	var seen struct {
		Header struct{ Kid string }
	}
	if err := json.Unmarshal([]byte(out), &seen); err != nil || seen.Header.Kid == "" {
		t.Fatalf("%v in %s", err, out)
	}
	return seen.Header.Kid
}

// isGood asks the server, as an API does that has to know.
func isGood(t *testing.T, site, token string) bool {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, site+"/api/auth/introspect", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("api", longSecret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var seen struct{ Active bool }
	if err := json.NewDecoder(answer.Body).Decode(&seen); err != nil {
		t.Fatal(err)
	}
	return seen.Active
}

// The keys of access tokens are changed while tokens are asked for: the new one is published
// at once and signs after a minute, the old one verifies until it is taken out.
func TestKeysOfAccessTokensAreRotated(t *testing.T) {
	const head = "access_tokens:\n  audiences: [posts]\n  algorithm: RS256\n  introspection_secret: " + longSecret + "\n  key: "
	inFolder(t, map[string]string{"old.pem": rsaKey(t), "new.pem": rsaKey(t), "signet.yaml": head + "{file: old.pem}\n"})
	command(t, "correct horse battery", "user", "add", "hana@example.com", "--password-stdin")
	clock := &movable{}
	r := serveAt(t, clock)
	b := signettest.NewBrowser(t, r.url)
	signIn(t, b, "hana@example.com", "correct horse battery", "")
	before, old := accessToken(t, b)

	put := func(text, said string) {
		t.Helper()
		if err := os.WriteFile("signet.yaml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.find(r.errs, said)
	}
	put(head+"[{file: new.pem}, {file: old.pem}]\n", `"msg":"keys of access tokens changed","keys":2`)
	if jwks := b.Get("/api/auth/jwks").Body; strings.Count(jwks, `"kid"`) != 2 || !strings.Contains(jwks, old) {
		t.Errorf("published: %s", jwks)
	}
	if _, kid := accessToken(t, b); kid != old {
		t.Error("a key signs that nobody had the time to hear of")
	}
	clock.advance(time.Minute + time.Second)
	after, young := accessToken(t, b)
	if young == old || !isGood(t, r.url, before) || !isGood(t, r.url, after) {
		t.Errorf("after a minute %s signs; the old token is good: %v, the new one: %v", young, isGood(t, r.url, before), isGood(t, r.url, after))
	}
	put(head+"{file: new.pem}\n", `"msg":"keys of access tokens changed","keys":1`)
	if jwks := b.Get("/api/auth/jwks").Body; strings.Contains(jwks, old) || !strings.Contains(jwks, young) {
		t.Errorf("published in the end: %s", jwks)
	}
	if isGood(t, r.url, before) || !isGood(t, r.url, after) {
		t.Error("the token of the key that is gone is good, or the other is not")
	}
}

// The file of a key is looked at, too, and what cannot be taken over is told.
func TestKeysOfAccessTokensAreWatched(t *testing.T) {
	const yaml = "access_tokens: {audiences: [posts], algorithm: ES256, key: {file: api}}\n"
	inFolder(t, map[string]string{"api": longSecret + "\n", "signet.yaml": yaml})
	r := serveHere(t)
	for _, c := range []struct{ file, text, said string }{
		{"api", anotherSecret + "\n", `"msg":"keys of access tokens changed","keys":1`},
		{"api", "short\n", `everything stays as it is.*api: the secret is shorter`},
		{"api", anotherSecret + "\n", `the files can be used again`},
		{"signet.yaml", strings.Replace(yaml, "ES256, key: {file: api}", "HS256, key: "+longSecret, 1), `settings changed: restart to apply them","keys":"access_tokens"`},
	} {
		if err := os.WriteFile(c.file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.find(r.errs, c.said)
	}
	if n := strings.Count(r.errs.String(), "keys of access tokens changed"); n != 1 {
		t.Errorf("told %d times:\n%s", n, r.errs)
	}
}

// A variable is as good as a file.
func TestKeyOfAccessTokensInAVariable(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "access_tokens: {audiences: [posts], key: [{env: NEW}, {env: OLD}], introspection_secret: {env: ASK}}\n"})
	c, err := load(t, "NEW", longSecret, "OLD", anotherSecret, "ASK", longSecret)
	if err != nil {
		t.Fatal(err)
	}
	ring := c.access.make().Keys
	if len(ring) != 2 || string(ring[0].Secret) != longSecret || ring[0].ID != "2" || ring[1].ID != "1" || c.access.introspection.none() {
		t.Errorf("%d keys", len(ring))
	}
	if _, err := load(t, "NEW", longSecret, "ASK", longSecret); err == nil || !strings.Contains(err.Error(), "environment: OLD is not set") {
		t.Errorf("without a variable: %v", err)
	}
}
