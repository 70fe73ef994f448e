package gateway_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/gateway"
)

// A siege is a house with its sessions and the socket that attacks come in by.
type siege struct {
	*house
	address string
	name    string              // of the session cookie
	cookies map[string][]string // by session: the values of its chunks, or its one value
	csrf    map[string]string
	guest   map[string]string // the csrf cookie
}

func besiege(t *testing.T, strict bool) *siege {
	h := open(t, func(c *signet.Config, g *gateway.Config) {
		c.Session.Cookie.Native = true
		g.Strict = strict
	})
	if _, err := h.stores.Accounts.SaveAccount(context.Background(), signet.Account{UserID: "alice", Provider: "staff", Subject: "alice-chunked", Created: testStart}); err != nil {
		t.Fatal(err)
	}
	b := &siege{house: h, cookies: map[string][]string{}, csrf: map[string]string{}, guest: map[string]string{}}
	b.enter(t, "expired", "alice")
	h.clock.Advance(91 * 24 * time.Hour)
	for _, name := range []string{"alice", "mallory", "alice-chunked"} {
		b.enter(t, name, name)
	}
	b.enter(t, "none", "")
	if len(b.cookies["alice-chunked"]) != 2 || len(b.cookies["alice"]) != 1 {
		t.Fatalf("chunks: %d and %d", len(b.cookies["alice-chunked"]), len(b.cookies["alice"]))
	}
	b.address = h.serve(t)
	return b
}

// enter signs somebody in and keeps the cookie and a CSRF token.
func (b *siege) enter(t *testing.T, session, name string) {
	cookies := ""
	if name != "" {
		cookies = b.signIn(t, name)
	}
	for pair := range strings.SplitSeq(cookies, "; ") {
		if k, v, ok := strings.Cut(pair, "="); ok && strings.Contains(k, "session") {
			b.cookies[session] = append(b.cookies[session], v)
			b.name = strings.TrimSuffix(strings.TrimSuffix(k, ".0"), ".1")
		}
	}
	r := httptest.NewRequest("GET", publicOrigin+"/auth/csrf", nil)
	r.Header.Set("Cookie", cookies)
	w := httptest.NewRecorder()
	b.auth.Handler().ServeHTTP(w, r)
	var answer struct{ CSRFToken string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	b.csrf[session] = answer.CSRFToken
	b.guest[session] = cookiePair(w, "csrf")
}

func cookiePair(w *httptest.ResponseRecorder, part string) string {
	for _, line := range w.Header()["Set-Cookie"] {
		if pair, _, _ := strings.Cut(line, ";"); strings.Contains(pair, part) {
			return pair
		}
	}
	return ""
}

var (
	repeats = regexp.MustCompile(`\{repeat (\d+) (.)\}`)
	seqs    = regexp.MustCompile(`\{seq (\d+) (\d+) "(.*?)" "(.*?)"\}`)
	seqline = regexp.MustCompile(`^\{seqlines (\d+) (\d+) (.*)\}$`)
	values  = regexp.MustCompile(`\{(alice|mallory|expired)(?:\.(\d))?\}`)
)

// expand fills placeholders in.
func (b *siege) expand(a attack, s string) string {
	s = values.ReplaceAllStringFunc(s, func(p string) string {
		m := values.FindStringSubmatch(p)
		if m[2] == "" {
			return strings.Join(b.cookies[m[1]], "")
		}
		n, _ := strconv.Atoi(m[2])
		return b.chunk(m[1], n)
	})
	s = strings.ReplaceAll(s, "{csrf}", b.csrf[a.Session])
	s = repeats.ReplaceAllStringFunc(s, func(p string) string {
		m := repeats.FindStringSubmatch(p)
		n, _ := strconv.Atoi(m[1])
		return strings.Repeat(m[2], n)
	})
	s = seqs.ReplaceAllStringFunc(s, func(p string) string {
		m := seqs.FindStringSubmatch(p)
		return strings.Join(sequence(m[1], m[2], m[3]), m[4])
	})
	return strings.ReplaceAll(s, "__Host-signet.session", b.name)
}

func (b *siege) chunk(session string, n int) string {
	list := b.cookies[session]
	if session == "alice" {
		list = b.cookies["alice-chunked"]
	}
	if n < len(list) {
		return list[n]
	}
	return "x"
}

func sequence(from, to, format string) []string {
	a, _ := strconv.Atoi(from)
	z, _ := strconv.Atoi(to)
	var all []string
	for i := a; i <= z; i++ {
		all = append(all, strings.NewReplacer("%d", strconv.Itoa(i), "{}", strconv.Itoa(i)).Replace(format))
	}
	return all
}

// wire is the request as bytes.
func (b *siege) wire(a attack) string {
	body := b.expand(a, a.Body)
	var lines []string
	hasCookie, hasConnection := false, false
	for _, l := range a.Request {
		if m := seqline.FindStringSubmatch(l); m != nil {
			lines = append(lines, sequence(m[1], m[2], m[3])...)
			continue
		}
		lower := strings.ToLower(l)
		hasConnection = hasConnection || strings.HasPrefix(lower, "connection:")
		hasCookie = hasCookie || strings.HasPrefix(lower, "cookie:") && values.MatchString(l)
		lines = append(lines, strings.ReplaceAll(b.expand(a, l), "{len}", strconv.Itoa(len(latin(body)))))
	}
	if pairs := b.pairs(a.Session); pairs != "" && !hasCookie {
		lines = append(lines, "Cookie: "+pairs)
	}
	if !hasConnection && !strings.Contains(body, " HTTP/1.") {
		lines = append(lines, "Connection: close")
	}
	return latin(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
}

// pairs is the Cookie header of a session, with the cookie that its CSRF token needs.
func (b *siege) pairs(session string) string {
	var pairs []string
	chunks := b.cookies[session]
	for i, v := range chunks {
		name := b.name
		if len(chunks) > 1 {
			name += "." + strconv.Itoa(i)
		}
		pairs = append(pairs, name+"="+v)
	}
	if b.guest[session] != "" {
		pairs = append(pairs, b.guest[session])
	}
	return strings.Join(pairs, "; ")
}

// latin writes characters below 256 as one byte, others as UTF-8.
func latin(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 256 {
			b.WriteByte(byte(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
