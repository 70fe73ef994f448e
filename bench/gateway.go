package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Targets of the tables of the gateway, in their order.
var (
	forwardTargets = []target{
		{"bare-forward-yes", "net/http, same bytes"},
		{"forward-yes", "sealed cookie"},
		{"forward-yes-sqlite", "database session in SQLite"},
		{"bare-forward-no", "net/http, same bytes"},
		{"forward-no", "no cookie: 401 as JSON"},
	}
	carryTargets = []target{
		{"ReverseProxy", "httputil, 32 KiB buffer pool, asks nobody"},
		{"gateway", "sealed cookie with the token in it, relayed"},
		{"gateway-sqlite", "database session and token in SQLite, relayed"},
		{"gateway-anonymous", "asks nobody"},
	}
	nginxTarget = target{"nginx", "one worker, default buffers, asks nobody"}
)

// gatewayTables measures forward-auth beside a bare handler, and the gateway beside other
// proxies.
func gatewayTables(ctx context.Context, rounds int, length time.Duration) error {
	toOthersCore(ctx)
	if err := forwardTable(ctx, rounds, length); err != nil {
		return err
	}
	up, err := start(ctx, othersCore, "upstream", "")
	if err != nil {
		return err
	}
	defer up.stop()
	children, stop, err := startAll(ctx, carryTargets, up.addr)
	if err != nil {
		return err
	}
	defer func() { stop() }()
	ts := carryTargets
	for i := range children { // all get the same request, but for who keeps the session elsewhere
		if ts[i].name != "gateway-sqlite" {
			children[i].cookie = children[1].cookie
		}
	}
	if server, err := startNginx(ctx, up.addr); err == nil {
		server.cookie = children[1].cookie
		ts, children = append(ts[:len(ts):len(ts)], nginxTarget), append(children, server)
		others := stop
		stop = func() { server.stop(); others() }
	} else {
		fmt.Printf("nginx is left out: %v\n\n", err)
	}
	for _, f := range []func(context.Context, []*child, []target, int, time.Duration) error{carryTable, largeTable} {
		if err := f(ctx, children, ts, rounds, length); err != nil {
			return err
		}
	}
	return memoryTable(ctx, ts, up.addr)
}

// toOthersCore moves this program out of the servers' way.
func toOthersCore(ctx context.Context) {
	exec.CommandContext(ctx, "taskset", "-a", "-c", "-p", othersCore, strconv.Itoa(os.Getpid())).Run() // without taskset: anywhere
}

// browser is the headers that a browser sends with a fetch.
const browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0\r\nAccept: application/json\r\n" +
	"Accept-Language: ko-KR,ko;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n"

// forwardQuestion is what Caddy and Traefik ask about a request.
func forwardQuestion(cookie string) question {
	q := question{status: http.StatusOK}
	if cookie == "" {
		q.status = http.StatusUnauthorized
	} else {
		cookie = "Cookie: " + cookie + "\r\n"
	}
	q.request = "GET /api/auth/forward/caddy HTTP/1.1\r\nHost: localhost\r\n" + browser + cookie +
		"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: localhost\r\nX-Forwarded-Uri: /api/posts\r\n\r\n"
	return q
}

func forwardTable(ctx context.Context, rounds int, length time.Duration) error {
	children, stop, err := startAll(ctx, forwardTargets, "")
	if err != nil {
		return err
	}
	defer stop()
	err = takeTurns(children, rounds, func(c *child, note bool) error {
		return c.measure(ctx, forwardQuestion(c.cookie), connections, length, note)
	})
	if err != nil {
		return err
	}
	fmt.Printf("GET /api/auth/forward/caddy, %d connections, one core for the server, median of %d\n\n", connections, rounds)
	writeTable(children, forwardTargets, "bare")
	beside(children, "forward-no", "bare-forward-yes")
	return nil
}

// carryQuestion asks for a path behind a proxy.
func carryQuestion(c *child, path string, least int) question {
	if c.name == "gateway-anonymous" {
		path = "/public" + path
	}
	return question{
		request: "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + browser + "Cookie: " + c.cookie + "\r\n\r\n",
		status:  http.StatusOK, least: least,
	}
}

