package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

func init() { lookEvery = 100 * time.Millisecond }

// A movable is a clock that several servers share.
type movable struct{ ahead atomic.Int64 }

func (m *movable) now() time.Time          { return time.Now().Add(time.Duration(m.ahead.Load())) }
func (m *movable) advance(d time.Duration) { m.ahead.Add(int64(d)) }

// serveAt is serveHere with a clock.
func serveAt(t *testing.T, clock *movable, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, out: newLines(), errs: newLines(), cancel: cancel, status: make(chan int, 1)}
	at := &terminal{In: strings.NewReader(""), Out: r.out, Err: r.errs, Now: clock.now, Env: environment()}
	go func() { r.status <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), at) }()
	t.Cleanup(func() { r.stop() })
	r.url = r.find(r.out, `listening on (http://\S+)`)
	return r
}

// keysVerb runs `signet keys …` by that clock.
func keysVerb(t *testing.T, clock *movable, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if status := run(t.Context(), append([]string{"keys"}, args...), &terminal{Out: &out, Err: &errs, Now: clock.now, Env: environment()}); status != exitOK {
		t.Fatalf("signet keys %v: exit status %d\n%s", args, status, errs.String())
	}
	return out.String()
}

// wander sends a browser to another server, with the same cookies.
func (v *visitor) wander(to *running) { v.base = to.url + "/api/auth" }

// F-15: three servers share a folder, people go from one to the next with every request and
// are sealed anew each time, and the secret is rotated and the old one retired meanwhile.
func TestF15_RotationUnderLoadByCommand(t *testing.T) {
	const email, password = "hana@example.com", "correct horse battery"
	inFolder(t, map[string]string{"signet.yaml": "session: {update_age: 0}\n"})
	clock := &movable{}
	command(t, password, "user", "add", email, "--password-stdin")
	servers := []*running{serveAt(t, clock), serveAt(t, clock), serveAt(t, clock)}
	first := newestSecret(t)

	people := make([]*visitor, 6)
	for i := range people {
		people[i] = newVisitor(t, servers[i%3].url)
		people[i].signIn(email, password)
	}
	oldCookie := people[0].cookie("authjs.session-token")
	if !sealedBy(t, first, oldCookie) {
		t.Fatal("the first cookie is sealed by another secret")
	}

	// Cookies go by host name, so 127.0.0.1 with another port is the same site.
	var over atomic.Bool
	var visits, lost atomic.Int64
	var load sync.WaitGroup
	for _, v := range people {
		load.Go(func() {
			for !over.Load() {
				v.wander(servers[rand.IntN(len(servers))])
				if s := v.get("/session"); !strings.Contains(s, email) {
					lost.Add(1)
					t.Errorf("after %d visits: %s", visits.Load(), s)
					return
				}
				visits.Add(1)
			}
		})
	}
	clock.advance(2 * time.Minute) // a secret is a minute old before it can be rotated
	t.Log(keysVerb(t, clock, "rotate"))
	for _, s := range servers {
		s.find(s.errs, `"msg":"secrets changed","keys":"2 1"`)
	}
	second := newestSecret(t)
	early := newVisitor(t, servers[1].url)
	early.carry("authjs.session-token", oldCookie)
	if s := early.get("/session"); !strings.Contains(s, email) {
		t.Errorf("in the first minute: %s", s)
	}
	after(t, &visits, 50)
	clock.advance(61 * time.Second)
	after(t, &visits, 50)
	over.Store(true)
	load.Wait()
	for i, v := range people {
		v.wander(servers[i%3])
		v.get("/session")
		if !sealedBy(t, second, v.cookie("authjs.session-token")) {
			t.Errorf("person %d still has a cookie of the old secret", i)
		}
	}
	if lost.Load() > 0 {
		t.Fatalf("%d of %d people were signed out in %d visits", lost.Load(), len(people), visits.Load())
	}
	t.Logf("%d visits, nobody lost", visits.Load())

	// The old one has leaked.
	stale := newVisitor(t, servers[0].url)
	stale.carry("authjs.session-token", oldCookie)
	if s := stale.get("/session"); !strings.Contains(s, email) {
		t.Fatalf("while the old secret is listed: %s", s)
	}
	t.Log(keysVerb(t, clock, "rotate", "--retire", "1"))
	for i, s := range servers {
		s.find(s.errs, `"msg":"secrets changed","keys":"2"`)
		thief := newVisitor(t, s.url)
		thief.carry("authjs.session-token", oldCookie)
		if got := thief.get("/session"); got != "null" {
			t.Errorf("server %d opens a cookie of the retired secret: %s", i, got)
		}
		people[i].wander(s)
		if got := people[i].get("/session"); !strings.Contains(got, email) {
			t.Errorf("server %d signed somebody out: %s", i, got)
		}
	}
}

