package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

func TestS99_WeakSecretsAreRefusedAtStart(t *testing.T) {
	weak := map[string]string{
		"too short":                   "Zk3vQ9",
		"31 bytes":                    longSecret[:31],
		"of tutorial 1":               "qerkasjhfkauiqeywrhkasjhfksajfh-and-more",
		"of the docs of iron-session": "complex_password_at_least_32_characters_long",
		"a placeholder":               "please-change-me-please-change-me-please",
		"one byte again and again":    strings.Repeat("a", 64),
		"a pattern again and again":   strings.Repeat("abc1", 16),
		"counting":                    "12345678901234567890123456789012",
	}
	for name, secret := range weak {
		for _, where := range []struct {
			name, yaml string
			env        []string
			place      string
		}{
			{"in the file", "secrets: [\"" + secret + "\"]\n", nil, "signet.yaml:1:11: the secret is "},
			{"in the environment", "", []string{"AUTH_SECRET", secret}, "environment: AUTH_SECRET: the secret is "},
			{"as an older one", "secrets: [" + longSecret + ", \"" + secret + "\"]\n", nil, "signet.yaml:1:46: the secret is "},
		} {
			t.Run(name+" "+where.name, func(t *testing.T) {
				inFolder(t, map[string]string{"signet.yaml": where.yaml})
				status, out, errs := typed(t, environment(where.env...), "serve", "--listen", "127.0.0.1:0")
				if status != exitUsage || !strings.HasPrefix(errs, where.place) || !strings.Contains(errs, "signet init") {
					t.Errorf("exit status %d, %q", status, errs)
				}
				if strings.Contains(out+errs, secret) {
					t.Error("the secret is repeated")
				}
				// The way around is for this machine only.
				status, _, errs = typed(t, environment(append(where.env, "AUTH_URL", "https://a.test")...), "serve", "--allow-weak-secret", "--listen", "0.0.0.0:0")
				if status != exitUsage || !strings.Contains(errs, "--allow-weak-secret is for this machine only") {
					t.Errorf("for others: exit status %d, %q", status, errs)
				}
			})
		}
	}
	t.Run("taken on request, on this machine", func(t *testing.T) {
		inFolder(t, map[string]string{"signet.yaml": "secrets: [\"qerkasjhfkauiqeywrhkasjhfksajfh\"]\n"})
		b := signettest.NewBrowser(t, serveHere(t, "--allow-weak-secret").url)
		if p := b.Get("/api/auth/session"); p.Status != 200 {
			t.Errorf("session: %d", p.Status)
		}
	})
}

func TestS102_SecretsOfFilesThatOthersCanReadAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // files have no such mode
	}
	for _, c := range []struct {
		name, yaml, file, want string
	}{
		{"in the configuration", "secrets: [" + longSecret + "]\n", "signet.yaml", "signet.yaml:1:11: secrets[0]: stands in a file of mode %04o; `chmod 600 signet.yaml`"},
		{"in a file of secrets", "secrets: [{file: keys}]\n", "keys", "signet.yaml:1:11: secrets[0]: keys can be read by others: its mode is %04o; `chmod 600 keys`"},
		{"made by serve", "", "signet-data/secret", "signet-data/secret can be read by others: its mode is %04o; `chmod 600 signet-data/secret`"},
	} {
		for _, mode := range []os.FileMode{0o644, 0o604, 0o660, 0o666, 0o777, 0o641} {
			t.Run(fmt.Sprintf("%s %04o", c.name, mode), func(t *testing.T) {
				inFolder(t, map[string]string{"signet.yaml": c.yaml, "keys": longSecret + "\n"})
				if err := makeSecret("signet-data/secret", time.Now()); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(c.file, mode); err != nil {
					t.Fatal(err)
				}
				status, _, errs := typed(t, environment(), "serve", "--listen", "127.0.0.1:0")
				if status != exitUsage || !strings.HasPrefix(errs, fmt.Sprintf(c.want, mode)) {
					t.Errorf("exit status %d, %q", status, errs)
				}
			})
		}
		for _, mode := range []os.FileMode{0o600, 0o640, 0o400} {
			t.Run(fmt.Sprintf("%s %04o", c.name, mode), func(t *testing.T) {
				inFolder(t, map[string]string{"signet.yaml": c.yaml, "keys": longSecret + "\n"})
				if err := makeSecret("signet-data/secret", time.Now()); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(c.file, mode); err != nil {
					t.Fatal(err)
				}
				serveHere(t)
			})
		}
	}
}

