package signet_test

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/email"
	"github.com/signet-auth/signet/signettest"
)

// Everything that makes Signet write a letter, at a real mail server on loopback: whatever is
// typed and whatever headers come with it, a letter has one recipient, who is somebody that
// may get it, and links to this site (S-51 … S-60).

// hostileAddresses would be more than one address, or a header, to somebody less strict.
var hostileAddresses = []string{
	"", "@", "victim@example.com,evil@evil.example", "victim@example.com;evil@evil.example", "victim@example.com evil@evil.example",
	"victim@example.com\r\nBcc: evil@evil.example", "victim@example.com\nBcc:evil@evil.example", "victim@example.com\r\n\r\nGo to https://evil.example",
	"evil@evil.example\x00victim@example.com", `"evil@evil.example"@example.com`, `"victim@example.com"@evil.example`, "Victim <victim@example.com>, Evil <evil@evil.example>",
	"<evil@evil.example>victim@example.com", "victim@example.com<evil@evil.example>", "victim@example.com(evil@evil.example)", "@evil.example:victim@example.com",
	"group:evil@evil.example,victim@example.com;", "victim%evil.example@example.com@evil.example", "victim@[127.0.0.1]", "victim@127.0.0.1",
	"victim@example.com%0d%0aBcc:evil@evil.example", "victim@example.com\u2028Bcc: evil@evil.example", "victim\u202e@example.com",
	"victim\uff20example.com", "victim@example.com\uff0cevil@evil.example", "\xff@example.com", "victim@example..com", "=?utf-8?q?victim=0d=0aBcc:evil=40evil.example?=@example.com",
	"victim@example.com\r\nRCPT TO:<evil@evil.example>", "victim@example.com> NOTIFY=SUCCESS\r\nRCPT TO:<evil@evil.example", strings.Repeat("a", 65) + "@example.com",
	"v\u0131ctim@example.com,", "\u212aim@example.com", "victim@evil.example\\@example.com",
}

// hostileHeaders are of requests that make letters.
var hostileHeaders = []map[string]string{
	{}, {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}, {"Forwarded": "host=evil.example;proto=http"},
	{"X-Original-Host": "evil.example", "X-Host": "evil.example"}, {"X-Forwarded-For": "192.0.2.1\r\nBcc: evil@evil.example"},
	{"Accept-Language": "ko\r\nBcc: evil@evil.example"}, {"User-Agent": "x\r\nBcc: evil@evil.example"}, {"Referer": "https://evil.example/", "X-Forwarded-Prefix": "//evil.example"},
}

// mailHouse sends letters to a mailbox.
func mailHouse(t *testing.T, box *signettest.Mailbox) *house {
	host, port, err := net.SplitHostPort(box.Address())
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(port)
	p, err := email.New(email.Config{Server: email.Server{Host: host, Port: n}, From: "hello@app.example.com", SignUp: true, World: signet.World{Now: signettest.NewClock(noon).Now}})
	if err != nil {
		t.Fatal(err)
	}
	return open(t, https, roomy, with(p, somewhere("corp", false)))
}

// letterMakers are all the ways to have a letter written: signed in or not, with a typed
// address or without.
var letterMakers = map[string]struct {
	signedIn bool
	post     func(c *courier, typed string)
}{
	"sign-in": {false, func(c *courier, typed string) {
		c.post("/api/auth/signin/email", url.Values{"csrfToken": {c.csrf()}, "email": {typed}, "callbackUrl": {"https://evil.example/"}})
	}},
	"sign-up": {false, func(c *courier, typed string) {
		c.post("/api/auth/signup", url.Values{"csrfToken": {c.csrf()}, "email": {typed}, "password": {"a passphrase of somebody"},
			"name": {"Kim, evil@evil.example <b>https://evil.example</b>"}, "callbackUrl": {"https://evil.example/"}})
	}},
	"reset": {false, func(c *courier, typed string) {
		c.post("/api/auth/reset", url.Values{"csrfToken": {c.csrf()}, "email": {typed}})
	}},
	"change": {true, func(c *courier, typed string) { c.change("email", "email", typed) }},
	"verify": {true, func(c *courier, typed string) { c.change("verify", "email", typed) }},
	"password": {true, func(c *courier, typed string) {
		c.change("password", "current", minsuPassword, "password", "another passphrase 7", "email", typed)
	}},
	"new way": {true, func(c *courier, typed string) { c.come("corp", c.depart("corp", "email", typed)) }},
}

