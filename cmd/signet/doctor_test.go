package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
)

// examined runs doctor and returns what it said about one check.
func examined(t *testing.T, check string, args ...string) (status int, said []symptom) {
	t.Helper()
	status, out, errs := typed(t, environment(), append([]string{"doctor", "--json"}, args...)...)
	var d diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v in %s%s", err, out, errs)
	}
	for _, f := range d.Findings {
		if f.Check == check {
			said = append(said, f)
		}
	}
	return status, said
}

func isSaid(said []symptom, status, part string) bool {
	for _, f := range said {
		if f.Status == status && strings.Contains(f.Said, part) && (status == isOK) == (f.Cure == "") {
			return true
		}
	}
	return false
}

func TestDoctorKnowsARunningSignet(t *testing.T) {
	inFolder(t, nil)
	address := strings.TrimPrefix(serveHere(t).url, "http://")
	if status, said := examined(t, "listener", "--listen", address); status != exitOK || !isSaid(said, isOK, "has a running Signet") {
		t.Errorf("exit status %d: %+v", status, said)
	}
}

func TestDoctorKnowsAnAddressInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	go func() {
		for {
			conn, err := taken.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	inFolder(t, nil)
	if status, said := examined(t, "listener", "--listen", taken.Addr().String()); status != exitNo || !isSaid(said, isWrong, "in use by another program") {
		t.Errorf("exit status %d: %+v", status, said)
	}
}

func TestDoctorFindsADamagedDatabase(t *testing.T) {
	inFolder(t, nil)
	serveHere(t).stop()
	const file = "signet-data/signet.db"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 8192; i < len(text); i++ { // all pages but the first two
		text[i] = 0xA5
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, said := examined(t, "database", "--listen", "127.0.0.1:0"); status != exitNo || !isSaid(said, isWrong, "damaged") {
		t.Errorf("exit status %d: %+v", status, said)
	}
}

// Looking must not change what is looked at, whether or not a server has it open.
func TestDoctorChangesNothing(t *testing.T) {
	inFolder(t, nil)
	r := serveHere(t, "--demo")
	if status, said := examined(t, "database", "--listen", "127.0.0.1:0"); status != exitOK || !isSaid(said, isOK, "is sound and can be written") {
		t.Errorf("beside a server: exit status %d: %+v", status, said)
	}
	r.stop()
	before := sums(t)
	if status, _ := examined(t, "database", "--listen", "127.0.0.1:0"); status != exitOK {
		t.Errorf("exit status %d", status)
	}
	if after := sums(t); !bytes.Equal(before, after) {
		t.Errorf("the folder changed:\n%s\nand now:\n%s", before, after)
	}
}

// sums lists what is in the data folder.
func sums(t *testing.T) []byte {
	t.Helper()
	files, err := os.ReadDir("signet-data")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, f := range files {
		text, err := os.ReadFile("signet-data/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		b.WriteString(f.Name() + " ")
		json.NewEncoder(&b).Encode(sum[:])
	}
	return b.Bytes()
}

func TestDoctorFindsOpenFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // files have no such mode
	}
	inFolder(t, nil)
	serveHere(t).stop()
	for path, check := range map[string]string{"signet-data/signet.db": "database", "signet-data/secret": "secrets"} {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		want := isWarning
		if check == "secrets" {
			want = isWrong // serve does not start with it
		}
		if _, said := examined(t, check, "--listen", "127.0.0.1:0"); !isSaid(said, want, "0644") {
			t.Errorf("%s: %+v", path, said)
		}
	}
}

func TestDoctorTellsOfRulesThatSurprise(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "listen: 127.0.0.1:0\nprotect: [\"/((?!api).*)\"]\n"})
	if status, said := examined(t, "protection"); status != exitOK || !isSaid(said, isWarning, "signet.yaml:2:11: ") {
		t.Errorf("exit status %d: %+v", status, said)
	}
}

func TestDoctorSaysOnceThatASecretIsWeak(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "access_tokens: {audiences: [posts], key: changeme-changeme-changeme-changeme}\n"})
	if err := makeSecret("signet-data/secret", serveClock()); err != nil {
		t.Fatal(err)
	}
	status, out, errs := typed(t, environment(), "doctor", "--listen", "127.0.0.1:0")
	if n := strings.Count(out, "signet.yaml:1:42: the secret is"); status != exitNo || n != 1 {
		t.Errorf("exit status %d, said %d times:\n%s%s", status, n, out, errs)
	}
}

func TestDoctorKnowsRoutesThatSignetAnswersItself(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "providers: [{type: credentials, login_path: /api/login}]\ngateway: {routes: [{match: \"/api/auth/:path*\", upstream: \"http://127.0.0.1:1\"}, {match: /api/login, upstream: \"http://127.0.0.1:1\"}, {match: /api/authors, upstream: \"http://127.0.0.1:1\"}]}\n"})
	for check, want := range map[string]string{"route 1": "/api/auth/:path* is never reached: Signet answers everything below /api/auth itself", "route 2": "/api/login is never reached: Signet answers it itself"} {
		if _, said := examined(t, check); !isSaid(said, isWarning, want) {
			t.Errorf("%+v", said)
		}
	}
	if _, said := examined(t, "route 3"); isSaid(said, isWarning, "never reached") {
		t.Errorf("%+v", said)
	}
}

func TestDoctorWarnsOfThoseWhoHaveNoToken(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "providers: [{type: credentials}, {type: backend, url: \"http://127.0.0.1:1/login\"}]\ngateway: {routes: [{match: /a, upstream: \"http://127.0.0.1:1\", require: session, token: {as: bearer}}]}\n"})
	if _, said := examined(t, "route 1"); !isSaid(said, isWarning, "whoever signed in with \"credentials\" has no token") {
		t.Errorf("%+v", said)
	}
}
