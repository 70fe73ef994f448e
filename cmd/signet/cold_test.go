package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkColdStart starts the program as it is released, with a database that is there
// already, and measures until the first answer. The bare server of the same run says what
// the machine is worth today. Aims: 20 ms on a quiet machine, 20 MB idle, a program of 25 MB.
func BenchmarkColdStart(b *testing.B) {
	folder := b.TempDir()
	for _, c := range []struct {
		name, source string
		args         []string
	}{
		{"bare", "./testdata/bare", nil},
		{"signet", ".", []string{"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(folder, "data")}},
	} {
		path := filepath.Join(folder, c.name)
		build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, c.source)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		coldStart(b, path, c.args) // makes database and secret
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			var resident []float64
			for b.Loop() {
				t, r := coldStart(b, path, c.args)
				took, resident = append(took, t), append(resident, r)
			}
			slices.Sort(took)
			slices.Sort(resident)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "ms/start")
			b.ReportMetric(resident[len(resident)/2], "idle-MB")
			b.ReportMetric(float64(info.Size())/1e6, "program-MB")
		})
	}
}

// coldStart starts a program, asks it once and returns how long that took and the memory
// that it has then, in MB.
func coldStart(b *testing.B, path string, args []string) (took time.Duration, resident float64) {
	b.Helper()
	c := exec.Command(path, args...)
	c.Env = []string{}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	defer c.Wait()
	defer c.Process.Kill()
	line, err := bufio.NewReader(out).ReadString('\n')
	_, url, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		b.Fatalf("printed %q, %v", line, err)
	}
	answer, err := http.Get(url + "/api/auth/session")
	if err != nil {
		b.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	took = time.Since(start)
	if answer.StatusCode != http.StatusOK {
		b.Fatal(answer.Status)
	}
	return took, residentMB(c.Process.Pid)
}

// residentMB is the memory of a process, or 0 where the system does not tell in this way.
func residentMB(pid int) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	var kib float64
	if _, rest, ok := strings.Cut(string(text), "VmRSS:"); ok {
		fmt.Sscan(rest, &kib)
	}
	return kib * 1024 / 1e6
}
