package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestCarryToAnHTTPSUpstream(t *testing.T) {
	up := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
		io.WriteString(w, repeat("x", 100000))
	}))
	up.EnableHTTP2 = true
	up.Config.ErrorLog = quietLog
	up.StartTLS()
	defer up.Close()
	roots := x509.NewCertPool()
	roots.AddCert(up.Certificate())
	for _, test := range []struct {
		name   string
		config *tls.Config
		status int
	}{
		{"the roots of the operator", &tls.Config{RootCAs: roots, NextProtos: []string{"h2"}}, 200},
		{"the roots of the system", nil, 502},
		{"another name", &tls.Config{RootCAs: roots, ServerName: "other.example"}, 502},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFront(t, up.URL, upstreamOptions{TLS: test.config}, nil)
			for range 3 {
				resp, body, err := do(t, "POST", f.URL, strings.NewReader(repeat("y", 20000)))
				if err != nil || resp.StatusCode != test.status || test.status == 200 && len(body) != 120000 {
					t.Fatalf("%v, %v, %d bytes", resp, err, len(body))
				}
			}
			if s := f.u.stats(); test.status == 200 && (s.Dials != 1 || s.Idle != 1) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// An answer that nobody asked for may wait in a TLS record that was taken from the socket
// with the one before, where the socket does not show it.
func TestS110_AnAnswerThatNobodyAskedForInsideTLS(t *testing.T) {
	pair := httptest.NewUnstartedServer(nil)
	pair.StartTLS()
	certificates := pair.TLS.Certificates
	roots := x509.NewCertPool()
	roots.AddCert(pair.Certificate())
	pair.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var served atomic.Int64
	go func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer raw.Close()
				held := &heldConn{Conn: raw}
				c := tls.Server(held, &tls.Config{Certificates: certificates})
				served.Add(1)
				buf := make([]byte, 4096)
				for {
					if _, err := c.Read(buf); err != nil {
						return
					}
					held.hold = true
					io.WriteString(c, okAnswer)
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
					held.flush()
				}
			}()
		}
	}()
	f := newFront(t, "https://"+l.Addr().String(), upstreamOptions{TLS: &tls.Config{RootCAs: roots, ServerName: "example.com"}}, nil)
	for range 3 {
		if _, body, err := get(t, f.URL); err != nil || body != "ok" {
			t.Fatalf("%q, %v", body, err)
		}
	}
	if served.Load() != 3 {
		t.Errorf("%d connections for three requests", served.Load())
	}
}

// A heldConn writes in one piece what was written in several.
type heldConn struct {
	net.Conn
	hold bool
	held []byte
}

func (c *heldConn) Write(p []byte) (int, error) {
	if !c.hold {
		return c.Conn.Write(p)
	}
	c.held = append(c.held, p...)
	return len(p), nil
}

func (c *heldConn) flush() {
	c.Conn.Write(c.held)
	c.hold, c.held = false, nil
}
