package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// startTable measures the binary as it is released: time to the first answer, memory when
// idle, size. A bare net/http server started in turn with it says what the machine is worth.
func startTable(ctx context.Context, rounds int, _ time.Duration) error {
	dir, err := os.MkdirTemp("", "signet-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, bare := filepath.Join(dir, "signet"), filepath.Join(dir, "bare")
	for path, source := range map[string]string{binary: "./cmd/signet", bare: "./cmd/signet/testdata/bare"} {
		if err := build(ctx, path, source); err != nil {
			return err
		}
	}
	var cold, memory, limit []float64
	for range rounds + 1 {
		b, _, err := startOnce(ctx, bare)
		if err != nil {
			return err
		}
		c, m, err := startOnce(ctx, binary, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
		if err != nil {
			return err
		}
		cold, memory, limit = append(cold, c), append(memory, m), append(limit, b)
	}
	size, err := os.Stat(binary)
	if err != nil {
		return err
	}
	first, least := median(cold[1:]), median(limit[1:])
	fmt.Printf("signet serve with SQLite, median of %d (the first start makes the database and is left out)\n\n", rounds)
	fmt.Printf("%-22s  %6.1f ms  %4.1f × bare (%.1f ms)\n", "start to first answer", first, first/least, least)
	fmt.Printf("%-22s  %6.1f MB\n", "memory when idle", median(memory[1:]))
	fmt.Printf("%-22s  %6.1f MB\n", "size of the binary", float64(size.Size())/1e6)
	return nil
}

// build makes a program as releases are made.
func build(ctx context.Context, path, source string) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, source)
	c.Dir = ".."
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("building %s: %w", source, err)
	}
	return nil
}

// startOnce starts a program, waits for its first answer, and stops it.
func startOnce(ctx context.Context, binary string, args ...string) (ms, mb float64, err error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		_, url, ok := strings.Cut(lines.Text(), "listening on ")
		if !ok {
			continue
		}
		res, err := http.Get(strings.TrimSpace(url) + "/api/auth/session")
		if err != nil {
			return 0, 0, err
		}
		res.Body.Close()
		ms = float64(time.Since(begin).Microseconds()) / 1000
		time.Sleep(500 * time.Millisecond) // let it come to rest
		kb, err := memoryOf(cmd.Process.Pid, "VmRSS")
		return ms, kb / 1000, err
	}
	return 0, 0, fmt.Errorf("the binary ended without listening")
}
