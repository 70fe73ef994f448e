package signettest

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Mailbox is a mail server on loopback that takes every letter and delivers none. It is
// strict about what it is told: RFC 5321, with 8BITMIME and SMTPUTF8, without STARTTLS.
// Methods may be called from several goroutines.
type Mailbox struct {
	// User and Password, if set before the first connection, are asked for by AUTH PLAIN.
	User, Password string

	// ASCII, if set before the first connection, leaves SMTPUTF8 out of what is offered.
	ASCII bool

	t        testing.TB
	listener net.Listener
	open     sync.WaitGroup
	once     sync.Once

	mu      sync.Mutex
	conns   map[net.Conn]bool // nil when the mailbox is closed
	mails   []Mail
	changed chan struct{}       // closed at every new mail
	replies map[string][]string // to the next commands, by verb
}

// A Mail is a letter as it was handed over.
type Mail struct {
	From string   // of the envelope; empty for a bounce
	To   []string // of the envelope, in their order

	// Raw is what was sent after DATA, without the doubled dots.
	Raw []byte

	// Header has the fields as sent, Subject the decoded text.
	Header  mail.Header
	Subject string

	// Text and HTML are the first parts of their kind, decoded; empty where there is none.
	Text, HTML string
}

// NewMailbox starts a mail server that ends with the test.
func NewMailbox(t testing.TB) *Mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("signettest: %v", err)
	}
	m := &Mailbox{t: t, listener: l, conns: map[net.Conn]bool{}, changed: make(chan struct{}), replies: map[string][]string{}}
	m.open.Go(m.accept)
	t.Cleanup(m.Close)
	return m
}

// Address is host and port.
func (m *Mailbox) Address() string { return m.listener.Addr().String() }

// Close ends the server and every conversation with it. It is called when the test ends.
func (m *Mailbox) Close() {
	m.once.Do(func() {
		m.listener.Close()
		m.mu.Lock()
		for c := range m.conns {
			c.Close()
		}
		m.conns = nil
		m.mu.Unlock()
		m.open.Wait()
	})
}

// Mails are the letters so far, in their order.
func (m *Mailbox) Mails() []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Mail(nil), m.mails...)
}

// Wait returns the n-th letter, 1 for the first, as soon as there is one. After ten seconds
// it fails the test.
func (m *Mailbox) Wait(n int) Mail {
	m.t.Helper()
	late := time.After(10 * time.Second)
	for {
		m.mu.Lock()
		changed, have := m.changed, m.mails
		m.mu.Unlock()
		if len(have) >= n {
			return have[n-1]
		}
		select {
		case <-changed:
		case <-late:
			m.t.Fatalf("signettest: %d letters came, want %d", len(have), n)
			return Mail{}
		}
	}
}

// Reply answers the next command of this verb with a line of the test's own, such as RCPT
// with "550 5.1.1 no such mailbox". The verb "." is the end of the letter, "CONNECT" the
// greeting.
func (m *Mailbox) Reply(verb, line string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.replies[verb] = append(m.replies[verb], line)
}

func (m *Mailbox) reply(verb string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.replies[verb]
	if len(list) == 0 {
		return ""
	}
	m.replies[verb] = list[1:]
	return list[0]
}

func (m *Mailbox) accept() {
	for {
		c, err := m.listener.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		if m.conns == nil {
			m.mu.Unlock()
			c.Close()
			return
		}
		m.conns[c] = true
		m.mu.Unlock()
		m.open.Go(func() {
			newConversation(m, c).run()
			m.mu.Lock()
			delete(m.conns, c)
			m.mu.Unlock()
			c.Close()
		})
	}
}

// take puts a letter into the box.
func (m *Mailbox) take(letter Mail) {
	letter.read()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, letter)
	close(m.changed)
	m.changed = make(chan struct{})
}

// read fills the readable fields in; what cannot be read stays empty.
func (l *Mail) read() {
	parsed, err := mail.ReadMessage(bytes.NewReader(l.Raw))
	if err != nil {
		return
	}
	l.Header = parsed.Header
	subject := parsed.Header.Get("Subject")
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(subject); err != nil {
		l.Subject = subject
	}
	l.readPart(parsed.Header.Get("Content-Type"), parsed.Header.Get("Content-Transfer-Encoding"), parsed.Body, 0)
}

func (l *Mail) readPart(contentType, encoding string, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth < 5 {
		l.readParts(multipart.NewReader(body, params["boundary"]), depth)
		return
	}
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return
	}
	text := strings.ReplaceAll(string(raw), "\r\n", "\n")
	switch {
	case kind == "text/plain" && l.Text == "":
		l.Text = text
	case kind == "text/html" && l.HTML == "":
		l.HTML = text
	}
}

func (l *Mail) readParts(parts *multipart.Reader, depth int) {
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return
		}
		l.readPart(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part, depth+1)
	}
}
