package email_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/email"
)

// send sends the usual letter and demands the error to be of the package.
func send(t *testing.T, p *email.Provider) *email.SendError {
	t.Helper()
	err := p.Mail(t.Context(), signInLetter("ko"))
	if err == nil {
		return nil
	}
	var failed *email.SendError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v is no SendError", err)
	}
	return failed
}

// answers makes a sink say something to the first so many of a command.
func answers(command, reply string, times int) *sink {
	return &sink{answer: func(c string, n int) string {
		if c == command && n <= times {
			return reply
		}
		return ""
	}}
}

func TestServersThatSayNo(t *testing.T) {
	for _, test := range []struct {
		name, command, reply string
		times                int
		stage                string
		code                 int
		connections, letters int
	}{
		{"too many connections, once", "", "421 4.7.0 busy", 1, "", 0, 2, 1},
		{"too many connections, for good", "", "421 4.7.0 busy", 9, email.StageConnect, 421, 2, 0},
		{"closed", "", "554 no service", 9, email.StageConnect, 554, 1, 0},
		{"sender refused", "MAIL", "550 5.7.1 not you", 9, email.StageSender, 550, 1, 0},
		{"sender later", "MAIL", "451 4.3.0 later", 1, "", 0, 2, 1},
		{"recipient unknown", "RCPT", "550 5.1.1 <minsu@example.com> unknown", 9, email.StageRecipient, 550, 1, 0},
		{"recipient later", "RCPT", "450 4.2.0 <minsu@example.com> greylisted", 1, "", 0, 2, 1},
		{"recipient much later", "RCPT", "450 4.2.0 <minsu@example.com> greylisted", 9, email.StageRecipient, 450, 2, 0},
		{"no content now", "DATA", "452 4.3.1 full", 1, "", 0, 2, 1},
		// Once the content is there nobody knows what became of it, whatever is said.
		{"content refused for now", ".", "451 4.3.0 later, token=0f3c", 9, email.StageLetter, 451, 1, 1},
		{"content refused", ".", "554 5.7.1 bad link https://gamja.example token=0f3c", 9, email.StageLetter, 554, 1, 1},
		{"hangs up after the content", ".", "drop", 9, email.StageLetter, 0, 1, 1},
		{"hangs up before", "RCPT", "drop", 9, email.StageRecipient, 0, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := answers(test.command, test.reply, test.times)
			s.offers = []string{"ENHANCEDSTATUSCODES"}
			s.serve(t)
			failed := send(t, s.provider(t))
			if (failed == nil) != (test.stage == "") {
				t.Fatalf("Mail: %v", failed)
			}
			if failed != nil {
				if failed.Stage != test.stage || failed.Code != test.code {
					t.Errorf("stage %q, code %d: %v", failed.Stage, failed.Code, failed)
				}
				for _, secret := range []string{"minsu", "example.com", "0f3c", "gamja", "048213", "token"} {
					if strings.Contains(failed.Error(), secret) {
						t.Errorf("the error holds %q: %v", secret, failed)
					}
				}
			}
			if got := s.count(""); got != test.connections {
				t.Errorf("%d connections, want %d", got, test.connections)
			}
			if _, _, letters := s.heard(); len(letters) != test.letters {
				t.Errorf("the content came %d times, want %d", len(letters), test.letters)
			}
		})
	}
}

// What happens after the server has taken a letter is no failure: who is told of one asks
// again, and gets two.
func TestTakenIsTaken(t *testing.T) {
	for _, reply := range []string{"drop", "stall", "421 shutting down", "500 what?"} {
		t.Run(reply, func(t *testing.T) {
			t.Parallel()
			s := answers("QUIT", reply, 9).serve(t)
			began := time.Now()
			if failed := send(t, s.provider(t)); failed != nil {
				t.Errorf("Mail: %v", failed)
			}
			if d := time.Since(began); d > 5*time.Second {
				t.Errorf("the good-bye took %v", d)
			}
			if _, _, letters := s.heard(); len(letters) != 1 {
				t.Errorf("%d letters", len(letters))
			}
		})
	}
}

