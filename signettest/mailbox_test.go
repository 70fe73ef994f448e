package signettest_test

import (
	"bufio"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

const letter = "From: a@site.example\r\nTo: b@mail.example\r\nSubject: =?utf-8?b?66Gc6re47J24?= now\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"code=3A 123456\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+MTIzNDU2PC9iPg==\r\n--x--\r\n"

func TestMailbox(t *testing.T) {
	m := signettest.NewMailbox(t)
	if err := smtp.SendMail(m.Address(), nil, "a@site.example", []string{"b@mail.example", "c@mail.example"}, []byte(letter)); err != nil {
		t.Fatal(err)
	}
	got := m.Wait(1)
	if got.From != "a@site.example" || !slices.Equal(got.To, []string{"b@mail.example", "c@mail.example"}) || string(got.Raw) != letter {
		t.Errorf("%q to %q: %s", got.From, got.To, got.Raw)
	}
	if got.Subject != "로그인 now" || got.Header.Get("To") != "b@mail.example" || got.Text != "code: 123456" || got.HTML != "<b>123456</b>" {
		t.Errorf("%q %q %q", got.Subject, got.Text, got.HTML)
	}
	if err := smtp.SendMail(m.Address(), nil, "a@site.example", []string{"d@mail.example"}, []byte("Subject: plain\r\n\r\n.\r\n..two\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := m.Wait(2); got.Text != ".\n..two\n" || len(m.Mails()) != 2 {
		t.Errorf("dots: %q", got.Text)
	}
}

func TestMailboxWaits(t *testing.T) {
	m := signettest.NewMailbox(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			smtp.SendMail(m.Address(), nil, "a@site.example", []string{"b@mail.example"}, []byte("Subject: x\r\n\r\nx\r\n"))
		})
	}
	m.Wait(5)
	all.Wait()
}

func TestMailboxAsksForAPassword(t *testing.T) {
	m := signettest.NewMailbox(t)
	m.User, m.Password = "postman", "rings twice"
	send := func(a smtp.Auth) error {
		return smtp.SendMail(m.Address(), a, "a@site.example", []string{"b@mail.example"}, []byte("\r\nx\r\n"))
	}
	if err := send(smtp.PlainAuth("", "postman", "rings twice", "127.0.0.1")); err != nil {
		t.Error(err)
	}
	for _, a := range []smtp.Auth{nil, smtp.PlainAuth("", "postman", "rings once", "127.0.0.1")} {
		if send(a) == nil {
			t.Error("anybody may send")
		}
	}
}

func TestMailboxRefuses(t *testing.T) {
	m := signettest.NewMailbox(t)
	for _, test := range []struct{ verb, line string }{
		{"CONNECT", "421 4.3.2 later"}, {"MAIL", "451 4.3.0 later"}, {"RCPT", "550 5.1.1 no such mailbox"}, {"DATA", "452 4.3.1 full"}, {".", "554 5.7.1 spam"},
	} {
		m.Reply(test.verb, test.line)
		err := smtp.SendMail(m.Address(), nil, "a@site.example", []string{"b@mail.example"}, []byte("\r\nx\r\n"))
		if err == nil || !strings.Contains(err.Error(), test.line[:3]) {
			t.Errorf("%s: %v", test.verb, err)
		}
	}
	if len(m.Mails()) != 0 {
		t.Error("a letter was taken all the same")
	}
}

