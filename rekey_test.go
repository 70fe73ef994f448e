package signet_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
)

const newSecret = "Zc7Lq1Wm9Tr4Yh6Nk2Vx8Bd5Gs3Jf0Pe"

// The same two as keys with IDs that stay.
var (
	oldKey = seal.Key{ID: "1", Secret: []byte(secret)}
	newKey = seal.Key{ID: "2", Secret: []byte(newSecret)}
)

func secretsOf(list ...string) signet.Config { return signet.Config{Secrets: list} }

// TestF15_NobodyIsSignedOutByARotation: three processes hear of a new secret one after the
// other, while people go from one to the next with every request.
func TestF15_NobodyIsSignedOutByARotation(t *testing.T) {
	for _, format := range []signet.Format{signet.AuthJS, signet.AuthJSv4, {Name: "iron", Make: iron.New, Cookie: "sid", Undated: true, Shape: signet.Shape{UserID: "id"}}} {
		t.Run(format.Name, func(t *testing.T) {
			every := new(time.Duration) // renewed, and so sealed anew, at each visit
			first := open(t, func(c *signet.Config) { c.Session.Format, c.Session.UpdateAge = format, every })
			houses := []*house{first, first.another(t), first.another(t)}
			people := make([]*courier, 10)
			for i := range people {
				people[i] = first.courier(t)
				people[i].signIn()
			}
			visit := func(when string) {
				t.Helper()
				for i, c := range people {
					for _, h := range houses {
						c.handler = h.handler
						if got := c.who(); !strings.Contains(got, minsuEmail) {
							t.Fatalf("%s: user %d is %s", when, i, got)
						}
					}
				}
			}
			visit("before")
			for i, h := range houses {
				if err := h.Rekey(signet.Config{Keys: seal.Ring{newKey, oldKey}}); err != nil {
					t.Fatal(err)
				}
				visit("after process " + string(rune('1'+i)))
				first.clock.Advance(10 * time.Second)
			}
			first.clock.Advance(time.Minute)
			visit("when the new secret seals")
			for _, h := range houses {
				if err := h.Rekey(signet.Config{Keys: seal.Ring{newKey}}); err != nil {
					t.Fatal(err)
				}
			}
			visit("without the old secret")
		})
	}
}

func TestF15_RetiredSecretOpensNothing(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy)
		c := h.courier(t)
		c.signIn()
		token := c.csrf()
		if err := h.Rekey(secretsOf(newSecret)); err != nil {
			t.Fatal(err)
		}
		got := c.who()
		if h.config.Session.Strategy == signet.Database {
			if !strings.Contains(got, minsuEmail) { // nothing of it is sealed
				t.Errorf("stored session = %s", got)
			}
		} else if got != "null" {
			t.Errorf("session = %s", got)
		}
		if c.csrf() == token {
			t.Error("a form token of the old secret lives on")
		}
	})
}

func TestRekeySealsWithANewSecretAfterAMinute(t *testing.T) {
	const name = "authjs.session-token"
	h := open(t)
	sealedWith := func(s string) bool {
		t.Helper()
		c := h.courier(t)
		c.signIn()
		codec, err := authjs.V5(seal.Secrets(s), name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = codec.Open(c.cookie(name), h.clock.Now())
		return err == nil
	}
	if err := h.Rekey(secretsOf(newSecret, secret)); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(59 * time.Second)
	if err := h.Rekey(secretsOf(newSecret, secret)); err != nil { // the same again
		t.Fatal(err)
	}
	if !sealedWith(secret) {
		t.Error("after 59 s the new secret seals")
	}
	h.clock.Advance(time.Second)
	if !sealedWith(newSecret) {
		t.Error("after a minute the old secret seals")
	}
	if err := h.Rekey(secretsOf(newSecret, secret)); err != nil { // nothing is new
		t.Fatal(err)
	}
	if !sealedWith(newSecret) {
		t.Error("after a reload the old secret seals again")
	}
}

// A key tells when it was made: a process that starts with it waits as the others do.
func TestNewKeyOfAProcessThatStarts(t *testing.T) {
	const name = "authjs.session-token"
	h := open(t, func(c *signet.Config) {
		c.Secrets = nil
		c.Keys = seal.Ring{{ID: "2", Secret: []byte(newSecret), Made: noon.Add(-30 * time.Second)}, {ID: "1", Secret: []byte(secret)}}
	})
	c := h.courier(t)
	c.signIn()
	opened(t, c, name) // with the old one
	h.clock.Advance(31 * time.Second)
	c = h.courier(t)
	c.signIn()
	codec, err := authjs.V5(seal.Secrets(newSecret), name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := codec.Open(c.cookie(name), h.clock.Now()); err != nil {
		t.Errorf("when it is a minute old: %v", err)
	}
}

func TestRekeyRefuses(t *testing.T) {
	h := open(t)
	for _, test := range []struct {
		name   string
		config signet.Config
		want   string
	}{
		{"no secret", signet.Config{}, "there is none"},
		{"a short one", secretsOf("short"), "shorter than 32"},
		{"a known one", secretsOf("complex_password_at_least_32_characters_long"), "known from a tutorial"},
		{"both", signet.Config{Secrets: []string{secret}, Keys: seal.Secrets(secret)}, "set one of the two"},
		{"one ID twice", signet.Config{Keys: seal.Ring{{ID: "1", Secret: []byte(secret)}, {ID: "1", Secret: []byte(newSecret)}}}, "two secrets"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := h.Rekey(test.config)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("error = %v", err)
			}
		})
	}
	c := h.courier(t)
	c.signIn() // with what was there before
}

// Requests go on while keys change.
func TestRekeyUnderLoad(t *testing.T) {
	h := open(t, func(c *signet.Config) { c.Session.UpdateAge = new(time.Duration) })
	c := h.courier(t)
	c.signIn()
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 4 {
		mine := c.copied()
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := mine.who(); !strings.Contains(got, minsuEmail) {
					t.Errorf("session = %s", got)
					return
				}
			}
		})
	}
	lists := [][]string{{newSecret, secret}, {secret, newSecret}, {theirSecret, newSecret, secret}}
	for i := range 200 {
		if err := h.Rekey(secretsOf(lists[i%len(lists)]...)); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(7 * time.Second)
	}
	close(stop)
	all.Wait()
}
