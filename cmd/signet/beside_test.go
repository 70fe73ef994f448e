package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The test binary is signet itself when this variable is set, so that tests can run it in
// a process of its own.
const beSignet = "SIGNET_TEST_BE_SIGNET"

func TestMain(m *testing.M) {
	if os.Getenv(beSignet) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command runs signet as a process and returns what it prints.
func command(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, args...)
	c.Env = []string{beSignet + "=1"}
	c.Stdin = strings.NewReader(stdin)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("signet %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// A visitor is a browser.
type visitor struct {
	*testing.T
	http.Client
	base string // of the auth routes
}

func newVisitor(t *testing.T, site string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, http.Client{Jar: jar, Timeout: 30 * time.Second}, site + "/api/auth"}
}

func (v *visitor) get(path string) string {
	v.Helper()
	r, err := v.Get(v.base + path)
	if err != nil {
		v.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.Fatal(err)
	}
	return string(body)
}

func (v *visitor) signIn(email, password string) {
	v.Helper()
	var csrf struct{ CSRFToken string }
	if err := json.Unmarshal([]byte(v.get("/csrf")), &csrf); err != nil {
		v.Fatal(err)
	}
	r, err := v.PostForm(v.base+"/callback/credentials", url.Values{
		"csrfToken": {csrf.CSRFToken}, "email": {email}, "password": {password}, "json": {"true"},
	})
	if err != nil {
		v.Fatal(err)
	}
	r.Body.Close()
	if s := v.get("/session"); !strings.Contains(s, email) {
		v.Fatalf("signed in, and the session is %s", s)
	}
}

// signedOutSoon waits for the server to hear of what another process did. Ruling 27 gives it a
// second; the rest is for a machine that is busy with other things.
func (v *visitor) signedOutSoon(after string) {
	v.Helper()
	begin := time.Now()
	for v.get("/session") != "null" {
		if time.Since(begin) > 10*time.Second {
			v.Fatalf("still signed in after %s", after)
		}
		time.Sleep(5 * time.Millisecond)
	}
	v.Logf("%s: signed out after %v", after, time.Since(begin).Round(time.Millisecond))
}

func TestCommandsEndSessionsBesideAServer(t *testing.T) {
	const email, first, second = "hana@example.com", "correct horse battery", "another fine passphrase"
	for _, c := range []struct {
		strategy string
		stdin    string
		args     []string // what ends all sessions of a user
	}{
		{"jwt", second + "\n", []string{"user", "password", email, "--password-stdin"}},
		{"database", "", []string{"user", "disable", email}},
	} {
		t.Run(c.strategy, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": "session:\n  strategy: " + c.strategy + "\n"})
			// Before the server: one that runs sees what a command wrote within a second.
			command(t, first, "user", "add", email, "--password-stdin")
			site := program(t).url
			v, other := newVisitor(t, site), newVisitor(t, site)
			v.signIn(email, first)
			other.signIn(email, first)
			var list []listedSession
			if err := json.Unmarshal([]byte(command(t, "", "session", "list", "--json")), &list); err != nil || len(list) != 2 {
				t.Fatalf("%d sessions, %v", len(list), err)
			}
			command(t, "", "session", "revoke", shownHandle(list[1].ID)) // the older one
			v.signedOutSoon("session revoke")
			if s := other.get("/session"); !strings.Contains(s, email) {
				t.Errorf("the other session is %s", s)
			}
			command(t, c.stdin, c.args...)
			other.signedOutSoon(strings.Join(c.args[:2], " "))
		})
	}
}