func TestMailboxIsStrict(t *testing.T) {
	hello := []string{"EHLO x"}
	from := append(hello, "MAIL FROM:<a@x.example>")
	for _, test := range []struct {
		name  string
		ascii bool
		say   []string
		want  string // the answer to the last
	}{
		{"a blank before the address", false, append(hello, "MAIL FROM: <a@x.example>"), "501"},
		{"an address without brackets", false, append(hello, "MAIL FROM:a@x.example"), "501"},
		{"something behind it", false, append(from, "RCPT TO:<b@x.example>,<c@x.example>"), "501"},
		{"two in one", false, append(from, "RCPT TO:<b@x.example> <c@x.example>"), "501"},
		{"to nobody", false, append(from, "RCPT TO:<>"), "501"},
		{"a letter to nobody", false, append(from, "DATA"), "503"},
		{"no sender", false, append(hello, "RCPT TO:<b@x.example>"), "503"},
		{"two senders", false, append(from, "MAIL FROM:<a@x.example>"), "503"},
		{"Korean without a word", false, append(from, "RCPT TO:<민지@x.example>"), "553"},
		{"Korean with it", false, append(hello, "MAIL FROM:<a@x.example> SMTPUTF8 BODY=8BITMIME", "RCPT TO:<민지@x.example>"), "250"},
		{"Korean where it is not offered", true, append(hello, "MAIL FROM:<a@x.example> SMTPUTF8"), "555"},
		{"an unknown parameter", false, append(hello, "MAIL FROM:<a@x.example> X=1"), "555"},
		{"a parameter after HELO", false, []string{"HELO x", "MAIL FROM:<a@x.example> SIZE=1"}, "555"},
		{"a bounce", false, append(hello, "MAIL FROM:<>"), "250"},
		{"an unknown word", false, append(hello, "STARTTLS"), "502"},
		{"a bare LF", false, append(hello, "NOOP\nNOOP"), "500"},
		{"a bare CR", false, append(hello, "NOOP\rNOOP"), "500"},
		{"a long line", false, append(hello, "NOOP "+strings.Repeat("x", 1000)), "500"},
		{"a bare LF in a letter", false, append(from, "RCPT TO:<b@x.example>", "DATA", "a\n.\nb"), "554"},
		{"a long letter", false, append(from, "RCPT TO:<b@x.example>", "DATA", strings.Repeat(strings.Repeat("x", 900)+"\r\n", 1200)+"."), "552"},
		{"all forgotten", false, append(from, "RSET", "RCPT TO:<b@x.example>"), "503"},
		{"good bye", false, append(hello, "NOOP", "QUIT"), "221"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := signettest.NewMailbox(t)
			m.ASCII = test.ascii
			c, err := net.Dial("tcp", m.Address())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(5 * time.Second))
			in := bufio.NewReader(c)
			answer := readAnswer(t, in)
			for _, line := range test.say {
				if _, err := c.Write([]byte(line + "\r\n")); err != nil {
					t.Fatal(err)
				}
				answer = readAnswer(t, in)
			}
			if !strings.HasPrefix(answer, test.want) || len(m.Mails()) != 0 {
				t.Errorf("%q, want %s; %d letters", answer, test.want, len(m.Mails()))
			}
		})
	}
}

// readAnswer reads all lines of one answer and returns the last.
func readAnswer(t *testing.T, in *bufio.Reader) string {
	t.Helper()
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if len(line) < 4 || line[3] != '-' {
			return line
		}
	}
}

func FuzzMailbox(f *testing.F) {
	f.Add("EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\nQUIT\r\n")
	f.Add("HELO x\r\nMAIL FROM:<>\r\nRSET\r\nAUTH PLAIN\r\n\x00\r\n")
	f.Add("EHLO x\r\nMAIL FROM:<a@x> SMTPUTF8\r\nRCPT TO:<\xff@x>\r\nDATA\r\n" + letter + ".\r\n")
	f.Fuzz(func(t *testing.T, said string) {
		m := signettest.NewMailbox(t)
		c, err := net.Dial("tcp", m.Address())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write([]byte(said))
		c.(*net.TCPConn).CloseWrite()
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		last := ""
		for in := bufio.NewReader(c); ; {
			line, err := in.ReadString('\n')
			if err != nil {
				break
			}
			last = line
		}
		if !strings.HasSuffix(last, "\r\n") {
			t.Errorf("the last answer is %q", last)
		}
		for _, l := range m.Mails() {
			if len(l.To) == 0 || strings.ContainsAny(strings.Join(l.To, ""), "<>\r\n") {
				t.Errorf("a letter to %q", l.To)
			}
		}
	})
}
