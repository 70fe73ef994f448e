package main

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

var serveClock = time.Now

func TestServeWithoutConfiguration(t *testing.T) {
	inFolder(t, nil)
	r := serveHere(t)
	if got, want := r.out.String(), "listening on "+r.url+"\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	for path, want := range map[string]uint32{"signet-data": 0o700, "signet-data/secret": 0o600, "signet-data/signet.db": 0o600} {
		if mode := modeOf(t, path); uint32(mode) != want {
			t.Errorf("mode %04o of %s, want %04o", mode, path, want)
		}
	}
	b := signettest.NewBrowser(t, r.url)
	if p := b.Get("/"); p.Status != 200 || !strings.Contains(p.Body, "Signet is running") || !strings.Contains(p.Body, "/api/auth/signin") {
		t.Errorf("start page: %d %s", p.Status, p.Body)
	}
	if p := b.Get("/nothing"); p.Status != 404 || !strings.Contains(p.Body, "There is nothing here") {
		t.Errorf("no page: %d %s", p.Status, p.Body)
	}
	// Everybody on this machine may open an account, and is signed in by that.
	p := b.Post("/api/auth/signup", url.Values{"csrfToken": {b.CSRF("/api/auth")}, "email": {"hana@example.com"}, "name": {"Hana"}, "password": {"correct horse battery"}})
	if p.Status/100 != 3 {
		t.Fatalf("sign-up: %d %s", p.Status, p.Body)
	}
	if p := b.Get("/"); !strings.Contains(p.Body, "You are signed in.") || !strings.Contains(p.Body, "Hana") {
		t.Errorf("start page, signed in: %s", p.Body)
	}

	// The secret and the session are there after a new start.
	cookies := b.Cookies()
	r.stop()
	again := signettest.NewBrowser(t, serveHere(t).url)
	again.SetCookies(cookies...)
	if p := again.Get("/api/auth/session"); !strings.Contains(p.Body, "hana@example.com") {
		t.Errorf("session after a new start: %s", p.Body)
	}
}

func TestServeRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		name, yaml string
		env        []string
		args       []string
		status     int
		want       string // begins with
	}{
		{"others can reach it and the URL is not known", "listen: 0.0.0.0:0\n", nil, nil, exitUsage,
			"signet.yaml:1:9: others can reach 0.0.0.0:0, and the public URL is not known; set `url: https://app.example.com` (or AUTH_URL), or listen on 127.0.0.1\n"},
		{"a demo for others", "", []string{"AUTH_URL", "https://app.example.com"}, []string{"--demo", "--listen", "0.0.0.0:0"}, exitUsage,
			"signet: --demo has a user whose password is printed, and others can reach 0.0.0.0:0; listen on 127.0.0.1\n"},
		{"a demo without passwords", "providers: []\n", nil, []string{"--demo"}, exitUsage,
			"signet: --demo needs a sign-in by password; add `type: credentials` to `providers`\n"},
		{"an address that is in use", "", nil, []string{"--listen", taken.Addr().String()}, exitNo,
			"signet: serve: " + taken.Addr().String() + " is in use by another program; stop it, or choose another address with --listen or `listen`\n"},
		{"an admin address that is in use", "listen: 127.0.0.1:0\nadmin_listen: " + taken.Addr().String() + "\n", nil, nil, exitNo,
			"signet: serve: " + taken.Addr().String() + " is in use by another program; "},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{}
			if c.yaml != "" {
				files["signet.yaml"] = c.yaml
			}
			inFolder(t, files)
			status, out, errs := typed(t, environment(c.env...), append([]string{"serve"}, c.args...)...)
			if status != c.status || !strings.HasPrefix(errs, c.want) || strings.Contains(out, "listening") {
				t.Errorf("exit status %d, output %q, errors:\n%s\nwant %d and:\n%s", status, out, errs, c.status, c.want)
			}
		})
	}
}

// What nobody chose is open on this machine only.
func TestSignUpIsOpenOnLoopbackOnly(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		want       bool
	}{
		{"this machine", "", true},
		{"this machine, by name", "url: http://localhost:3000\n", true},
		{"behind a proxy", "url: https://app.example.com\n", false},
		{"all interfaces", "listen: 0.0.0.0:3000\nurl: http://localhost:3000\n", false},
		{"any host", "trust_host: true\n", false},
		{"chosen for others", "url: https://app.example.com\nproviders: [{type: credentials, sign_up: true}]\n", true},
		{"closed on this machine", "providers: [{type: credentials}]\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": c.yaml})
			config, err := load(t)
			if err != nil {
				t.Fatal(err)
			}
			if config.chooseProviders(false); config.signUpOpen() != c.want {
				t.Errorf("open: %v, want %v", config.signUpOpen(), c.want)
			}
		})
	}
}

