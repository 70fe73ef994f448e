package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// F-13 in its short form: a balancer that asks /readyz sends requests to a process that is
// told to stop. None fails, what has begun is finished, and the exit status is 0.
func TestF13_StopUnderLoad(t *testing.T) {
	for _, how := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(how.String(), func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": "admin_listen: 127.0.0.1:0\ndrain: 2s\n"})
			r := program(t)
			admin := "http://" + r.find(r.errs, `"msg":"admin listener","address":"([^"]+)"`)
			slow := begin(t, r.url)

			var away atomic.Bool // set by the balancer once /readyz says no
			var served, failed atomic.Int64
			var load sync.WaitGroup
			transport := &http.Transport{MaxIdleConnsPerHost: 8}
			defer transport.CloseIdleConnections()
			for range 8 {
				load.Go(func() {
					for !away.Load() {
						if err := ask(transport, r.url+"/api/auth/session"); err != nil {
							failed.Add(1)
							t.Log(err)
							return
						}
						served.Add(1)
					}
				})
			}
			for served.Load() < 100 && failed.Load() == 0 {
				time.Sleep(time.Millisecond) // lets the load build up; nothing depends on how long
			}
			r.signal(how)
			r.find(r.errs, `"msg":"stopping"`)
			if err := ask(transport, admin+"/livez"); err != nil {
				t.Errorf("while stopping: %v", err)
			}
			if err := ask(transport, admin+"/readyz"); err == nil {
				t.Error("ready while stopping")
			}
			if err := ask(transport, r.url+"/api/auth/csrf"); err != nil {
				t.Errorf("not served before the balancer could know: %v", err)
			}
			away.Store(true)
			load.Wait()
			if failed.Load() > 0 {
				t.Errorf("%d requests failed, %d were served", failed.Load(), served.Load())
			}

			// A new connection is refused once draining is over, while the slow one goes on.
			gone := time.Now().Add(20 * time.Second)
			for refused := false; !refused; {
				conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
				if refused = err != nil; !refused {
					conn.Close()
				}
				if time.Now().After(gone) {
					t.Fatal("still taking connections")
				}
			}
			if status := slow.finish(t); status != http.StatusOK {
				t.Errorf("what had begun ended with %d", status)
			}
			if status := r.ended(20 * time.Second); status != exitOK {
				t.Errorf("exit status %d, want %d\n%s", status, exitOK, r.errs)
			}
			if !strings.Contains(r.errs.String(), `"msg":"stopped"`) || strings.Contains(r.errs.String(), "cut off") {
				t.Errorf("log:\n%s", r.errs)
			}
		})
	}
}

func TestSecondSignalStopsAtOnce(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "drain: 1h\n"})
	r := program(t)
	begin(t, r.url)
	r.signal(syscall.SIGTERM)
	r.find(r.errs, `"msg":"stopping"`)
	r.signal(syscall.SIGTERM)
	if status := r.ended(20 * time.Second); status != exitNo {
		t.Errorf("exit status %d, want %d\n%s", status, exitNo, r.errs)
	}
	// What it left behind can be used.
	again := program(t)
	if err := ask(http.DefaultTransport, again.url+"/api/auth/session"); err != nil {
		t.Error(err)
	}
}

func TestStopWithoutAdminListenerWaitsAMomentOnly(t *testing.T) {
	inFolder(t, nil)
	r := program(t)
	r.signal(syscall.SIGTERM)
	if status := r.ended(20 * time.Second); status != exitOK {
		t.Errorf("exit status %d\n%s", status, r.errs)
	}
	r.find(r.errs, `"drain":"250ms"`)
}

func TestHangUpIsNoStop(t *testing.T) {
	inFolder(t, nil)
	r := program(t)
	r.signal(syscall.SIGHUP)
	r.find(r.errs, "SIGHUP: read again, and no secret has changed")
	if err := ask(http.DefaultTransport, r.url+"/api/auth/session"); err != nil {
		t.Error(err)
	}
	if status := r.stop(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
}

// Answers to clients that keep connections open tell them to come back on a new one.
func TestDrainingAsksClientsToReconnect(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "drain: 1h\n"})
	r := program(t)
	client := &http.Client{Transport: &http.Transport{}}
	for _, closing := range []bool{false, true} {
		if closing {
			r.signal(syscall.SIGTERM)
			r.find(r.errs, `"msg":"stopping"`)
		}
		answer, err := client.Get(r.url + "/api/auth/session")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.Close != closing {
			t.Errorf("stopping: %v, Connection: close: %v", closing, answer.Close)
		}
	}
	r.signal(syscall.SIGTERM)
}

// ask sends one request and is content with any answer below 500.
func ask(transport http.RoundTripper, url string) error {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode >= 500 {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return nil
}

// A begun request has sent all but the end of its body.
type begun struct {
	conn net.Conn
	back *bufio.Reader
}

// begin sends the report that next-auth/react sends about itself, but for its last byte.
func begin(t *testing.T, url string) *begun {
	t.Helper()
	host := strings.TrimPrefix(url, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	// The server has it in hand once it has asked for the body.
	fmt.Fprintf(conn, "POST /api/auth/_log HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n", host)
	b := &begun{conn, bufio.NewReader(conn)}
	line, err := b.back.ReadString('\n')
	if err != nil || !strings.Contains(line, " 100 ") {
		t.Fatal(errors.Join(err, errors.New("asked to go on, heard "+line)))
	}
	b.back.ReadString('\n')
	io.WriteString(conn, "{\"a\": \"x\"")
	return b
}

// finish sends the rest and returns the status of the answer.
func (b *begun) finish(t *testing.T) int {
	t.Helper()
	io.WriteString(b.conn, "}")
	answer, err := http.ReadResponse(b.back, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}
