package main

import (
	"bufio"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// routesTo is a signet.yaml with the back end in front of the front end.
func routesTo(api, front string) string {
	return fmt.Sprintf(`providers:
  - type: credentials
gateway:
  routes:
    - {match: "/api/:path*", upstream: %q, require: session, api: true}
    - {match: /ws, upstream: %q, require: session, websocket: true}
    - {match: /events, upstream: %q}
    - {match: "/:path*", upstream: %q}
`, api, api, api, front)
}

// standIn is an upstream that says its name, the path and who is signed in.
func standIn(t *testing.T, name string) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %q", name, r.URL.Path, r.Header.Get("X-Signet-Email"))
	}))
	t.Cleanup(s.Close)
	return s
}

func TestGatewayInFrontOfTwoServers(t *testing.T) {
	const email, password = "hana@example.com", "correct horse battery"
	api, front := standIn(t, "api"), standIn(t, "front")
	inFolder(t, map[string]string{"signet.yaml": routesTo(api.URL, front.URL)})
	command(t, password, "user", "add", email, "--password-stdin")
	r := serveHere(t)
	v := newVisitor(t, r.url)
	v.signIn(email, password)
	v.base = r.url
	nobody := newVisitor(t, r.url)
	nobody.base = r.url
	if got := nobody.get("/"); got != `front / ""` {
		t.Errorf("front: %s", got)
	}
	if got := nobody.get("/api/posts"); !strings.Contains(got, `"unauthorized"`) {
		t.Errorf("nobody's API: %s", got)
	}
	for path, want := range map[string]string{
		"/api/posts":        `api /api/posts "hana@example.com"`,
		"/about":            `front /about "hana@example.com"`,
		"/api/auth/session": `"email":"hana@example.com"`, // ours, although the back end owns /api
	} {
		if got := v.get(path); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// A back end whose certificate is the operator's own, and whose paths have escaped slashes.
func TestGatewayInFrontOfAServerWithItsOwnCertificate(t *testing.T) {
	back := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI) }))
	t.Cleanup(back.Close)
	routes := func(more string) string {
		return fmt.Sprintf("gateway: {routes: [{match: \"/:path*\", upstream: %q, escapes: [slash]%s}]}\n", back.URL, more)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: back.Certificate().Raw})
	for _, c := range []struct{ name, more, want string }{
		{"named", ", ca: back.pem", "/projects/group%2Fname"},
		{"unknown", "", `"error":"upstream"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": routes(c.more), "back.pem": string(certificate)})
			v := newVisitor(t, "")
			v.base = serveHere(t).url
			if got := v.get("/projects/group%2Fname"); !strings.Contains(got, c.want) {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	for _, c := range []struct{ name, more, want string }{
		{"a file that is not there", ", ca: none.pem", "no such file"},
		{"a file without a certificate", ", ca: signet.yaml", `"signet.yaml" holds no certificate`},
		{"an upstream without one", `}, {match: /a, upstream: "http://127.0.0.1:1", ca: back.pem`, "the upstream shows no certificate"},
		{"an unknown escape", `}, {match: /a, upstream: "http://127.0.0.1:1", escapes: [dots]`, `unknown kind "dots"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := routes(c.more)
			if strings.HasPrefix(c.more, "}") { // in front, or nothing comes that far
				text = strings.Replace(routes(""), "[{", "["+c.more[3:]+"}, {", 1)
			}
			inFolder(t, map[string]string{"signet.yaml": text, "back.pem": string(certificate)})
			var out, errs bytes.Buffer
			at := &terminal{In: strings.NewReader(""), Out: &out, Err: &errs, Now: time.Now, Env: environment()}
			if status := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0"}, at); status == exitOK || !strings.Contains(errs.String(), c.want) || !strings.Contains(errs.String(), "signet.yaml:1") {
				t.Errorf("exit status %d\n%s", status, errs.String())
			}
		})
	}
}

// F-14: routes change every few milliseconds while requests come, valid,
// broken, half-written and unreadable, and none of them fails. SIGNET_RELOADS=10000 takes a minute.
func TestF14_RoutesReloadUnderLoad(t *testing.T) {
	one, two := standIn(t, "one"), standIn(t, "two")
	good := []string{routesTo(one.URL, one.URL), routesTo(two.URL, two.URL)}
	bad := []string{"", good[0][:len(good[0])/2], strings.Replace(good[0], "upstream", "upstrem", 1), "gateway: {routes: []}\n"}
	inFolder(t, map[string]string{"signet.yaml": good[0]})
	r := program(t)
	var over atomic.Bool
	var served atomic.Int64
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for !over.Load() {
				answer, err := client.Get(r.url + "/page")
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if got := string(body); err != nil || got != `one /page ""` && got != `two /page ""` {
					t.Errorf("%d %s %v", answer.StatusCode, got, err)
					return
				}
				served.Add(1)
			}
		})
	}
	put := func(text string) {
		os.Chmod("signet.yaml", 0o600) // or it could not be written
		if err := os.WriteFile("signet.yaml", []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
	for i := range reloads(t) {
		put(append(good, bad...)[i%(len(good)+len(bad))])
		// Root reads what nobody may read; for everybody else that is one more bad file.
		if err := os.Chmod("signet.yaml", []os.FileMode{0o600, 0o640, 0}[i%3]); err != nil {
			t.Error(err)
		}
		r.signal(syscall.SIGHUP)
		after(t, &served, 2)
	}
	put(good[0])
	r.signal(syscall.SIGHUP)
	put(good[1])
	r.signal(syscall.SIGHUP)
	r.find(r.errs, `(?s)"msg":"routes changed"`)
	last := newVisitor(t, r.url)
	last.base = r.url
	deadline := time.Now().Add(10 * time.Second)
	for last.get("/page") != `two /page ""` {
		if time.Now().After(deadline) {
			t.Fatal("the last routes are not in use")
		}
		time.Sleep(20 * time.Millisecond)
	}
	over.Store(true)
	load.Wait()
	if status := r.stop(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
}

// reloads is how often the long form reloads, or the short one.
func reloads(t *testing.T) int {
	text := os.Getenv("SIGNET_RELOADS")
	if text == "" {
		return 150
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("SIGNET_RELOADS = %q", text)
	}
	return n
}

// F-13 for what lasts: a stop ends streams and sockets and does not wait for them.
func TestF13_StopEndsStreams(t *testing.T) {
	began := make(chan bool, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: 1\n\n")
		http.NewResponseController(w).Flush()
		began <- true
		<-r.Context().Done()
	}))
	defer api.Close()
	inFolder(t, map[string]string{"signet.yaml": routesTo(api.URL, api.URL)})
	r := program(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /events HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n\r\n", strings.TrimPrefix(r.url, "http://"))
	<-began
	reader := bufio.NewReader(c)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", answer, err)
	}
	first := make([]byte, len("data: 1\n\n"))
	if _, err := io.ReadFull(answer.Body, first); err != nil || string(first) != "data: 1\n\n" {
		t.Errorf("the first event: %q %v", first, err)
	}
	start := time.Now()
	if status := r.stop(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
	if took := time.Since(start); took > inFlight/2 {
		t.Errorf("the stop waited %s for a stream", took)
	}
	if _, err := io.ReadAll(answer.Body); err == nil {
		t.Error("a stream that was cut looks whole")
	}
}
