package email_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/email"
)

const link = "https://gamja.example/api/auth/callback/email?callbackUrl=https%3A%2F%2Fgamja.example%2F&token=0f3c&email=minsu%40example.com"

func signInLetter(lang string) signet.Letter {
	return signet.Letter{
		Kind: signet.LetterSignIn, To: "minsu@example.com", Lang: lang, Site: "감자마켓",
		Link: link, Code: "048213", Ends: noon.Add(10 * time.Minute),
	}
}

// wantHeader are the names of all header fields, in any order.
var wantHeader = []string{
	"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-ID",
	"MIME-Version", "Subject", "To", "X-Auto-Response-Suppress",
}

// sameHeader checks that a letter has the fields of every letter, each once, and no others.
func sameHeader(t testing.TB, r received) {
	t.Helper()
	var names []string
	for _, l := range r.lines {
		name, _, _ := strings.Cut(l, ":")
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	if !slices.Equal(names, wantHeader) {
		t.Errorf("header fields %q, want %q", names, wantHeader)
	}
}

func TestKoreanLetterArrivesWhole(t *testing.T) {
	s := (&sink{}).serve(t)
	if err := s.provider(t).Mail(t.Context(), signInLetter("ko")); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	sameHeader(t, r)
	if got := r.subject(t); got != "[감자마켓] 로그인을 이어서 해 주세요" {
		t.Errorf("Subject %q", got)
	}
	from, err := r.header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Address != "hello@gamja.example" || from[0].Name != "감자마켓" {
		t.Errorf("From %v %v", from, err)
	}
	if date, err := r.header.Date(); err != nil || !date.Equal(noon) {
		t.Errorf("Date %v %v", date, err)
	}
	for name, want := range map[string]string{
		"To": "<minsu@example.com>", "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
		"Content-Language": "ko", "Message-ID": "<" + strings.Repeat("a", 32) + "@gamja.example>",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	_, text, markup, err := email.Render(signInLetter("ko"), noon)
	if err != nil || r.text != text || r.html != markup {
		t.Errorf("the bodies are not those that Render makes (%v)", err)
	}
	commands, rcpts, letters := s.heard()
	if want := []string{"", "EHLO gamja.example", "MAIL FROM:<hello@gamja.example>", "RCPT TO:<minsu@example.com>", "DATA", ".", "QUIT"}; !slices.Equal(commands, want) {
		t.Errorf("commands %q, want %q", commands, want)
	}
	if len(rcpts) != 1 {
		t.Errorf("recipients %q", rcpts)
	}
	for l := range strings.SplitSeq(letters[0], "\r\n") {
		if len(l) > 998 || strings.ContainsAny(l, "\r\n") { // RFC 5322 section 2.1.1
			t.Errorf("a line of %d bytes or with a bare end: %q", len(l), l)
		}
	}
}

// hostile are addresses that have become two recipients, or a header, elsewhere.
var hostile = []string{
	"", "@", "a", "a@b", "a@example.com,b@example.com", "a@example.com, b@example.com", "a@b.c,d@e.f", "a@b.c;d@e.f", "a@b.c d@e.f",
	"a@example.com\r\nBcc: b@example.com", "a@example.com\nBcc: b@example.com", "a@example.com\rBcc: b@example.com", "a\r\n@example.com",
	"a@example.com\r\n", "\r\na@example.com", "a@example.com\r\nRCPT TO:<b@example.com>", "a@example.com>\r\nRCPT TO:<b@example.com", "a@example.com> NOTIFY=NEVER",
	"a\x00@example.com", "a@example.com\x00", "a@example.com\x00b@example.com", "a\x1b@example.com", "a@example.com\x7f",
	`"a@b.c"@example.com`, `"a b"@example.com`, `"a\r\nb"@example.com`, `a"b@example.com`, `"b@example.com,a"@example.com`,
	"Kim <a@example.com>", "<a@example.com>", "a@example.com <b@example.com>", "Kim, <a@example.com>", "group: a@example.com, b@example.com;",
	"a@example.com (b@example.com)", "(x)a@example.com", `a\@b@example.com`, "a@b@example.com", "@relay.example:a@example.com", "a%b@[127.0.0.1]",
	"a@[127.0.0.1]", "a@127.0.0.1", "=?utf-8?q?a?=@exa mple.com", "a@example.com%0d%0aBcc:b@example.com", "a@example.com\u2028Bcc: b@example.com",
	"a\u202e@example.com", "a\uff20example.com", "a@example.com\uff0cb@example.com", "\xff@example.com", "a@example..com", strings.Repeat("a", 65) + "@example.com",
}

func TestS57_NoAddressMakesTwoRecipients(t *testing.T) {
	s := (&sink{offers: []string{"SMTPUTF8"}}).serve(t)
	p := s.provider(t)
	box := &email.Outbox{}
	for _, to := range hostile {
		l := signInLetter("en")
		l.To = to
		if err := p.Mail(t.Context(), l); err == nil || len(to) > 3 && strings.Contains(err.Error(), to) {
			t.Errorf("a letter to %q: %v", to, err)
		}
		if err := box.Mail(t.Context(), l); err == nil {
			t.Errorf("the outbox took a letter to %q", to)
		}
		l.To, l.Kind, l.Was = "minsu@example.com", signet.LetterChanged, to
		if strings.TrimSpace(to) != "a@example.com" && to != "" {
			if err := p.Mail(t.Context(), l); err == nil {
				t.Errorf("a letter about the former address %q", to)
			}
		}
	}
	if commands, _, _ := s.heard(); len(commands) != 0 {
		t.Errorf("the server was told %q", commands)
	}
}

func TestS57_WhatIsStoredIsWhatTheServerHears(t *testing.T) {
	for _, to := range []string{
		"minsu@example.com", "Minsu.Kim+posts@example.com", "o'brien@example.com", "a!#$%&*/=?^_`{|}~-@example.com", "민수@example.com",
		"a@xn--9n2bp8q.xn--3e0b707e", "root@localhost", strings.Repeat("a", 64) + "@" + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60) + "." + strings.Repeat("d", 60) + ".com",
	} {
		oneRecipient(t, to)
	}
}

// oneRecipient sends a letter and looks at the server's side of it.
func oneRecipient(t testing.TB, to string) {
	t.Helper()
	s := (&sink{offers: []string{"SMTPUTF8", "8BITMIME"}}).serve(t)
	l := signInLetter("en")
	l.To = to
	if err := s.provider(t).Mail(t.Context(), l); err != nil {
		t.Fatalf("to %q: %v", to, err)
	}
	if _, rcpts, _ := s.heard(); len(rcpts) != 1 || rcpts[0] != "RCPT TO:<"+to+">" {
		t.Errorf("to %q: the server heard %q", to, rcpts)
	}
	r := s.only(t)
	sameHeader(t, r)
	if got := r.header.Get("To"); got != "<"+to+">" {
		t.Errorf("to %q: header To %q", to, got)
	}
}

func FuzzS57_AcceptedMeansOneRecipient(f *testing.F) {
	for _, to := range append(hostile, "minsu@example.com", " A.b@EXAMPLE.com ", "민수@예제.한국", "a'b{c}@example.com") {
		f.Add(to)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		stored, err := signet.ParseEmail(typed)
		if err != nil {
			return
		}
		oneRecipient(t, stored)
	})
}