// after waits for n more visits.
func after(t *testing.T, visits *atomic.Int64, n int64) {
	t.Helper()
	for end, late := visits.Load()+n, time.Now().Add(30*time.Second); visits.Load() < end; time.Sleep(time.Millisecond) {
		if time.Now().After(late) || t.Failed() {
			t.Fatal("the visits have stopped")
		}
	}
}

func newestSecret(t *testing.T) string {
	t.Helper()
	list, err := readSecrets("signet-data/secret")
	if err != nil {
		t.Fatal(err)
	}
	return list[0].text()
}

func sealedBy(t *testing.T, secret, cookie string) bool {
	t.Helper()
	codec, err := authjs.V5(seal.Secrets(secret), "authjs.session-token")
	if err != nil {
		t.Fatal(err)
	}
	_, err = codec.(seal.Inspector).Inspect(cookie)
	return err == nil
}

// S-100: what is in the file is taken over, be it by a SIGHUP, by a look around or after a
// hundred of them in all states; what cannot be used changes nothing and fails no request.
func TestS100_HangUpStorm(t *testing.T) {
	const email, password = "hana@example.com", "correct horse battery"
	good := "id=1 " + longSecret + "\n"
	inFolder(t, map[string]string{"signet.yaml": "secrets: [{file: keys}]\n", "keys": good})
	command(t, password, "user", "add", email, "--password-stdin")
	r := program(t)
	v := newVisitor(t, r.url)
	v.signIn(email, password)

	var over atomic.Bool
	var served atomic.Int64
	var load sync.WaitGroup
	load.Go(func() {
		for !over.Load() {
			if s := v.get("/session"); !strings.Contains(s, email) {
				t.Errorf("after %d visits: %s", served.Load(), s)
				return
			}
			served.Add(1)
		}
	})
	const unchanged, changed, refused = "no secret has changed", "secrets changed", "everything stays as it is"
	states := []struct{ file, text, said string }{
		{"keys", good, unchanged},
		{"keys", "", refused},
		{"keys", "id=2 made=2026-11-25T10:00:00Z", refused},
		{"keys", "id=2 made=20", refused},
		{"keys", "id=2 " + anotherSecret[:20], refused},
		{"keys", "changeme changeme changeme changeme changeme\n" + good, refused},
		{"keys", "id=2 " + anotherSecret + "\n" + good, changed},
		{"signet.yaml", "", refused},
		{"signet.yaml", "secrets: [{file: ke", refused},
		{"signet.yaml", "secrets: [{file: nothere}]\n", refused},
		{"signet.yaml", "secrets: [{file: keys}]\n", unchanged},
	}
	put := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range states { // one by one, each as expected
		before := strings.Count(r.errs.String(), s.said)
		put(s.file, s.text)
		r.signal(syscall.SIGHUP)
		r.find(r.errs, fmt.Sprintf(`(?s)(%s.*){%d}`, s.said, before+1))
		after(t, &served, 5)
	}
	for i := range 300 { // and then all in a row
		put(states[i%len(states)].file, states[i%len(states)].text)
		r.signal(syscall.SIGHUP)
	}
	// In the end the file is in order, and a new secret in it is used.
	for name, text := range map[string]string{"signet.yaml": "secrets: [{file: keys}]\n", "keys": "id=9 " + anotherSecret + "\n" + good} {
		put(name, text)
	}
	r.find(r.errs, `"msg":"secrets changed","keys":"9 1"`)
	after(t, &served, 20)
	over.Store(true)
	load.Wait()
	for _, never := range []string{longSecret, anotherSecret, "panic"} {
		if strings.Contains(r.errs.String(), never) {
			t.Errorf("%q is in the log", never)
		}
	}
	if status := r.stop(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
}

// What is wrong is told once, and again only when something has changed.
func TestS99_WeakSecretIsRefusedWhileServing(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "secrets: [{file: keys}]\n", "keys": longSecret + "\n"})
	r := serveHere(t)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile("keys", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("my-secret-key-in-a-tutorial-and-some-more\n" + longSecret + "\n")
	r.find(r.errs, `"msg":"everything stays as it is.*keys:1: the secret is known from a tutorial or a sample`)
	write(anotherSecret + "\n" + longSecret + "\n")
	r.find(r.errs, `"msg":"secrets changed","keys":"2 1"`)
	if n := strings.Count(r.errs.String(), "everything stays as it is"); n != 1 {
		t.Errorf("told %d times:\n%s", n, r.errs)
	}
}