func TestS102_SecretsAreNeverPrinted(t *testing.T) {
	const password = "correct horse battery"
	yaml := "secrets: [" + longSecret + "]\nsession: {accept: [{format: authjs-v4, secrets: [" + anotherSecret + "]}]}\nlog: {level: debug, requests: true}\n"
	inFolder(t, map[string]string{"signet.yaml": yaml})
	never := func(what, text string, more ...string) {
		t.Helper()
		for _, s := range append(more, longSecret, anotherSecret, password) {
			if s != "" && strings.Contains(text, s) {
				t.Errorf("%s shows %q", what, s)
			}
		}
	}
	c, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		never(verb, fmt.Sprintf(verb, c))
		never(verb+" of a pointer", fmt.Sprintf(verb, &c))
		never(verb+" of the secrets", fmt.Sprintf(verb, c.secrets))
		never(verb+" of a section", fmt.Sprintf(verb, c.session))
	}
	if text, err := json.Marshal(c.secrets); err == nil {
		never("JSON", string(text))
	}

	r := serveHere(t)
	b := signettest.NewBrowser(t, r.url)
	token := b.CSRF("/api/auth")
	b.PostJSON("/api/auth/signup", map[string]string{"csrfToken": token, "email": "hana@example.com", "password": password})
	b.Get("/api/auth/session")
	b.Get("/?token=" + token)
	cookies := []string{token}
	for _, cookie := range b.Cookies() {
		cookies = append(cookies, cookie.Value)
	}
	r.stop()
	if !strings.Contains(r.errs.String(), `"path":"/api/auth/signup"`) {
		t.Fatal("the log is empty: this test would see nothing")
	}
	never("the log", r.errs.String()+r.out.String(), cookies...)
	_, out, errs := typed(t, environment(), "doctor")
	never("doctor", out+errs)

	// Nor by what is said about a file that is wrong.
	inFolder(t, map[string]string{"signet.yaml": yaml + "store: postgres://signet:" + longSecret + "@db/x\nsecrets: [" + anotherSecret + "]\nsite: \"" + password + "\\q\"\n"})
	_, out, errs = typed(t, environment(), "doctor")
	never("doctor about a bad file", out+errs)
}