func TestServersThatStall(t *testing.T) {
	for _, command := range []string{"", "EHLO", "MAIL", "RCPT", "DATA", "."} {
		t.Run("at "+command, func(t *testing.T) {
			t.Parallel()
			s := answers(command, "stall", 9).serve(t)
			failed := send(t, s.provider(t, func(c *email.Config) { c.Server.Timeout = 100 * time.Millisecond }))
			if failed == nil || !errors.Is(failed, context.DeadlineExceeded) {
				t.Errorf("Mail: %v", failed)
			}
			if got := s.count(""); got != 1 {
				t.Errorf("%d connections", got)
			}
		})
	}
	t.Run("the caller leaves", func(t *testing.T) {
		s := answers("MAIL", "stall", 9).serve(t)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if err := s.provider(t).Mail(ctx, signInLetter("ko")); !errors.Is(err, context.Canceled) {
			t.Errorf("Mail: %v", err)
		}
	})
	t.Run("a greeting without end", func(t *testing.T) {
		s := answers("", "220-"+strings.Repeat("x", 1<<20)+"\r\n220 ready", 9).serve(t)
		if failed := send(t, s.provider(t)); failed == nil || failed.Stage != email.StageConnect || len(failed.Error()) > 1000 {
			t.Errorf("Mail: %v", failed)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &sink{listener: l}
		l.Close()
		if failed := send(t, s.provider(t)); failed == nil || failed.Stage != email.StageConnect || failed.Code != 0 {
			t.Errorf("Mail: %v", failed)
		}
	})
}

func TestEncryption(t *testing.T) {
	cert, pool := selfSigned(t)
	trusting := &tls.Config{RootCAs: pool}
	for _, test := range []struct {
		name     string
		security email.Security
		offers   bool // STARTTLS
		hidden   bool // TLS from the first byte
		trust    bool
		sent     bool
		secure   int
	}{
		{"plain to loopback", email.AutoSecurity, false, false, false, true, 0},
		{"STARTTLS", email.StartTLS, true, false, true, true, 1},
		{"STARTTLS that is not offered", email.StartTLS, false, false, true, false, 0},
		{"STARTTLS by a stranger", email.StartTLS, true, false, false, false, 0},
		{"TLS from the first byte", email.ImplicitTLS, false, true, true, true, 1},
		{"TLS by a stranger", email.ImplicitTLS, false, true, false, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &sink{cert: cert, hidden: test.hidden, offers: []string{"AUTH PLAIN LOGIN"}}
			if test.offers {
				s.offers = append(s.offers, "STARTTLS")
			}
			s.serve(t)
			p := s.provider(t, func(c *email.Config) {
				c.Server.Security, c.Server.Username, c.Server.Password = test.security, "user", "sesame"
				if test.trust {
					c.Server.TLS = trusting
				}
			})
			failed := send(t, p)
			if (failed == nil) != test.sent {
				t.Fatalf("Mail: %v", failed)
			}
			if got := s.secure; got != test.secure {
				t.Errorf("%d encrypted connections", got)
			}
			said := s.count("AUTH") + s.count("MAIL")
			if !test.sent && said != 0 {
				t.Error("more was said than the greeting")
			}
			commands, _, _ := s.heard()
			want := "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00user\x00sesame"))
			if test.sent && !strings.Contains(strings.Join(commands, "\n"), want) {
				t.Errorf("commands %q", commands)
			}
		})
	}
}

// 0.0.0.0 leads to this machine, and is no name of loopback.
func TestPasswordStaysOffAPlainWire(t *testing.T) {
	for _, security := range []email.Security{email.InsecurePlain, email.AutoSecurity} {
		s := (&sink{offers: []string{"AUTH PLAIN LOGIN"}}).serve(t)
		failed := send(t, s.provider(t, func(c *email.Config) {
			c.Server.Host, c.Server.Security, c.Server.Username, c.Server.Password = "0.0.0.0", security, "user", "sesame"
		}))
		if failed == nil || s.count("EHLO") != 1 || s.count("AUTH")+s.count("MAIL") != 0 {
			t.Errorf("security %q: %v", security, failed)
		}
	}
	s := (&sink{}).serve(t)
	if failed := send(t, s.provider(t, func(c *email.Config) { c.Server.Host, c.Server.Security = "0.0.0.0", email.InsecurePlain })); failed != nil {
		t.Errorf("without a password: %v", failed)
	}
}

func TestLogInRefused(t *testing.T) {
	echo := base64.StdEncoding.EncodeToString([]byte("\x00user@example.com\x00sesame"))
	s := answers("AUTH", "535 5.7.8 user@example.com sesame "+echo+" Username and password not accepted\x07", 9)
	s.offers = []string{"AUTH PLAIN"}
	s.serve(t)
	failed := send(t, s.provider(t, func(c *email.Config) { c.Server.Username, c.Server.Password = "user@example.com", "sesame" }))
	if failed == nil || failed.Stage != email.StageConnect || failed.Code != 535 || !strings.Contains(failed.Error(), "not accepted") {
		t.Fatalf("Mail: %v", failed)
	}
	for _, secret := range []string{"sesame", "user@", echo, "\x07"} {
		if strings.Contains(failed.Error(), secret) {
			t.Errorf("the error holds %q: %v", secret, failed)
		}
	}
}

