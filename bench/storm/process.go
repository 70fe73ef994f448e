package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// secret seals everything here; site is the public address, whatever port is asked.
	secret = "jP3dU8sK1fW6qZ9xN4bV7mC2hY5tR0eL"
	site   = "localhost:3000"

	// drain is how long a process that is told to stop goes on taking requests: those that
	// wait to be accepted when a listener is closed are lost, whoever listens.
	drain = time.Second
)

// settings is signet.yaml. The refresh end point tells which process asks.
const settings = `url: http://` + site + `
listen: 127.0.0.1:0
admin_listen: 127.0.0.1:0
drain: %[5]s
store: sqlite:%[1]s
session: {strategy: %[2]s}
log: {level: info, format: json}
providers:
  - {type: backend, id: backend, url: "%[3]s/login", refresh_url: "%[3]s/refresh/%[4]d"}
gateway:
  routes:
    - {match: "/api/:path*", upstream: "%[3]s", require: session, api: true, token: {provider: backend, as: bearer}}
`

// A process is a running server.
type process struct {
	number int
	addr   string // host:port
	admin  string // that of the metrics
	cmd    *exec.Cmd
	ended  chan struct{} // closed when it has ended and its output is read

	mu   sync.Mutex
	said []string // warnings and errors
}

// start runs one server and waits until it listens.
func start(ctx context.Context, dir, binary string, s setup, number int, provider string) (*process, error) {
	var err error
	p := &process{number: number, ended: make(chan struct{})}
	if p.cmd, err = command(ctx, dir, binary, s, number, provider); err != nil {
		return nil, err
	}
	p.cmd.Env = append(os.Environ(), "AUTH_SECRET="+secret)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	errs, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	addr, admin := make(chan string, 1), make(chan string, 1)
	var readers sync.WaitGroup
	readers.Go(func() { p.listen(out, addr) })
	readers.Go(func() { p.log(errs, admin) })
	go func() {
		readers.Wait()
		p.cmd.Wait()
		close(p.ended)
	}()
	for _, to := range []struct {
		text *string
		from chan string
	}{{&p.addr, addr}, {&p.admin, admin}} {
		select {
		case *to.text = <-to.from:
		case <-p.ended:
			return nil, fmt.Errorf("process %d ended at its start: %s", number, strings.Join(p.lines(), "; "))
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return p, nil
}

func command(ctx context.Context, dir, binary string, s setup, number int, provider string) (*exec.Cmd, error) {
	if s == storeless {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		return exec.CommandContext(ctx, self, "-storeless", provider), nil
	}
	file := filepath.Join(dir, fmt.Sprintf("signet-%d.yaml", number))
	text := fmt.Sprintf(settings, filepath.Join(dir, "signet.db"), s, provider, number, drain)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, binary, "serve", "--config", file, "--data", dir), nil
}

// listen reads where the server listens.
func (p *process) listen(out io.Reader, addr chan<- string) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "listening on http://"); ok {
			select {
			case addr <- strings.TrimSpace(url):
			default:
			}
		}
	}
}

// log reads the log: where the metrics are, and what went wrong.
func (p *process) log(errs io.Reader, admin chan<- string) {
	lines := bufio.NewScanner(errs)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct{ Level, Msg, Address, Error string }
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			line.Level, line.Msg = "ERROR", lines.Text()
		}
		switch {
		case line.Msg == "admin listener":
			select {
			case admin <- line.Address:
			default:
			}
		case line.Level != "INFO":
			p.mu.Lock()
			p.said = append(p.said, strings.TrimSuffix(line.Msg+": "+line.Error, ": "))
			p.mu.Unlock()
		}
	}
}

// lines gives what was said since the last time.
func (p *process) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.said
	p.said = nil
	return all
}

// kill ends the process at once. It returns when nothing of it is left.
func (p *process) kill() {
	p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.ended
}

// stop asks the process to end, and kills it when it does not.
func (p *process) stop() error {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		p.kill()
		return errors.New("did not stop within 30 s")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("stopped with code %d", code)
	}
	return nil
}

func (p *process) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// renewals is the metric that counts what became of tokens, by result.
const renewals = "signet_token_renewals_total"

// retries reads how many in-doubt retries the process has declared.
func (p *process) retries(ctx context.Context) (n int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.admin+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), renewals+`{result="retried"} `); ok {
			fmt.Sscan(rest, &n)
		}
	}
	return n, lines.Err()
}