// Secrets are taken over; everything else waits for a restart, and is named.
func TestReloadNamesWhatWaits(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "secrets: [" + longSecret + "]\nsession:\n  accept: [{format: authjs-v4, secrets: [" + anotherSecret + "]}]\n"})
	r := serveHere(t)
	if err := makeSecret("signet-data/secret", time.Now()); err != nil { // of an earlier life without secrets in the file
		t.Fatal(err)
	}
	for i, yaml := range []string{
		"secrets: [" + longSecret + "]\nsite: New\nsession:\n  max_age: 1d\n  accept: [{format: authjs-v4, secrets: [" + anotherSecret + "]}]\n",
		"secrets: [" + longSecret + "]\nsession:\n  accept: [{format: authjs-v4, secrets: [" + longSecret + "]}]\n",
		"session:\n  accept: [{format: authjs-v4, secrets: [" + longSecret + "]}]\n",
		"secrets: [" + longSecret + "]\nsession:\n  accept: []\n",
	} {
		if err := os.WriteFile("signet.yaml", []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		r.find(r.errs, []string{
			`"msg":"settings changed: restart to apply them","keys":"site session"`,
			`"msg":"secrets changed","keys":"1"`,
			"`secrets` came or went; restart if that is meant",
			`signet.yaml:3:11: session.accept: the format \\"authjs-v4\\" is missing; restart to change what is accepted`,
		}[i])
	}
}

// A secret that does not say when it was made is a minute young from its first sight on,
// however often the file is read in that minute.
func TestReloadDoesNotShortenTheMinute(t *testing.T) {
	inFolder(t, map[string]string{"keys": longSecret + "\n", "signet.yaml": "secrets: [{file: keys}]\nsession: {update_age: 0}\n"})
	clock := &movable{}
	command(t, "correct horse battery", "user", "add", "hana@example.com", "--password-stdin")
	r := serveAt(t, clock)
	v := newVisitor(t, r.url)
	v.signIn("hana@example.com", "correct horse battery")
	const third = "N7fR2kV9xC4bT1mQ8sW6zL3hJ5gY0dEaU"
	for i, text := range []string{anotherSecret + "\n" + longSecret, third + "\n" + anotherSecret + "\n" + longSecret} {
		if err := os.WriteFile("keys", []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r.find(r.errs, fmt.Sprintf(`"msg":"secrets changed","keys":"%s2 1"`, []string{"", "3 "}[i]))
		clock.advance(20 * time.Second)
		v.get("/session")
		if !sealedBy(t, longSecret, v.cookie("authjs.session-token")) {
			t.Fatalf("after change %d a secret seals that is not a minute old", i+1)
		}
	}
	clock.advance(time.Minute)
	v.get("/session")
	v.get("/session")
	if sealedBy(t, longSecret, v.cookie("authjs.session-token")) {
		t.Error("after more than a minute the first one still seals")
	}
}
