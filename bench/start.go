package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startTable measures the binary: time to the first answer, memory when idle, size.
func startTable(ctx context.Context, rounds int) error {
	dir, err := os.MkdirTemp("", "signet-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "signet")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "github.com/signet-auth/signet/cmd/signet")
	build.Dir = ".."
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the binary: %w", err)
	}
	var cold, memory []float64
	for range rounds + 1 {
		c, m, err := startOnce(ctx, binary, filepath.Join(dir, "data"))
		if err != nil {
			return err
		}
		cold, memory = append(cold, c), append(memory, m)
	}
	size, err := os.Stat(binary)
	if err != nil {
		return err
	}
	fmt.Printf("signet serve with SQLite, median of %d (the first start makes the database and is left out)\n\n", rounds)
	fmt.Printf("%-22s  %6.1f ms\n", "start to first answer", median(cold[1:]))
	fmt.Printf("%-22s  %6.1f MB\n", "memory when idle", median(memory[1:]))
	fmt.Printf("%-22s  %6.1f MB\n", "size of the binary", float64(size.Size())/1e6)
	return nil
}

// startOnce starts the binary, waits for its first answer, and stops it.
func startOnce(ctx context.Context, binary, data string) (ms, mb float64, err error) {
	cmd := exec.CommandContext(ctx, binary, "serve", "--listen", "127.0.0.1:0", "--data", data)
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
		mb, err = residentOf(cmd.Process.Pid)
		return ms, mb, err
	}
	return 0, 0, fmt.Errorf("the binary ended without listening")
}

// residentOf is the memory of a process in MB (proc(5): VmRSS in status).
func residentOf(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(b), "VmRSS:")
	if !ok {
		return 0, fmt.Errorf("no VmRSS")
	}
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return kb / 1000, err
}
