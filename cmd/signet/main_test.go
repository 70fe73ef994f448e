package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A running serve: in this process, or in one of its own.
type running struct {
	t         testing.TB
	url       string // as it was printed
	out, errs *lines
	process   *os.Process // nil in this process
	cancel    context.CancelFunc
	status    chan int
}

// lines is what a program printed so far.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed and replaced at each write
}

func newLines() *lines { return &lines{more: make(chan struct{})} }

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.text.Write(b)
}

func (l *lines) String() string {
	text, _ := l.read()
	return text
}

func (l *lines) read() (string, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String(), l.more
}

// find waits for a text and returns its first group.
func (r *running) find(l *lines, pattern string) string {
	r.t.Helper()
	expression, late := regexp.MustCompile(pattern), time.After(30*time.Second)
	for {
		text, more := l.read()
		if found := expression.FindStringSubmatch(text); found != nil {
			return found[len(found)-1]
		}
		select {
		case <-more:
		case <-late:
			r.t.Fatalf("no %s in:\n%s%s", pattern, r.out, r.errs)
		case status := <-r.status:
			r.status <- status
			r.t.Fatalf("ended with %d instead of %s:\n%s%s", status, pattern, r.out, r.errs)
		}
	}
}

// serveHere starts `signet serve` in this process, on a free port and with no environment.
func serveHere(t testing.TB, args ...string) *running { return serveWith(t, environment(), args...) }

func serveWith(t testing.TB, env func(string) string, args ...string) *running {
	t.Helper()
	return serveReaching(t, nil, env, args...)
}

// serveReaching also says how providers are called; nil is the usual way.
func serveReaching(t testing.TB, client *http.Client, env func(string) string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, out: newLines(), errs: newLines(), cancel: cancel, status: make(chan int, 1)}
	at := &terminal{In: strings.NewReader(""), Out: r.out, Err: r.errs, Now: time.Now, Env: env, HTTP: client}
	go func() { r.status <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), at) }()
	t.Cleanup(func() { r.stop() })
	r.url = r.find(r.out, `listening on (http://\S+)`)
	return r
}

// program starts `signet serve` in a process of its own.
func program(t testing.TB, args ...string) *running {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, out: newLines(), errs: newLines(), status: make(chan int, 1)}
	c := exec.Command(self, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	c.Env = []string{beSignet + "=1", "HOME=" + t.TempDir()}
	c.Stdout, c.Stderr = r.out, r.errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r.process = c.Process
	go func() {
		c.Wait()
		r.status <- c.ProcessState.ExitCode()
	}()
	t.Cleanup(func() { c.Process.Kill() })
	r.url = r.find(r.out, `listening on (http://\S+)`)
	return r
}

// signal sends a signal to the process.
func (r *running) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// stop ends the server and returns its exit status.
func (r *running) stop() int {
	if r.process != nil {
		r.process.Signal(syscall.SIGTERM)
	} else {
		r.cancel()
	}
	return r.ended(20 * time.Second)
}

// ended waits for the end and returns the exit status, also when asked again.
func (r *running) ended(within time.Duration) int {
	select {
	case status := <-r.status:
		r.status <- status
		return status
	case <-time.After(within):
		r.t.Errorf("still running after %v:\n%s%s", within, r.out, r.errs)
		return -1
	}
}

// typed runs one command line to its end.
func typed(t testing.TB, env func(string) string, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), args, &terminal{In: strings.NewReader(""), Out: &o, Err: &e, Now: time.Now, Env: env})
	return status, o.String(), e.String()
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   []string
		status int
		out    string // part of it
		errs   string
	}{
		{"nothing typed", nil, exitUsage, "Usage: signet <command>", ""},
		{"help asked for", []string{"--help"}, exitOK, "serve ", ""},
		{"help for a verb", []string{"serve", "--help"}, exitOK, "--demo", ""},
		{"a verb with a letter missing", []string{"srve"}, exitUsage, "", "signet: unexpected argument srve, did you mean \"serve\"?\nSee `signet --help`.\n"},
		{"a flag that is not there", []string{"serve", "--lissten", "x"}, exitUsage, "", "See `signet serve --help`.\n"},
		{"a level that is not there", []string{"serve", "--log-level", "loud"}, exitUsage, "", "signet: --log-level loud is not known; use debug, info, warn or error\n"},
		{"an address without port", []string{"serve", "--listen", "localhost"}, exitUsage, "", "signet: --listen localhost: is no address with a port; write it as 127.0.0.1:3000\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, nil)
			status, out, errs := typed(t, environment(), c.args...)
			if status != c.status || !strings.Contains(out, c.out) || !strings.HasSuffix(errs, c.errs) {
				t.Errorf("exit status %d, output %q, errors %q", status, out, errs)
			}
		})
	}
}
