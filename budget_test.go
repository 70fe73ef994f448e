package signet_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

// guess posts a password and returns the answer. The courier has its token already, so
// that it costs one request.
var sealedTyped = regexp.MustCompile(`authjs\.typed=[\w-]+`)

func (c *courier) guess(email, plain string) *httptest.ResponseRecorder {
	token, _, _ := strings.Cut(c.cookie("authjs.csrf-token"), "%7C")
	if token == "" {
		token = c.csrf()
	}
	return c.post("/api/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {email}, "password": {plain}})
}

// got tells the three ways that a guess ends.
func got(w *httptest.ResponseRecorder) string {
	switch {
	case w.Code == http.StatusTooManyRequests:
		return "wait " + w.Header().Get("Retry-After")
	case w.Code == http.StatusServiceUnavailable:
		return "busy " + w.Header().Get("Retry-After")
	case strings.Contains(w.Header().Get("Location"), "CredentialsSignin"):
		return "wrong"
	case w.Code == http.StatusSeeOther && !strings.Contains(w.Header().Get("Location"), "error="):
		return "in"
	}
	return fmt.Sprint(w.Code, w.Header().Get("Location"))
}

func TestS42_OneAnswerForEveryNo(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, roomy)
		h.addUser(t, "locked@example.com", "lockeds passphrase")
		locked, err := h.stores.Users.User(t.Context(), signet.By{Email: "locked@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		locked.Disabled, locked.Updated = true, noon
		if _, err := h.stores.Users.UpdateUser(t.Context(), locked); err != nil {
			t.Fatal(err)
		}
		for _, u := range []struct{ email, data string }{{"passwordless@example.com", ""}, {"empty@example.com", "-"}, {"broken@example.com", "$argon2id$v=19$m=1"}} {
			account := &signet.Account{Provider: "credentials", Subject: u.email, Data: []byte(u.data), Created: noon}
			if u.data == "" {
				account = nil
			}
			if u.data == "-" {
				account.Data = nil
			}
			if _, err := h.stores.Users.CreateUser(t.Context(), signet.User{Email: u.email, Created: noon}, account); err != nil {
				t.Fatal(err)
			}
		}
		for _, style := range []string{"form", "v4", "v5"} {
			want := ""
			for _, class := range []struct{ name, email, password string }{
				{"wrong password", minsuEmail, "wrong"},
				{"unknown", "unknown@example.com", "wrong"},
				{"no password", "passwordless@example.com", "wrong"},
				{"an empty hash", "empty@example.com", "wrong"},
				{"a hash that cannot be read", "broken@example.com", "wrong"},
				{"locked, wrong password", "locked@example.com", "wrong"},
				{"locked, right password", "locked@example.com", "lockeds passphrase"},
				{"no address at all", "unknown", "wrong"},
				{"no address, no password", "", ""},
				{"unknown, no password", "unknown@example.com", ""},
				{"known, no password", minsuEmail, ""},
				{"unknown, a password that is none", "unknown@example.com", "a\x00b"},
				{"known, a password that is none", minsuEmail, "a\x00b"},
			} {
				c := h.courier(t)
				form := url.Values{"csrfToken": {c.csrf()}, "email": {class.email}, "password": {class.password}, "callbackUrl": {"/p"}}
				switch style {
				case "v4":
					form.Set("json", "true")
				case "v5":
					c.header.Set("X-Auth-Return-Redirect", "1")
				}
				before := h.hasher.Counts().Hashes
				w := c.post("/api/auth/callback/credentials", form)
				hashes := h.hasher.Counts().Hashes - before
				wantHashes := uint64(1)
				if class.password == "" || strings.Contains(class.password, "\x00") {
					wantHashes = 0 // for known and unknown alike
				}
				if hashes != wantHashes {
					t.Errorf("%s, %s: %d hashes, want %d", style, class.name, hashes, wantHashes)
				}
				answer := sealedTyped.ReplaceAllStringFunc(fmt.Sprint(w.Code, w.Header(), w.Body), func(sealed string) string {
					return fmt.Sprint(len(sealed), " sealed bytes") // alike in all but what nobody can read
				})
				if want == "" {
					want = answer
				}
				if answer != want {
					t.Errorf("%s, %s:\n%s\nbut for a wrong password\n%s", style, class.name, answer, want)
				}
			}
		}
	})
}