// Rules and their exceptions, in all the spellings that a visitor may try.
func TestPublicIsAnExceptionToProtect(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "protect: [\"/docs/:path*\"]\npublic: [\"/docs/about\", \"/docs/open/:path*\"]\n"})
	b := signettest.NewBrowser(t, serveHere(t).url)
	b.Header = http.Header{}
	for path, want := range map[string]int{
		"/elsewhere":                 404, // nothing is there, but nobody is kept out
		"/docs":                      401,
		"/docs/x":                    401,
		"/docs/about":                404,
		"/docs/open/a/b":             404,
		"/docs/about/x":              401,
		"/docs/open/../x":            401,
		"/docs/open/%2e%2e/x":        401,
		"/docs/open/..%2fx":          401,
		"/docs/%61bout":              401, // an exception counts in its plain spelling only
		"/docs//about":               401,
		"/docs/ABOUT":                401,
		"/docs/x?/docs/about":        401,
		"/docs/x#/docs/about":        401,
		"/docs/about?x=/docs/secret": 404,
	} {
		if got := b.Get(path).Status; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestRequestLog(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "log: {requests: true}\n"})
	r := serveHere(t)
	b := signettest.NewBrowser(t, r.url)
	b.Get("/api/auth/csrf?token=dont-log-this")
	line := r.find(r.errs, `(\{.*"msg":"request".*\})`)
	if !strings.Contains(line, `"method":"GET","path":"/api/auth/csrf","status":200`) || strings.Contains(line, "dont-log-this") {
		t.Errorf("log line: %s", line)
	}
}

func TestAdminListener(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "admin_listen: 127.0.0.1:0\ndrain: 0\n"})
	r := serveHere(t, "--demo")
	admin := signettest.NewBrowser(t, "http://"+r.find(r.errs, `"msg":"admin listener","address":"([^"]+)"`))
	for path, want := range map[string]string{"/livez": "ok\n", "/readyz": "ok\n"} {
		if p := admin.Get(path); p.Status != 200 || p.Body != want {
			t.Errorf("%s: %d %q", path, p.Status, p.Body)
		}
	}
	b := signettest.NewBrowser(t, r.url)
	signIn(t, b, demoEmail, r.find(r.out, `password  (\S+)`), "")
	b.Get("/api/auth/session")
	b.Get("/api/auth/nonsense")
	b.Get("/userposts")

	text := admin.Get("/metrics").Body
	for _, want := range []string{
		"signet_sign_ins_total 1\n",
		"signet_store_up 1\n",
		"signet_panics_total 0\n",
		"signet_password_running 0\n",
		"signet_password_hashes_total ",
		"signet_build_info{version=",
		`signet_http_request_duration_seconds_count{route="session",status="2xx"} 1` + "\n",
		`signet_http_request_duration_seconds_count{route="other",status="4xx"} 1` + "\n",
		`signet_http_request_duration_seconds_count{route="other",status="2xx"} 1` + "\n",
		"go_goroutines ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the metrics", want)
		}
	}
	for _, never := range []string{demoEmail, "nonsense", "userposts"} {
		if strings.Contains(text, never) {
			t.Errorf("%q is in the metrics", never)
		}
	}
}

// A listener on all addresses says how it was asked for, and where this machine finds it.
func TestServeOnAllAddresses(t *testing.T) {
	said := map[string]string{
		"0.0.0.0:0": `^listening on (http://127\.0\.0\.1:(\d+)) and on all other addresses of this machine \(0\.0\.0\.0:(\d+)\)\n$`,
		":0":        `^listening on (http://127\.0\.0\.1:(\d+)) and on all other addresses of this machine \(:(\d+)\)\n$`,
	}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil { // where there is IPv6
		l.Close()
		said["[::]:0"] = `^listening on (http://\[::1\]:(\d+)) and on all other addresses of this machine \(\[::\]:(\d+)\)\n$`
	}
	for listen, want := range said {
		t.Run(listen, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": "url: https://app.example.com\n"})
			r := serveHere(t, "--listen", listen)
			found := regexp.MustCompile(want).FindStringSubmatch(r.out.String())
			if found == nil || found[2] != found[3] || found[2] == "0" {
				t.Fatalf("printed %q", r.out)
			}
			answer, err := http.Get(found[1] + "/api/auth/csrf")
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
		})
	}
}