func TestAddressBeyondASCII(t *testing.T) {
	wide := signInLetter("ko")
	wide.To = "민수@example.com"
	t.Run("needs SMTPUTF8", func(t *testing.T) {
		s := (&sink{}).serve(t)
		var failed *email.SendError
		if err := s.provider(t).Mail(t.Context(), wide); !errors.As(err, &failed) || failed.Stage != email.StageRecipient || s.count("MAIL") != 0 {
			t.Errorf("Mail: %v", err)
		}
	})
	for _, test := range []struct {
		name   string
		letter signet.Letter
		asked  bool
	}{{"asks for SMTPUTF8", wide, true}, {"others do not", signInLetter("ko"), false}} {
		t.Run(test.name, func(t *testing.T) {
			s := (&sink{offers: []string{"SMTPUTF8"}}).serve(t)
			if err := s.provider(t).Mail(t.Context(), test.letter); err != nil {
				t.Fatal(err)
			}
			commands, _, _ := s.heard()
			if asked := strings.Contains(commands[2], "SMTPUTF8"); asked != test.asked {
				t.Errorf("%q", commands[2])
			}
		})
	}
}

func TestManyAtOnce(t *testing.T) {
	s := (&sink{}).serve(t)
	p := s.provider(t, func(c *email.Config) { c.World = signet.World{} })
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := p.Mail(t.Context(), signInLetter("ko")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	_, rcpts, letters := s.heard()
	seen := map[string]bool{}
	for _, l := range letters {
		seen[parse(t, l).header.Get("Message-ID")] = true
	}
	if len(rcpts) != 16 || len(seen) != 16 {
		t.Errorf("%d recipients, %d message ids", len(rcpts), len(seen))
	}
}

func TestCheck(t *testing.T) {
	s := (&sink{}).serve(t)
	if err := s.provider(t).Check(t.Context()); err != nil || s.count("MAIL") != 0 || s.count("QUIT") != 1 {
		t.Errorf("Check: %v", err)
	}
	s = answers("", "554 no", 9).serve(t)
	var failed *email.SendError
	if err := s.provider(t).Check(t.Context()); !errors.As(err, &failed) || failed.Code != 554 {
		t.Errorf("Check: %v", err)
	}
}

func TestCustomLetters(t *testing.T) {
	s := (&sink{}).serve(t)
	var got signet.Letter
	p := s.provider(t, func(c *email.Config) {
		c.FromName = "감자"
		c.Render = func(l signet.Letter) (string, string, string, error) {
			got = l
			return "안녕하세요", "링크: " + l.Link + "\n.\n끝\n", "", nil
		}
	})
	if err := p.Mail(t.Context(), signInLetter("ko")); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	if got.To != "minsu@example.com" || r.subject(t) != "안녕하세요" || r.text != "링크: "+link+"\n.\n끝\n" || r.html != "" {
		t.Errorf("%+v", r)
	}
	if from, err := r.header.AddressList("From"); err != nil || from[0].Name != "감자" {
		t.Errorf("From %v %v", from, err)
	}
	broken := errors.New("no template")
	p = s.provider(t, func(c *email.Config) {
		c.Render = func(signet.Letter) (string, string, string, error) { return "", "", "", broken }
	})
	if err := p.Mail(t.Context(), signInLetter("ko")); !errors.Is(err, broken) {
		t.Errorf("Mail: %v", err)
	}
}

func TestAnotherMailer(t *testing.T) {
	box := &email.Outbox{Log: quiet(nil)}
	p, err := email.New(email.Config{Mailer: box})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Mail(t.Context(), signInLetter("ko")); err != nil || len(box.Letters()) != 1 {
		t.Errorf("Mail: %v, %d letters", err, len(box.Letters()))
	}
	if err := p.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

func TestNoRandomnessNoLetter(t *testing.T) {
	s := (&sink{}).serve(t)
	p := s.provider(t, func(c *email.Config) { c.World.Rand = bytes.NewReader([]byte("short")) })
	if err := p.Mail(t.Context(), signInLetter("ko")); err == nil || s.count("") != 0 {
		t.Errorf("Mail: %v", err)
	}
}
