//go:build unix

package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The benchmarks run each server as a process of its own with one core, and read the CPU
// time of that process: on a shared machine it is the figure to trust. The targets take
// turns, so that a ratio compares the same minutes.
//
//	go test -run '^$' -bench Carry ./gateway

const benchServer = "SIGNET_GATEWAY_BENCH" // target and upstream of a process that serves

// TestCarryBenchServer is the server process of the benchmarks and nothing in a test run.
func TestCarryBenchServer(t *testing.T) {
	name, upstreamURL, ok := strings.Cut(os.Getenv(benchServer), " ")
	if !ok {
		return
	}
	runtime.GOMAXPROCS(1)
	target, err := url.Parse(upstreamURL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve := benchHandler(name, target)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cpu" {
			var u syscall.Rusage
			syscall.Getrusage(syscall.RUSAGE_SELF, &u)
			fmt.Fprint(w, u.Utime.Nano()+u.Stime.Nano())
			return
		}
		if r.URL.Path == "/memory" {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			fmt.Fprint(w, m.HeapInuse+m.StackInuse)
			return
		}
		serve.ServeHTTP(w, r)
	})}
	go server.Serve(l)
	fmt.Println(l.Addr())
	io.Copy(io.Discard, os.Stdin)
	server.Close()
}

type benchPool struct{ sync.Pool }

func (p *benchPool) Get() []byte  { return *p.Pool.Get().(*[]byte) }
func (p *benchPool) Put(b []byte) { p.Pool.Put(&b) }

// benchHandler is what is measured: the bare server, the standard library's proxy with a
// pool of buffers and enough idle connections, and carry.
func benchHandler(name string, target *url.URL) http.Handler {
	switch name {
	case "bare":
		body := make([]byte, 1<<10)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = []string{"application/json"}
			w.Header()["Content-Length"] = []string{"1024"}
			w.Write(body)
		})
	case "ReverseProxy":
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost, transport.DisableCompression = 64, true
		return &httputil.ReverseProxy{
			Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(target) },
			Transport:  transport,
			BufferPool: &benchPool{sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}},
		}
	}
	u, err := newUpstream(target, upstreamOptions{})
	if err != nil {
		panic(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := linesOf(r.Header)
		out := outgoing{Method: r.Method, Target: r.URL.RequestURI(), Header: &header}
		if err := u.carry(w, r, &out); err != nil {
			w.WriteHeader(err.(*carryError).Status)
		}
	})
}

type benchTarget struct {
	name    string
	address string
	cpu     time.Duration
	clients []*benchClient
}

func startBenchTarget(b *testing.B, name, upstreamURL string) *benchTarget {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCarryBenchServer$")
	cmd.Env = append(os.Environ(), benchServer+"="+name+" "+upstreamURL)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); io.Copy(io.Discard, stdout); cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return &benchTarget{name: name, address: strings.TrimSpace(line)}
}

// figure asks the server process about itself.
func (t *benchTarget) figure(b *testing.B, path string) int64 {
	b.Helper()
	_, text, err := get(b, "http://"+t.address+path)
	n, parseErr := strconv.ParseInt(text, 10, 64)
	if err != nil || parseErr != nil {
		b.Fatal(err, parseErr)
	}
	return n
}

func (t *benchTarget) cpuNow(b *testing.B) time.Duration { return time.Duration(t.figure(b, "/cpu")) }

// A benchClient asks for the same again and again on one connection and throws the answer
// away, so that it costs little itself.
type benchClient struct {
	c      net.Conn
	br     *bufio.Reader
	length int
}

const benchRequest = "GET /x HTTP/1.1\r\nHost: app.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/130.0\r\n" +
	"Accept: application/json\r\nAccept-Language: ko-KR,ko;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\nCookie: theme=dark; lang=ko\r\n\r\n"

func (c *benchClient) ask() error {
	if _, err := io.WriteString(c.c, benchRequest); err != nil {
		return err
	}
	for {
		line, err := c.br.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			break
		}
	}
	_, err := c.br.Discard(c.length)
	return err
}

// round lets clients send n requests between them and adds up the CPU time of the server.
func (t *benchTarget) round(b *testing.B, clients, n, length int) {
	b.Helper()
	for len(t.clients) < clients {
		c, err := net.Dial("tcp", t.address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		t.clients = append(t.clients, &benchClient{c: c, br: bufio.NewReaderSize(c, 64<<10), length: length})
	}
	before := t.cpuNow(b)
	var all sync.WaitGroup
	for i, c := range t.clients {
		share := n / clients
		if i < n%clients {
			share++
		}
		all.Go(func() {
			for range share {
				if err := c.ask(); err != nil {
					b.Error(t.name, err)
					return
				}
			}
		})
	}
	all.Wait()
	t.cpu += t.cpuNow(b) - before
}

// compare sends b.N requests to each target and reports CPU time per request, and how many
// times cheaper than the proxy of the standard library carry is.
func compare(b *testing.B, names []string, clients, length int) {
	body := make([]byte, length)
	up := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Type"] = []string{"application/json"}
		h["Content-Length"] = []string{strconv.Itoa(length)}
		h["Cache-Control"] = []string{"private"}
		w.Write(body)
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go up.Serve(l)
	b.Cleanup(func() { up.Close() })
	var targets []*benchTarget
	for _, name := range names {
		t := startBenchTarget(b, name, "http://"+l.Addr().String())
		t.round(b, clients, clients*4, length)
		t.cpu = 0
		targets = append(targets, t)
	}
	b.ResetTimer()
	const rounds = 8
	for i := range rounds {
		n := b.N / rounds
		if i < b.N%rounds {
			n++
		}
		for _, t := range targets {
			t.round(b, clients, n, length)
		}
	}
	b.StopTimer()
	cpu := map[string]float64{}
	for _, t := range targets {
		cpu[t.name] = float64(t.cpu.Nanoseconds()) / 1e3 / float64(b.N)
		b.ReportMetric(cpu[t.name], t.name+"-µs/op")
	}
	b.ReportMetric(cpu["ReverseProxy"]/cpu["carry"], "×ReverseProxy")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkCarry1KiB(b *testing.B) {
	compare(b, []string{"bare", "ReverseProxy", "carry"}, 16, 1<<10)
}

func BenchmarkCarry40KiB(b *testing.B) { compare(b, []string{"ReverseProxy", "carry"}, 8, 40<<10) }

func BenchmarkCarry10MiB(b *testing.B) { compare(b, []string{"ReverseProxy", "carry"}, 4, 10<<20) }

// BenchmarkCarryStreams tells what an open stream costs in memory, heap and stacks: with an
// event now and then, and in the middle of a large body that its reader has stopped reading.
func BenchmarkCarryStreams(b *testing.B) {
	up := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			w.Header().Set("Content-Length", "1000000000")
			for block := make([]byte, 1<<20); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go up.Serve(l)
	b.Cleanup(func() { up.Close() })
	for range b.N {
		for _, path := range []string{"/events", "/large"} {
			for _, name := range []string{"ReverseProxy", "carry"} {
				t := startBenchTarget(b, name, "http://"+l.Addr().String())
				before := t.figure(b, "/memory")
				const streams = 100
				for range streams {
					c, err := net.Dial("tcp", t.address)
					if err != nil {
						b.Fatal(err)
					}
					b.Cleanup(func() { c.Close() })
					fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path)
					if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
						b.Fatal(err)
					}
				}
				used := t.figure(b, "/memory") - before
				b.ReportMetric(float64(used)/1024/streams, name+path+"-KiB")
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}