func TestS112_LimitsOfAConnection(t *testing.T) {
	s := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	for what, got := range map[string][2]time.Duration{
		"header": {s.HTTP.ReadHeaderTimeout, 5 * time.Second}, "read": {s.HTTP.ReadTimeout, 15 * time.Second},
		"write": {s.HTTP.WriteTimeout, 30 * time.Second}, "idle": {s.HTTP.IdleTimeout, 60 * time.Second},
	} {
		if got[0] != got[1] {
			t.Errorf("%s timeout is %v, want %v", what, got[0], got[1])
		}
	}
	inFolder(t, map[string]string{"signet.yaml": "admin_listen: 127.0.0.1:0\ndrain: 0\n"})
	r := serveHere(t)
	address := strings.TrimPrefix(r.url, "http://")
	admin := r.find(r.errs, `"msg":"admin listener","address":"([^"]+)"`)
	keys := strings.Repeat("a=1&", 99)
	for _, c := range []struct {
		name, address, request string
		want                   int
	}{
		{"a header below 32 KiB", address, "GET /api/auth/session HTTP/1.1\r\nHost: {host}\r\nX: " + strings.Repeat("x", 31<<10) + "\r\n\r\n", 200},
		{"a header of 33 KiB", address, "GET /api/auth/session HTTP/1.1\r\nHost: {host}\r\nX: " + strings.Repeat("x", 33<<10) + "\r\n\r\n", 431},
		{"a header of 33 KiB, admin", admin, "GET /livez HTTP/1.1\r\nHost: {host}\r\nX: " + strings.Repeat("x", 33<<10) + "\r\n\r\n", 431},
		{"200 cookies", address, "GET /api/auth/session HTTP/1.1\r\nHost: {host}\r\nCookie: " + strings.Repeat("a=b; ", 199) + "a=b\r\n\r\n", 200},
		{"201 cookies", address, "GET /api/auth/session HTTP/1.1\r\nHost: {host}\r\nCookie: " + strings.Repeat("a=b; ", 200) + "a=b\r\n\r\n", 431},
		{"201 cookies beside the base path", address, "GET / HTTP/1.1\r\nHost: {host}\r\nCookie: " + strings.Repeat("a=b; ", 200) + "a=b\r\n\r\n", 431},
		{"100 query keys", address, "GET /api/auth/session?" + keys + "a=1 HTTP/1.1\r\nHost: {host}\r\n\r\n", 200},
		{"101 query keys", address, "GET /api/auth/session?" + keys + "a=1&a=1 HTTP/1.1\r\nHost: {host}\r\n\r\n", 400},
		{"101 query keys beside the base path", address, "GET /?" + keys + "a=1&a=1 HTTP/1.1\r\nHost: {host}\r\n\r\n", 400},
		{"a body above 64 KiB", address, "POST /api/auth/signout HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n" + strings.Repeat(" ", 70000), 413},
		{"TRACE", address, "TRACE / HTTP/1.1\r\nHost: {host}\r\n\r\n", 405},
		{"TRACE below the base path", address, "TRACE /api/auth/session HTTP/1.1\r\nHost: {host}\r\n\r\n", 405},
		{"CONNECT", address, "CONNECT a.test:443 HTTP/1.1\r\nHost: {host}\r\n\r\n", 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := sendRaw(t, c.address, c.request)
			defer answer.Body.Close()
			if answer.StatusCode != c.want {
				t.Errorf("status %d, want %d", answer.StatusCode, c.want)
			}
			if answer.Header.Get("Server") != "" || answer.Header.Get("X-Powered-By") != "" {
				t.Error("the answer tells what serves it")
			}
		})
	}
}

// sendRaw sends bytes that no client library would.
func sendRaw(t *testing.T, address, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	// Beside reading: the answer may come before all of the request is taken.
	go io.WriteString(conn, strings.Replace(request, "{host}", address, 1))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestS113_APanicIsAnsweredAndLogged(t *testing.T) {
	log := newLines()
	calls := 0
	h := &recovery{log: newLog(log, logConfig{}), next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls++; calls == 1 {
			panic(errors.New("out of order"))
		}
		io.WriteString(w, "well")
	})}
	seen := 0
	server := httptest.NewServer(&watch{next: usual(bounded(h)), seen: func(_ *http.Request, status int, _ time.Duration) { seen = status }})
	defer server.Close()
	b := signettest.NewBrowser(t, server.URL)
	if p := b.Get("/x?token=secret"); p.Status != 500 || strings.Contains(p.Body, "out of order") {
		t.Errorf("first: %d %q", p.Status, p.Body)
	}
	if p := b.Get("/x"); p.Status != 200 || p.Body != "well" {
		t.Errorf("second: %d %q", p.Status, p.Body)
	}
	text := log.String()
	if strings.Count(text, "\n") != 1 || !strings.Contains(text, "out of order") || !strings.Contains(text, `"path":"/x"`) || strings.Contains(text, "token=secret") {
		t.Errorf("log: %s", text)
	}
	if h.panics.Load() != 1 || seen != 200 {
		t.Errorf("%d panics counted, last status seen %d", h.panics.Load(), seen)
	}
}

// A handler that gives a connection up on purpose is not a fault.
func TestS113_AnAbortIsNoPanic(t *testing.T) {
	log := newLines()
	h := &recovery{log: newLog(log, logConfig{}), next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })}
	server := httptest.NewServer(h)
	defer server.Close()
	if answer, err := http.Get(server.URL); err == nil {
		answer.Body.Close()
		t.Errorf("answered with %d", answer.StatusCode)
	}
	if h.panics.Load() != 0 || log.String() != "" {
		t.Errorf("%d panics, log %q", h.panics.Load(), log)
	}
}

