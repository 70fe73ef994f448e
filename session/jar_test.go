package session_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/session"
)

func TestSaveWritesTheLinesOfIronSession(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*session.Config)
		want   string // behind the value
	}{
		{"as it is", func(*session.Config) {}, "; Max-Age=1209540; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{"an hour", func(c *session.Config) { c.TTL = time.Hour }, "; Max-Age=3540; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{"61 seconds", func(c *session.Config) { c.TTL = 61 * time.Second }, "; Max-Age=1; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{"60 seconds", func(c *session.Config) { c.TTL = time.Minute }, "; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{"30 seconds", func(c *session.Config) { c.TTL = 30 * time.Second }, "; Max-Age=30; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{"plain http", func(c *session.Config) { c.InsecureCookie = true }, "; Max-Age=1209540; Path=/; HttpOnly; SameSite=Lax"},
		{"all of it", func(c *session.Config) {
			c.Domain, c.Path, c.SameSite = "example.com", "/app", http.SameSiteStrictMode
		}, "; Max-Age=1209540; Domain=example.com; Path=/app; HttpOnly; Secure; SameSite=Strict"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := keep[Cart](t, c.change)
			w := do(t, browser{}, k, func(s *session.Session[Cart]) { mustSave(t, s) })
			line := w.Header().Get("Set-Cookie")
			value, rest, _ := strings.Cut(line, ";")
			if !strings.HasPrefix(value, "s=Fe26.2*1*") || !strings.HasSuffix(value, "~2") || ";"+rest != c.want {
				t.Errorf("Set-Cookie: %s, want %s", line, c.want)
			}
		})
	}
}

func TestASessionTooLargeTellsSizeAndLimit(t *testing.T) {
	for _, c := range []struct {
		name          string
		chunks        bool
		fits, exceeds int // octets of a text
	}{
		// s=; Max-Age=1209540; Path=/; HttpOnly; Secure; SameSite=Lax leaves 4,037 octets,
		// so 2,855 of ciphertext: the last whole block ends at 2,848.
		{"in one cookie", false, 2800, 2950},
		{"in chunks", true, 11_000, 12_100},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, b := keep[Cart](t, func(sc *session.Config) { sc.Chunks = c.chunks }), browser{}
			do(t, b, k, func(s *session.Session[Cart]) {
				s.Data.Tags = []string{strings.Repeat("x", c.fits)}
				mustSave(t, s)
			})
			held := b.names()
			w := do(t, b, k, func(s *session.Session[Cart]) {
				s.Data.Tags = []string{strings.Repeat("x", c.exceeds)}
				err := s.Save()
				large, ok := errors.AsType[*session.TooLargeError](err)
				if !ok || large.Size <= large.Limit || large.Limit < 4000 {
					t.Errorf("Save = %v", err)
				}
			})
			if w.Header()["Set-Cookie"] != nil || b.names() != held {
				t.Errorf("cookies are set all the same: %s", b.names())
			}
		})
	}
}

func TestTheLargestSessionIsThatOfIronSession(t *testing.T) {
	// A name of 7 letters and the attributes of iron-session take 2,847 octets of JSON.
	k := keep[map[string]string](t, func(c *session.Config) { c.Cookie = "carrots" })
	for size, ok := range map[int]bool{2847: true, 2848: false} {
		do(t, browser{}, k, func(s *session.Session[map[string]string]) {
			s.Data = map[string]string{"a": strings.Repeat("x", size-len(`{"a":""}`))}
			if err := s.Save(); (err == nil) != ok {
				t.Errorf("%d octets: %v", size, err)
			}
		})
	}
}

func TestWhatFitsIntoOneCookieIsNotSpread(t *testing.T) {
	// The bare name leaves 4,037 octets, two more than the name of a chunk.
	k := keep[map[string]string](t, inChunks, inPlain)
	for size, names := range map[int]string{4035: "s", 4036: "s", 4038: "s.0 s.1"} {
		b := browser{}
		do(t, b, k, func(s *session.Session[map[string]string]) {
			s.Data = map[string]string{"a": strings.Repeat("x", size*3/4-len(`{"a":""}`))}
			mustSave(t, s)
		})
		if b.names() != names || len(b["s"]+b["s.0"]+b["s.1"]) != size {
			t.Errorf("%d octets: browser holds %s, %d octets", size, b.names(), len(b["s"]+b["s.0"]+b["s.1"]))
		}
	}
}

func TestChunksGrowAndShrink(t *testing.T) {
	k, b := keep[Cart](t, inChunks), browser{}
	one := keep[Cart](t) // writes no chunks, but reads them
	for _, c := range []struct {
		size  int
		names string
	}{
		{10, "s"}, {5000, "s.0 s.1"}, {11_000, "s.0 s.1 s.2 s.3"}, {4000, "s.0 s.1"}, {10, "s"},
	} {
		text := strings.Repeat("x", c.size)
		do(t, b, k, func(s *session.Session[Cart]) {
			s.Data.Tags = []string{text}
			mustSave(t, s)
		})
		if b.names() != c.names {
			t.Errorf("%d octets: browser holds %s, want %s", c.size, b.names(), c.names)
		}
		do(t, b, one, func(s *session.Session[Cart]) {
			if !slices.Equal(s.Data.Tags, []string{text}) {
				t.Errorf("%d octets are not read again: %s", c.size, s.Unreadable())
			}
		})
	}
	do(t, b, k, func(s *session.Session[Cart]) {
		s.Data.Tags = []string{strings.Repeat("x", 5000)}
		mustSave(t, s)
	})
	do(t, b, one, func(s *session.Session[Cart]) { s.Data.Tags = nil; mustSave(t, s) })
	if b.names() != "s" {
		t.Errorf("browser holds %s", b.names())
	}
	for name, value := range b {
		if len(value) > cookie.MaxPair-len(name) {
			t.Errorf("%s has %d octets", name, len(value))
		}
	}
}