func TestBudgetOfAnAccount(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) { c.Limits.NetworkPerMinute = 1e6 })
		c := h.courier(t)
		next := func(want string) {
			t.Helper()
			if answer := got(c.guess(minsuEmail, "wrong")); answer != want {
				t.Fatalf("%s, want %s", answer, want)
			}
		}
		for range 10 {
			next("wrong")
		}
		wrong := 10
		for delay := time.Second; delay < 15*time.Minute; delay *= 2 {
			next("wrong")
			wrong++
			next("wait " + strconv.Itoa(int(delay.Seconds())))
			h.clock.Advance(delay - time.Second)
			next("wait 1")
			h.clock.Advance(time.Second)
		}
		for wrong < 100 {
			next("wrong")
			wrong++
			next("wait 900")
			h.clock.Advance(15 * time.Minute)
			if h.clock.Now().Sub(noon) > 23*time.Hour { // the window is nearly over
				break
			}
		}
		if hashes := h.hasher.Counts().Hashes; int(hashes) != wrong+1 { // one made the account
			t.Errorf("%d hashes for %d wrong tries", hashes, wrong)
		}
		h.clock.Advance(25 * time.Hour)
		next("wrong")
	})
	t.Run("the hard end", func(t *testing.T) {
		h := open(t, func(c *signet.Config) {
			c.Limits = signet.Limits{NetworkPerMinute: 1e6, AccountFree: 2, AccountHard: 5}
		})
		c := h.courier(t)
		tries := 0
		for range 200 {
			if got(c.guess(minsuEmail, "wrong")) == "wrong" {
				tries++
			}
			h.clock.Advance(time.Minute)
		}
		if tries != 5 {
			t.Errorf("%d tries in a day, want 5", tries)
		}
	})
	t.Run("a right password gives its try back", func(t *testing.T) {
		h := open(t, func(c *signet.Config) {
			c.Limits = signet.Limits{AccountFree: 2, NetworkPerMinute: 3, GlobalPerMinute: 3}
		})
		for i := range 30 {
			c := h.courier(t)
			if answer := got(c.guess(minsuEmail, minsuPassword)); answer != "in" {
				t.Fatalf("sign-in %d: %s", i, answer)
			}
		}
		c := h.courier(t)
		for i, want := range []string{"wrong", "wrong", "wrong", "wait 60"} {
			if answer := got(c.guess(minsuEmail, "wrong")); answer != want {
				t.Errorf("wrong try %d: %s, want %s", i, answer, want)
			}
		}
	})
}

func TestS44_WhatIsCountedTogether(t *testing.T) {
	t.Run("the addresses of one /64", func(t *testing.T) {
		h := open(t, func(c *signet.Config) { c.Limits.NetworkPerMinute = 50 })
		wrong := 0
		for i := range 600 {
			var ip [16]byte
			copy(ip[:], []byte{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 7})
			for j := 8; j < 16; j++ {
				ip[j] = byte(rand.UintN(256))
			}
			c := h.courier(t)
			c.peer = netip.AddrPortFrom(netip.AddrFrom16(ip), 1234).String()
			if got(c.guess(fmt.Sprintf("u%d@example.com", i), "wrong")) == "wrong" {
				wrong++
			}
		}
		if wrong != 50 {
			t.Errorf("%d tries from one /64, want 50", wrong)
		}
		neighbour := h.courier(t)
		neighbour.peer = "[2001:db8:0:8::1]:1234"
		if answer := got(neighbour.guess("x@example.com", "wrong")); answer != "wrong" {
			t.Errorf("the next /64: %s", answer)
		}
		h.clock.Advance(time.Minute)
		again := h.courier(t)
		again.peer = "[2001:db8:0:7::1]:1234"
		if answer := got(again.guess("x@example.com", "wrong")); answer != "wrong" {
			t.Errorf("a minute later: %s", answer)
		}
	})
	t.Run("the spellings of one address of the network", func(t *testing.T) {
		h := open(t, func(c *signet.Config) { c.Limits.NetworkPerMinute = 4; c.TrustedProxies = []string{"192.0.2.1"} })
		forms := []string{"198.51.100.7", "::ffff:198.51.100.7", "::FFFF:c633:6407", "0:0:0:0:0:ffff:198.51.100.7", " 198.51.100.7 ", "1.1.1.1, 198.51.100.7", "[x], 198.51.100.7", "198.51.100.7"}
		for i, form := range forms {
			c := h.courier(t)
			c.header.Set("X-Forwarded-For", form)
			want := "wrong"
			if i >= 4 {
				want = "wait 60"
			}
			if answer := got(c.guess(fmt.Sprintf("u%d@example.com", i), "wrong")); answer != want {
				t.Errorf("%s: %s, want %s", form, answer, want)
			}
		}
	})
	t.Run("the spellings of an e-mail address", func(t *testing.T) {
		h := open(t, func(c *signet.Config) { c.Limits.AccountFree = 7 })
		h.addUser(t, "kim@xn--bcher-kva.example", "kims own passphrase")
		for i, spelling := range []string{
			"kim@bücher.example", "KIM@BÜCHER.EXAMPLE", " kim@bücher.example", "kim@xn--bcher-kva.example", "Kim@XN--BCHER-KVA.example",
			"kIm@bücher.example\t", "kim@bücher。example", "kim@bücher.example",
		} {
			c := h.courier(t)
			c.peer = fmt.Sprintf("198.51.100.%d:1", i)
			want := "wrong"
			if i == 7 { // the first after the free ones is let through, and shuts the gate
				c.guess(spelling, "wrong")
				want = "wait 1"
			}
			if answer := got(c.guess(spelling, "wrong")); answer != want {
				t.Errorf("%q: %s, want %s", spelling, answer, want)
			}
		}
	})
	t.Run("everybody", func(t *testing.T) {
		h := open(t, func(c *signet.Config) { c.Limits.GlobalPerMinute = 20 })
		wrong := 0
		for i := range 60 {
			c := h.courier(t)
			c.peer = fmt.Sprintf("198.51.100.%d:1", i)
			if got(c.guess(fmt.Sprintf("u%d@example.com", i), "wrong")) == "wrong" {
				wrong++
			}
		}
		if wrong != 20 {
			t.Errorf("%d tries altogether, want 20", wrong)
		}
	})
}

