package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// connections is how many clients ask at once, each over a connection of its own.
const connections = 32

// A child is a running target.
type child struct {
	name, addr, cookie string
	cmd                *exec.Cmd
	stdin              io.Closer

	cpu, rate []float64 // per round: µs per request, requests per second
}

// sessionTable measures GET session.
func sessionTable(ctx context.Context, rounds int, length time.Duration) error {
	var children []*child
	defer func() {
		for _, c := range children {
			c.stop()
		}
	}()
	for _, t := range targets {
		c, err := start(ctx, t.name)
		if err != nil {
			return err
		}
		children = append(children, c)
	}
	for round := range rounds + 1 {
		for _, c := range children {
			fmt.Fprintf(os.Stderr, "\rround %d of %d  %-10s", round, rounds, c.name)
			if err := c.measure(ctx, length, round > 0); err != nil {
				return err
			}
		}
	}
	fmt.Fprint(os.Stderr, "\r")
	fmt.Printf("GET /api/auth/session, %d connections, one core for the server, median of %d\n\n", connections, rounds)
	fmt.Printf("%-10s  %9s  %8s  %6s  %s\n", "target", "CPU µs", "req/s", "×bare", "")
	limit := 0.0
	for i, c := range children {
		cpu := median(c.cpu)
		if strings.HasPrefix(c.name, "bare") {
			limit = cpu
		}
		fmt.Printf("%-10s  %9.1f  %8.0f  %6.2f  %s\n", c.name, cpu, median(c.rate), limit/cpu, targets[i].what)
	}
	fmt.Println()
	return nil
}

func start(ctx context.Context, name string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{name: name, cmd: exec.CommandContext(ctx, self, "-serve", name)}
	c.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	c.cmd.Stderr = os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.stdin = in
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for _, field := range []*string{&c.addr, &c.cookie} {
		if !lines.Scan() {
			return nil, fmt.Errorf("target %s did not start", name)
		}
		*field = lines.Text()
	}
	return c, nil
}

func (c *child) stop() {
	c.stdin.Close()
	c.cmd.Wait()
}

// measure asks for one round and notes the figures, unless it is the one for warming up.
func (c *child) measure(ctx context.Context, length time.Duration, note bool) error {
	before, err := cpuOf(c.cmd.Process.Pid)
	if err != nil {
		return err
	}
	begin := time.Now()
	n, err := ask(ctx, c.addr, c.cookie, length)
	if err != nil {
		return err
	}
	wall := time.Since(begin)
	after, err := cpuOf(c.cmd.Process.Pid)
	if err != nil {
		return err
	}
	if note {
		c.cpu = append(c.cpu, (after-before).Seconds()*1e6/float64(n))
		c.rate = append(c.rate, float64(n)/wall.Seconds())
	}
	return nil
}

// ask sends the request again and again over all connections and counts the answers. The
// client is as simple as can be: it shares the machine with the server.
func ask(ctx context.Context, addr, cookie string, length time.Duration) (int64, error) {
	request := []byte("GET /api/auth/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nCookie: " + cookie + "\r\n\r\n")
	var count atomic.Int64
	var failure atomic.Value
	end := time.Now().Add(length)
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			if err := askOn(ctx, addr, request, end, &count); err != nil {
				failure.Store(err)
			}
		})
	}
	all.Wait()
	if err, ok := failure.Load().(error); ok {
		return 0, err
	}
	return count.Load(), ctx.Err()
}

func askOn(ctx context.Context, addr string, request []byte, end time.Time, count *atomic.Int64) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	for time.Now().Before(end) && ctx.Err() == nil {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if err := skipAnswer(r); err != nil {
			return err
		}
		count.Add(1)
	}
	return nil
}

// skipAnswer reads one answer with a Content-Length.
func skipAnswer(r *bufio.Reader) error {
	status, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.Contains(status, " 200 ") {
		return fmt.Errorf("answered %q", status)
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if v, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(v)); err != nil {
				return err
			}
		}
	}
	if length < 10 {
		return fmt.Errorf("answered %d bytes: nobody is signed in", length)
	}
	_, err = r.Discard(length)
	return err
}

// cpuOf is the CPU time that a process has used (proc(5): utime and stime in stat).
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
