package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A child is a server in a process of its own with one core.
type child struct {
	name, addr, cookie string
	cmd                *exec.Cmd
	stdin              io.Closer // nil for a program that is not this one
	files              string    // to be removed at the end, if any

	cpu, rate, late []float64 // per round: CPU µs per request, requests per second, p99 in ms
}

// Cores: the server has one for itself; whoever asks it, and what stands behind it, have
// the other.
const (
	serverCore = "0"
	othersCore = "1"
)

// onCore is a command that runs on one core, where the machine has two and a taskset.
func onCore(ctx context.Context, core, name string, args ...string) *exec.Cmd {
	if taskset, err := exec.LookPath("taskset"); err == nil && runtime.NumCPU() > 1 {
		return exec.CommandContext(ctx, taskset, append([]string{"-c", core, name}, args...)...)
	}
	return exec.CommandContext(ctx, name, args...)
}

// start starts this program as the server of a target. what is behind it, if anything, is
// the address of an upstream.
func start(ctx context.Context, core, name, behind string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{name: name, cmd: onCore(ctx, core, self, "-serve", name, "-behind", behind)}
	c.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
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
	if c.stdin != nil {
		c.stdin.Close()
	} else {
		c.cmd.Process.Signal(os.Interrupt)
	}
	c.cmd.Wait()
	if c.files != "" {
		os.RemoveAll(c.files)
	}
}

// measure asks for one round and notes the figures, unless it is the one for warming up.
func (c *child) measure(ctx context.Context, q question, conns int, length time.Duration, note bool) error {
	before, err := cpuOf(c.cmd.Process.Pid)
	if err != nil {
		return err
	}
	begin := time.Now()
	got, err := press(ctx, c.addr, q, conns, length)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	wall := time.Since(begin)
	after, err := cpuOf(c.cmd.Process.Pid)
	if err != nil {
		return err
	}
	if note {
		n := float64(got.answers)
		c.cpu = append(c.cpu, (after-before).Seconds()*1e6/n)
		c.rate = append(c.rate, n/wall.Seconds())
		c.late = append(c.late, got.late.Seconds()*1e3)
	}
	return nil
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

// memoryOf is a figure of proc(5) status in KiB: VmRSS, or RssAnon for what is no file.
func memoryOf(pid int, figure string) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(b), figure+":")
	if !ok {
		return 0, fmt.Errorf("no %s", figure)
	}
	return strconv.ParseFloat(strings.Fields(rest)[0], 64)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