func TestS46_OwnerComesInDuringAnAttack(t *testing.T) {
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		h := open(t, strategy, func(c *signet.Config) { c.Limits.NetworkPerMinute = 1e6 })
		h.addUser(t, "eve@example.com", "eves own passphrase")
		owner, eve := h.courier(t), h.courier(t)
		if answer := got(owner.guess(minsuEmail, minsuPassword)); answer != "in" {
			t.Fatal(answer)
		}
		owner.post("/api/auth/signout", url.Values{"csrfToken": {owner.csrf()}})
		if answer := got(eve.guess("eve@example.com", "eves own passphrase")); answer != "in" {
			t.Fatal(answer)
		}
		attacker := h.courier(t)
		for range 50 {
			attacker.guess(minsuEmail, "wrong")
		}
		if answer := got(attacker.guess(minsuEmail, minsuPassword)); !strings.HasPrefix(answer, "wait") {
			t.Errorf("the attacker, were he to guess it: %s", answer)
		}
		if answer := got(eve.guess(minsuEmail, minsuPassword)); !strings.HasPrefix(answer, "wait") {
			t.Errorf("the device of another account: %s", answer)
		}
		forged := h.courier(t)
		id, mac, _ := strings.Cut(owner.cookie("authjs.device"), ".")
		for _, value := range []string{"", ".", id, id + ".", id + "." + mac[:len(mac)-1], "AAAAAAAAAAAAAAAAAAAAAA." + mac, id[1:] + "." + mac} {
			forged.plant("authjs.device", value)
			if answer := got(forged.guess(minsuEmail, minsuPassword)); !strings.HasPrefix(answer, "wait") {
				t.Errorf("a forged device %q: %s", value, answer)
			}
		}
		if answer := got(owner.guess(minsuEmail, minsuPassword)); answer != "in" {
			t.Errorf("the owner: %s", answer)
		}
		t.Run("who signed up here is known as well", func(t *testing.T) {
			c := h.courier(t)
			if w := c.post("/api/auth/signup", newcomer(c)); w.Code != http.StatusSeeOther || c.cookie("authjs.device") == "" {
				t.Fatalf("%d, device %q", w.Code, c.cookie("authjs.device"))
			}
			c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
			for range 50 {
				attacker.guess("new@example.com", "wrong")
			}
			if answer := got(h.courier(t).guess("new@example.com", "long enough 4 u all")); !strings.HasPrefix(answer, "wait") {
				t.Errorf("another browser: %s", answer)
			}
			if answer := got(c.guess("new@example.com", "long enough 4 u all")); answer != "in" {
				t.Errorf("the one who signed up: %s", answer)
			}
		})
		t.Run("a stolen device has its own bound", func(t *testing.T) {
			thief := h.courier(t)
			thief.plant("authjs.device", owner.cookie("authjs.device"))
			wrong := 0
			for range 40 {
				if got(thief.guess(minsuEmail, "wrong")) == "wrong" {
					wrong++
				}
			}
			if wrong > 11 {
				t.Errorf("%d tries", wrong)
			}
		})
	})
}
