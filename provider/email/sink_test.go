package email_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/email"
	"github.com/signet-auth/signet/signettest"
)

var noon = time.Date(2035, 11, 25, 12, 0, 0, 0, time.UTC)

// world has a clock that stands and randomness that repeats.
func world() signet.World {
	return signet.World{Now: signettest.NewClock(noon).Now, Rand: zeros{}}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A sink is a mail server on loopback that keeps what it is told.
type sink struct {
	// answer replaces the reply to a command, whose number counts from 1 over all
	// connections; "" keeps the usual one, "stall" says nothing more, "drop" hangs up. The
	// command is "" for the greeting and "." for the content.
	answer func(command string, number int) string
	offers []string // extensions
	cert   *tls.Certificate
	hidden bool // encrypted from the first byte

	listener net.Listener
	done     chan struct{}
	work     sync.WaitGroup

	mu       sync.Mutex
	counts   map[string]int
	commands []string // verbs and what followed
	rcpts    []string
	letters  []string
	secure   int // connections that were encrypted
}

// serve starts the sink.
func (s *sink) serve(t testing.TB) *sink {
	t.Helper()
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.counts, s.done = map[string]int{}, make(chan struct{})
	s.work.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.work.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() { s.listener.Close(); close(s.done); s.work.Wait() })
	return s
}

func (s *sink) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// reply decides what a command is answered.
func (s *sink) reply(command, line, usual string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[command]++
	s.commands = append(s.commands, line)
	if s.answer != nil {
		if a := s.answer(command, s.counts[command]); a != "" {
			return a
		}
	}
	return usual
}

func (s *sink) talk(conn net.Conn) {
	defer func() { conn.Close() }()
	go func() { <-s.done; conn.Close() }()
	r := bufio.NewReader(conn)
	say := func(reply string) bool {
		switch reply {
		case "stall":
			select {
			case <-s.done:
			case <-time.After(10 * time.Second): // the test has failed, and is to say so
			}
			return false
		case "drop":
			return false
		}
		_, err := io.WriteString(conn, reply+"\r\n")
		return err == nil
	}
	encrypt := func() bool {
		secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.cert}})
		conn, r = secure, bufio.NewReader(secure)
		ok := secure.Handshake() == nil
		if ok {
			s.mu.Lock()
			s.secure++
			s.mu.Unlock()
		}
		return ok
	}
	if s.hidden && !encrypt() {
		return
	}
	if !say(s.reply("", "", "220 sink ready")) {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		usual := "250 fine"
		switch verb {
		case "EHLO":
			usual = "250-sink"
			for _, o := range s.offers {
				usual += "\r\n250-" + o
			}
			usual += "\r\n250 HELP"
		case "AUTH":
			usual = "235 welcome"
		case "STARTTLS":
			usual = "220 go"
		case "DATA":
			usual = "354 go"
		case "QUIT":
			usual = "221 bye"
		}
		reply := s.reply(verb, line, usual)
		if !say(reply) || verb == "QUIT" {
			return
		}
		switch {
		case verb == "RCPT" && reply[0] == '2':
			s.mu.Lock()
			s.rcpts = append(s.rcpts, line)
			s.mu.Unlock()
		case verb == "STARTTLS" && reply[0] == '2':
			if !encrypt() {
				return
			}
		case verb == "DATA" && reply[0] == '3':
			if !s.content(r, say) {
				return
			}
		}
	}
}

// content reads a letter to its final dot.
func (s *sink) content(r *bufio.Reader, say func(string) bool) bool {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
	reply := s.reply(".", ".", "250 taken")
	s.mu.Lock()
	s.letters = append(s.letters, b.String())
	s.mu.Unlock()
	return say(reply)
}

// heard is what the sink was told.
func (s *sink) heard() (commands, rcpts, letters []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commands, s.rcpts, s.letters
}

// count is how often a command came.
func (s *sink) count(command string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[command]
}

// provider sends to the sink.
func (s *sink) provider(t testing.TB, change ...func(*email.Config)) *email.Provider {
	t.Helper()
	c := email.Config{
		Server: email.Server{Host: "127.0.0.1", Port: s.port()},
		From:   "hello@gamja.example",
		World:  world(),
	}
	for _, f := range change {
		f(&c)
	}
	p, err := email.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A received letter is one read by the standard library's parsers, not by ours.
type received struct {
	header netmail.Header
	lines  []string // the header's, unfolded
	text   string
	html   string
}

// only is the one letter that the sink has.
func (s *sink) only(t testing.TB) received {
	t.Helper()
	_, _, letters := s.heard()
	if len(letters) != 1 {
		t.Fatalf("the sink has %d letters, want 1", len(letters))
	}
	return parse(t, letters[0])
}

func parse(t testing.TB, raw string) received {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("the letter is no message: %v\n%s", err, raw)
	}
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	r := received{header: m.Header, lines: strings.Split(strings.ReplaceAll(head, "\r\n ", " "), "\r\n")}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind == "text/plain" {
		r.text = body(t, m.Header.Get("Content-Transfer-Encoding"), m.Body)
		return r
	}
	if kind != "multipart/alternative" {
		t.Fatalf("Content-Type is %s", kind)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []string{"text/plain", "text/html"} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil || kind != want || !strings.EqualFold(params["charset"], "utf-8") {
			t.Fatalf("part is %s %v %v, want %s in UTF-8", kind, params, err, want)
		}
		content := body(t, p.Header.Get("Content-Transfer-Encoding"), p)
		if want == "text/plain" {
			r.text = content
		} else {
			r.html = content
		}
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Fatalf("a third part, or %v", err)
	}
	return r
}

func body(t testing.TB, encoding string, r io.Reader) string {
	t.Helper()
	switch encoding {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	default:
		t.Fatalf("encoding %q", encoding)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// subject is the Subject as a person reads it.
func (r received) subject(t testing.TB) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(r.header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// selfSigned makes a certificate for loopback and the pool that trusts it.
func selfSigned(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