func TestS58_HeadersHoldNothingThatCouldEndThem(t *testing.T) {
	s := (&sink{}).serve(t)
	p := s.provider(t)
	for _, bad := range []string{"a\r\nBcc: b@example.com", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\u202eb", "a\xffb", "a\x1b[31m", "=?utf-8?q?a=0d=0aBcc:_b@example.com?="} {
		l := signInLetter("ko")
		l.Site = bad
		if err := p.Mail(t.Context(), l); err == nil || strings.Contains(err.Error(), bad) {
			t.Errorf("site %q: %v", bad, err)
		}
		subject := func(signet.Letter) (string, string, string, error) { return bad, "text", "", nil }
		custom := s.provider(t, func(c *email.Config) { c.Render = subject })
		if err := custom.Mail(t.Context(), signInLetter("ko")); err == nil {
			t.Errorf("subject %q was sent", bad)
		}
		if _, err := email.New(email.Config{Server: email.Server{Host: "localhost"}, From: "a@example.com", FromName: bad}); err == nil {
			t.Errorf("sender's name %q", bad)
		}
		if _, err := email.New(email.Config{Server: email.Server{Host: "localhost"}, From: "a@example.com" + bad}); err == nil {
			t.Errorf("sender's address %q", bad)
		}
	}
	if commands, _, _ := s.heard(); len(commands) != 0 {
		t.Errorf("the server was told %q", commands)
	}
}

func TestS58_NamesStayNames(t *testing.T) {
	for _, site := range []string{`Kim, "Lee" <b@example.com>`, "a@example.com, b", "; (b) : [c] \\", "감자, 고구마 & <b>옥수수</b>", "👨‍👩‍👧 마켓", strings.Repeat("감", 400), "{_}{x|y}"} {
		s := (&sink{}).serve(t)
		l := signInLetter("en")
		l.Site = site
		if err := s.provider(t).Mail(t.Context(), l); err != nil {
			t.Fatalf("site %q: %v", site, err)
		}
		r := s.only(t)
		sameHeader(t, r)
		shown := site
		if len([]rune(site)) > 64 {
			shown = string([]rune(site)[:64]) + "…"
		}
		from, err := r.header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Name != shown || from[0].Address != "hello@gamja.example" {
			t.Errorf("site %q: From %v %v", site, from, err)
		}
		if got := r.subject(t); got != "Sign in to "+shown {
			t.Errorf("site %q: Subject %q", site, got)
		}
		if _, rcpts, _ := s.heard(); len(rcpts) != 1 {
			t.Errorf("site %q: recipients %q", site, rcpts)
		}
	}
}

func TestS58_NothingTypedIsInTheSubject(t *testing.T) {
	for _, lang := range []string{"ko", "en"} {
		for _, l := range samples(lang) {
			l.To, l.Was = "typed-by-a-visitor@example.com", "typed-before@example.com"
			subject, _, _, err := email.Render(l, noon)
			if err != nil || strings.Contains(subject, "typed") || strings.Contains(subject, "gamja.example") || strings.Contains(subject, "048213") {
				t.Errorf("%s %s: Subject %q %v", lang, l.Kind, subject, err)
			}
		}
	}
}

func TestS58_HTMLIsEscaped(t *testing.T) {
	l := signInLetter("en")
	l.Site = `<script>alert(1)</script>"'><img src=x onerror=y>`
	_, _, markup, err := email.Render(l, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes(t, markup) {
		if n.Data == "script" || n.Data == "img" {
			t.Errorf("the letter has an element %q", n.Data)
		}
	}
}

func TestS56_LinksAreThoseOfTheLetter(t *testing.T) {
	urls := regexp.MustCompile(`[a-z]+://[^\s"'<>]+`)
	for _, lang := range []string{"ko", "en"} {
		for _, l := range samples(lang) {
			_, text, markup, err := email.Render(l, noon)
			if err != nil {
				t.Fatal(err)
			}
			if found := urls.FindAllString(text, -1); l.Link != "" && !slices.Equal(found, []string{l.Link}) || l.Link == "" && found != nil {
				t.Errorf("%s %s: the text has the URLs %q", lang, l.Kind, found)
			}
			var hrefs []string
			for _, n := range nodes(t, markup) {
				for _, a := range n.Attr {
					switch a.Key {
					case "href":
						hrefs = append(hrefs, a.Val)
					case "src", "srcset", "background", "action", "poster", "data", "ping", "manifest", "formaction":
						t.Errorf("%s %s: %s=%q loads something", lang, l.Kind, a.Key, a.Val)
					}
				}
			}
			if l.Link != "" && !slices.Equal(hrefs, []string{l.Link, l.Link}) || l.Link == "" && hrefs != nil {
				t.Errorf("%s %s: links to %q", lang, l.Kind, hrefs)
			}
			if strings.Contains(markup, "url(") || strings.Contains(markup, "@import") {
				t.Errorf("%s %s: the style loads something", lang, l.Kind)
			}
		}
	}
}

// A hostile host can reach a letter only through its Link, so what is no plain link of the
// web goes nowhere.
func TestS56_LinksThatAreRefused(t *testing.T) {
	for _, bad := range []string{
		"javascript:alert(1)", "data:text/html,x", "ftp://gamja.example/", "//gamja.example/", "/api/auth", "gamja.example", "https://", "https:///x",
		"https://gamja.example@evil.example/", "https://user:pw@gamja.example/", "https://gamja.example/ x", "https://gamja.example/\r\nBcc: b@example.com", "https://gamja.example/\x00", "https://gamja.example/\u202e", "https://gamja.example/\"x", "https://gamja.example/<x>",
		"https://gamja.example\\.evil.example/", "https://감자.example/", "https://gamja.example/" + strings.Repeat("a", 2048), "http:gamja.example",
	} {
		l := signInLetter("en")
		l.Link = bad
		if _, _, _, err := email.Render(l, noon); err == nil || strings.Contains(err.Error(), bad) {
			t.Errorf("link %q: %v", bad, err)
		}
	}
	if u, err := url.Parse(link); err != nil || u.Host != "gamja.example" {
		t.Fatal("the sample is no link")
	}
}

func nodes(t testing.TB, markup string) []*html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Collect(doc.Descendants()), func(n *html.Node) bool { return n.Type != html.ElementNode })
}