func carryTable(ctx context.Context, children []*child, ts []target, rounds int, length time.Duration) error {
	err := takeTurns(children, rounds, func(c *child, note bool) error {
		return c.measure(ctx, carryQuestion(c, "/api/posts", 1<<10), connections, length, note)
	})
	if err != nil {
		return err
	}
	fmt.Printf("1 KiB through a proxy, %d connections, one core for it, median of %d\n\n", connections, rounds)
	writeTable(children, ts, "ReverseProxy")
	beside(children, "gateway", "nginx")
	beside(children, "gateway-anonymous", "nginx")
	return nil
}

// beside prints how a target does beside one that is not its limit in the table.
func beside(children []*child, name, other string) {
	cpu := map[string]float64{}
	for _, c := range children {
		cpu[c.name] = median(c.cpu)
	}
	if cpu[other] > 0 {
		fmt.Printf("%s: %.2f × %s\n\n", name, cpu[other]/cpu[name], other)
	}
}

// largeConnections is few: each fills the buffers of the machine.
const largeConnections = 4

func largeTable(ctx context.Context, children []*child, ts []target, rounds int, length time.Duration) error {
	for _, c := range children {
		c.cpu, c.rate, c.late = nil, nil, nil
	}
	err := takeTurns(children, rounds, func(c *child, note bool) error {
		return c.measure(ctx, carryQuestion(c, largePath, largeSize), largeConnections, length, note)
	})
	if err != nil {
		return err
	}
	fmt.Printf("10 MiB through a proxy, %d connections, one core for it, median of %d\n\n", largeConnections, rounds)
	writeTable(children, ts, "ReverseProxy")
	return nil
}

// streams is how many answers are open at once where their memory is measured.
const streams = 100

// memoryTable tells what an open answer costs: events of which none comes, and a large body
// that its reader has stopped reading. What the kernel keeps in its buffers is not counted.
func memoryTable(ctx context.Context, ts []target, behind string) error {
	fmt.Printf("KiB for each of %d open answers\n\n%-18s  %8s  %8s\n", streams, "target", "events", "10 MiB")
	for _, t := range ts {
		var kib [2]float64
		for i, path := range []string{eventsPath, largePath} {
			var err error
			if kib[i], err = memoryOfStreams(ctx, t.name, behind, path); err != nil {
				return err
			}
		}
		fmt.Printf("%-18s  %8.1f  %8.1f\n", t.name, kib[0], kib[1])
	}
	fmt.Println()
	return nil
}

func memoryOfStreams(ctx context.Context, name, behind, path string) (kib float64, err error) {
	var c *child
	if name == nginxTarget.name {
		c, err = startNginx(ctx, behind)
	} else {
		c, err = start(ctx, serverCore, name, behind)
	}
	if err != nil {
		return 0, err
	}
	defer c.stop()
	if err := c.measure(ctx, carryQuestion(c, "/api/posts", 1<<10), 4, 200*time.Millisecond, false); err != nil {
		return 0, err
	}
	before, err := memoryOf(c.cmd.Process.Pid, "RssAnon")
	if err != nil {
		return 0, err
	}
	q := carryQuestion(c, path, 0)
	for range streams {
		conn, err := net.Dial("tcp", c.addr)
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, q.request); err != nil {
			return 0, err
		}
		if _, err := skipHead(bufio.NewReaderSize(conn, 1<<10), q.status); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
	}
	after, err := memoryOf(c.cmd.Process.Pid, "RssAnon")
	return (after - before) / streams, err
}

// startNginx starts nginx in front of the upstream, as one process.
func startNginx(ctx context.Context, behind string) (*child, error) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		if nginx, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			return nil, fmt.Errorf("it is not installed")
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()
	dir, err := os.MkdirTemp("", "signet-bench-nginx")
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	text := strings.NewReplacer("DIR", dir, "ADDR", addr, "BEHIND", behind).Replace(nginxConf)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, err
	}
	c := &child{name: nginxTarget.name, addr: addr, cookie: "theme=dark", cmd: onCore(ctx, serverCore, nginx, "-p", dir, "-c", conf, "-e", "stderr")}
	c.cmd.Stderr = os.Stderr
	c.files = dir
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return c, nil
		}
	}
	c.stop()
	return nil, fmt.Errorf("it did not start")
}

const nginxConf = `daemon off; master_process off; pid DIR/pid; error_log stderr crit;
events { worker_connections 2048; }
http {
	access_log off; keepalive_requests 1000000000;
	client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
	upstream up { server BEHIND; keepalive 64; keepalive_requests 1000000000; }
	server {
		listen ADDR;
		location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; }
	}
}
`