// TestS57_HostileAddressesToEverythingThatWrites: not one letter goes to an address that is
// more, or other, than what was typed, and none to what is no address.
func TestS57_HostileAddressesToEverythingThatWrites(t *testing.T) {
	for name, maker := range letterMakers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := signettest.NewMailbox(t)
			h := mailHouse(t, box)
			may := []string{minsuEmail}
			for _, typed := range hostileAddresses {
				c := h.courier(t)
				if maker.signedIn {
					c.signIn()
					if name != "verify" {
						h.prove(t, minsuEmail)
					}
				}
				maker.post(c, typed)
				if parsed, err := signet.ParseEmail(typed); err == nil {
					may = append(may, parsed)
				}
				if name == "password" || name == "new way" {
					break // nothing typed is in them; once is enough, and needs the old password
				}
			}
			h.Close() // letters are all on their way then
			if !maker.signedIn && len(box.Mails()) > len(may) {
				t.Errorf("%d letters", len(box.Mails()))
			}
			for _, m := range box.Mails() {
				checkLetter(t, m, may)
			}
		})
	}
}

// TestS56_HostileHeadersToEverythingThatWrites: every maker does write, once, to the one
// address, and no header leads a link elsewhere or into the letter.
func TestS56_HostileHeadersToEverythingThatWrites(t *testing.T) {
	for name, maker := range letterMakers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, headers := range hostileHeaders {
				box := signettest.NewMailbox(t)
				h := mailHouse(t, box)
				c := h.courier(t)
				if maker.signedIn {
					c.signIn()
					if name != "verify" {
						h.prove(t, minsuEmail)
					}
				}
				for k, v := range headers {
					c.header.Set(k, v)
				}
				to := "dana@example.com"
				if name == "reset" || maker.signedIn && name != "change" {
					to = minsuEmail
				}
				maker.post(c, to)
				checkLetter(t, box.Wait(1), []string{to})
				h.Close()
				if n := len(box.Mails()); n != 1 {
					t.Errorf("%v: %d letters", headers, n)
				}
			}
		})
	}
}

// letterFields are those that a letter may have.
var letterFields = []string{
	"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Language", "Content-Transfer-Encoding", "Auto-Submitted", "User-Agent", "X-Mailer", "X-Auto-Response-Suppress",
}

func checkLetter(t *testing.T, m signettest.Mail, may []string) {
	t.Helper()
	if len(m.To) != 1 || !slices.Contains(may, m.To[0]) || m.Header.Get("To") != "<"+m.To[0]+">" && m.Header.Get("To") != m.To[0] {
		t.Errorf("to %q, in the header %q; it may go to %q", m.To, m.Header.Get("To"), may)
	}
	for field, values := range m.Header {
		if !slices.Contains(letterFields, field) || len(values) != 1 {
			t.Errorf("the header has %s: %q", field, values)
		}
	}
	for _, text := range []string{m.Subject, m.Text, m.HTML} {
		if strings.Contains(text, "evil") || strings.Contains(text, "<b>https") {
			t.Errorf("a letter says %s", text)
		}
	}
	for rest := m.Text; ; {
		_, after, found := strings.Cut(rest, "https://")
		if !found {
			break
		}
		if !strings.HasPrefix("https://"+after, site) {
			t.Errorf("a link leads to %.60s", after)
		}
		rest = after
	}
	if strings.Contains(m.Text, "http://") {
		t.Errorf("a link without encryption: %s", m.Text)
	}
}
