package signet_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/provider/credentials"
)

// big signs in with a claim as long as the field "size" says.
func big(t *testing.T, change ...func(*signet.Config)) *house {
	return open(t, append(change, func(c *signet.Config) {
		c.Session.Expose = map[string]string{"big": "big"}
		c.Limits.NetworkPerMinute = 1000
		c.Providers = append(c.Providers, credentials.New(func(_ context.Context, f url.Values) (signet.Identity, error) {
			id := signet.Identity{Subject: "u-7", Name: "Park", Email: "park@example.com"}
			return id, id.Claims.Set("big", f.Get("big"))
		}, credentials.Options{ID: "big"}))
	})...)
}

func (c *courier) signInBig(n int) (location string) {
	form := url.Values{"csrfToken": {c.csrf()}, "big": {strings.Repeat("b", n)}}
	return c.post("/api/auth/callback/big", form).Header().Get("Location")
}

func TestS04_ChunksAndTheirBounds(t *testing.T) {
	h := big(t, https)
	c := h.courier(t)
	const name = "__Secure-authjs.session-token"
	seen := map[int]bool{}
	// Each byte of plaintext is 4/3 of a character: these step over every border of chunks.
	for _, border := range []int{0, 2600, 5550, 8500, 11000} {
		for n := max(0, border-30); n < border+30; n += 3 {
			if to := c.signInBig(n); to != site {
				t.Fatalf("%d bytes: sign-in leads to %s", n, to)
			}
			chunks := 0
			for _, pair := range c.cookies {
				if strings.HasPrefix(pair, name) {
					chunks++
					if len(pair) > cookie.MaxPair {
						t.Errorf("%d bytes: a cookie of %d", n, len(pair))
					}
				}
			}
			seen[chunks] = true
			if got := c.who(); !strings.Contains(got, `"big":"`+strings.Repeat("b", n)+`"`) {
				t.Fatalf("%d bytes in %d cookies come back as %.80s", n, chunks, got)
			}
		}
	}
	for chunks := 1; chunks <= 4; chunks++ {
		if !seen[chunks] {
			t.Errorf("no session took %d cookies", chunks)
		}
	}
}

func TestS04_TooLargeFailsAndTouchesNothing(t *testing.T) {
	for _, n := range []int{11800, 20000, 40000} {
		h := big(t, https)
		c := h.courier(t)
		if to := c.signInBig(10); to != site {
			t.Fatalf("sign-in leads to %s", to)
		}
		before, rows := c.copied(), rowsOf(t, h, "u-7")
		if to := c.signInBig(n); to != site+"/api/auth/error?error=Configuration" {
			t.Errorf("a claim of %d bytes leads to %s", n, to)
		}
		if got := before.who(); !strings.Contains(got, `"big":"bbbbbbbbbb"`) {
			t.Errorf("%d bytes: the old session is %s", n, got)
		}
		if got := c.who(); !strings.Contains(got, `"big":"bbbbbbbbbb"`) {
			t.Errorf("%d bytes: the browser's session is %s", n, got)
		}
		if now := rowsOf(t, h, "u-7"); len(now) != 1 || now[0].ID != rows[0].ID {
			t.Errorf("%d bytes: rows are %v, were %v", n, now, rows)
		}
	}
}

func rowsOf(t *testing.T, h *house, userID string) []signet.SessionRow {
	t.Helper()
	rows, err := h.stores.Sessions.(signet.SessionLister).SessionsOf(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestS04_LeftOverChunks(t *testing.T) {
	h := big(t, https)
	c := h.courier(t)
	const name = "__Secure-authjs.session-token"
	c.signInBig(11000) // four
	old := c.copied()
	c.signInBig(5000) // two
	if c.cookie(name+".2") != "" || c.cookie(name+".3") != "" || c.cookie(name+".1") == "" {
		t.Errorf("a shorter session leaves chunks: %d cookies", len(c.cookies))
	}
	for _, test := range []struct {
		name    string
		chunks  []string
		alive   bool
		cleared bool
	}{
		{"a chunk of an older session behind the last", []string{c.cookie(name + ".0"), c.cookie(name + ".1"), old.cookie(name + ".2")}, false, true},
		{"chunks of two sessions", []string{c.cookie(name + ".0"), old.cookie(name + ".1")}, false, true},
		{"a chunk missing", []string{c.cookie(name + ".0"), "", c.cookie(name + ".1")}, false, true},
		{"in the wrong order", []string{c.cookie(name + ".1"), c.cookie(name + ".0")}, false, true},
		{"whole", []string{c.cookie(name + ".0"), c.cookie(name + ".1")}, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := h.courier(t)
			for i, v := range test.chunks {
				if v != "" {
					b.plant(name+"."+string(rune('0'+i)), v)
				}
			}
			if alive := b.who() != "null"; alive != test.alive {
				t.Errorf("signed in: %v", alive)
			}
			if cleared := !strings.Contains(strings.Join(b.cookies, ";"), name); cleared != test.cleared {
				t.Errorf("cookies after it: %.200v", b.cookies)
			}
		})
	}
	c.signInBig(10) // one
	c.plant(name+".0", old.cookie(name+".0"))
	if c.who() == "null" {
		t.Error("a left-over chunk beside the bare cookie was joined to it")
	}
}