func TestS116_NothingForOperatorsIsPublic(t *testing.T) {
	paths := []string{"/metrics", "/livez", "/readyz", "/api/auth/metrics", "/api/auth/livez", "/api/auth/readyz", "/api/auth/../metrics", "//metrics", "/debug/pprof/", "/api/auth/admin"}
	for _, yaml := range []string{"", "admin_listen: 127.0.0.1:0\ndrain: 0\n"} {
		t.Run(fmt.Sprintf("with %q", yaml), func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": yaml})
			address := strings.TrimPrefix(serveHere(t).url, "http://")
			for _, path := range paths {
				if a := sendRaw(t, address, "GET "+path+" HTTP/1.1\r\nHost: {host}\r\n\r\n"); a.StatusCode != 404 && a.StatusCode != 400 {
					t.Errorf("%s: %d", path, a.StatusCode)
				}
			}
		})
	}
}

func TestS116_TheAdminListenerIsForThisMachine(t *testing.T) {
	for _, address := range []string{"0.0.0.0:9091", ":9091", "[::]:9091", "10.0.0.1:9091", "192.168.1.1:9091", "[fe80::1]:9091"} {
		inFolder(t, map[string]string{"signet.yaml": "admin_listen: \"" + address + "\"\n"})
		if _, err := load(t); err == nil || !strings.Contains(err.Error(), "can be reached by others") {
			t.Errorf("%s: %v", address, err)
		}
	}
	inFolder(t, map[string]string{"signet.yaml": "admin_listen: 127.0.0.1:0\ndrain: 0\n"})
	r := serveHere(t)
	address := r.find(r.errs, `"msg":"admin listener","address":"([^"]+)"`)
	for _, host := range []string{"evil.test", "evil.test:9091", "127.0.0.1.evil.test", "localhost.evil.test:80", ""} {
		answer := sendRaw(t, address, "GET /metrics HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
		if answer.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("asked as %q: %d", host, answer.StatusCode)
		}
	}
	for _, path := range []string{"/metrics", "/livez", "/readyz"} {
		answer := sendRaw(t, address, "GET "+path+" HTTP/1.1\r\nHost: {host}\r\nCookie: authjs.session-token=x\r\n\r\n")
		if answer.StatusCode != 200 || len(answer.Header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d, cookies %v", path, answer.StatusCode, answer.Header["Set-Cookie"])
		}
	}
	for _, path := range []string{"/", "/api/auth/session", "/api/auth/signin"} {
		if answer := sendRaw(t, address, "GET "+path+" HTTP/1.1\r\nHost: {host}\r\n\r\n"); answer.StatusCode != 404 {
			t.Errorf("%s on the admin listener: %d", path, answer.StatusCode)
		}
	}
}

// What a process listens on is what the system says, not what the program says.
func TestS116_ThereIsNoOtherListener(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // the system is asked in another way there
	}
	for _, c := range []struct {
		yaml string
		want int
	}{{"", 1}, {"admin_listen: 127.0.0.1:0\ndrain: 0\n", 2}} {
		inFolder(t, map[string]string{"signet.yaml": c.yaml})
		r := program(t, "--demo")
		if got := listening(t, r.process.Pid); len(got) != c.want {
			t.Errorf("with %q it listens on %v, want %d", c.yaml, got, c.want)
		} else {
			for _, address := range got {
				if !strings.HasPrefix(address, "0100007F:") {
					t.Errorf("listens on %s, which is not 127.0.0.1", address)
				}
			}
		}
		r.stop()
	}
}

// listening lists the TCP addresses on which a process listens, as the kernel writes them.
func listening(t *testing.T, pid int) []string {
	t.Helper()
	sockets := map[string]bool{}
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if to, err := os.Readlink(folder + "/" + f.Name()); err == nil && strings.HasPrefix(to, "socket:[") {
			sockets[strings.Trim(to, "socket:[]")] = true
		}
	}
	var list []string
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue // no IPv6 here
		}
		for line := range strings.Lines(string(text)) {
			const listen = "0A" // TCP_LISTEN
			if f := strings.Fields(line); len(f) > 9 && f[3] == listen && sockets[f[9]] {
				list = append(list, f[1])
			}
		}
	}
	return list
}
