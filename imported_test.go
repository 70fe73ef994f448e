package signet_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal/lucia"
)

var luciaFormat = signet.Format{Name: lucia.Format, Find: lucia.Find, Cookie: lucia.CookieName}

// luciaTokens are one token of each form, for a number below 900.
var luciaTokens = map[string]func(i int) (token, id string, secretHash []byte){
	"v3 ids": func(i int) (string, string, []byte) {
		id := numbered("abcdefghijklmnopqrstuvwxyz234567abcdefgh", i)
		return id, id, nil
	},
	"hashed tokens": func(i int) (string, string, []byte) {
		token := numbered("abcdefghijklmnopqrstuvwxyz234567", i)
		return token, parsed(token).Row(), nil
	},
	"id and text": func(i int) (string, string, []byte) {
		token := numbered("abcdefghijkmnpqrstuvwxyz", i) + ".mnpqrstuvwxyz23456789abc"
		return token, parsed(token).Row(), fromHex("4da23e96ba9e392ce3fce958e4125c118987a5a2acd3c2e1116b6532e273b072")
	},
	"id and bytes": func(i int) (string, string, []byte) {
		token := numbered("abcdefghijkmnpqr", i) + ".AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
		return token, parsed(token).Row(), fromHex("630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd")
	},
}

// numbered writes a number into the first two letters of a token.
func numbered(letters string, i int) string {
	const alphabet = "abcdefghijkmnpqrstuvwxyz234567" // of every form
	return string(alphabet[i/30]) + string(alphabet[i%30]) + letters[2:]
}

func parsed(token string) lucia.Token {
	t, err := lucia.Parse(token)
	if err != nil {
		panic(err)
	}
	return t
}

func fromHex(s string) []byte {
	var b []byte
	if _, err := fmt.Sscanf(s, "%x", &b); err != nil {
		panic(err)
	}
	return b
}

// TestLuciaToSignet: rows of the old application are imported, and its 1,000 users stay
// signed in, twice at once as browsers come.
func TestLuciaToSignet(t *testing.T) {
	people := 1000
	if testing.Short() {
		people = 50
	}
	for name, make := range luciaTokens {
		t.Run(name, func(t *testing.T) {
			bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
				h := open(t, strategy, acceptLucia)
				for i := range people / 4 {
					token, id, hash := make(i)
					user := h.addUser(t, fmt.Sprintf("u%d@example.com", i), minsuPassword)
					importRow(t, h, lucia.Row{ID: id, SecretHash: hash, UserID: user.ID, Expires: noon.Add(days(20))})
					if why := moveOne(t, h, lucia.CookieName, token, user.ID); why != "" {
						t.Fatalf("user %d: %s", i, why)
					}
				}
			})
		})
	}
}

func acceptLucia(c *signet.Config) {
	c.Session.Accept = []signet.Format{luciaFormat}
	c.Session.Expose = map[string]string{"role": "role", "id": "sub"}
}

func importRow(t *testing.T, h *house, row lucia.Row) {
	t.Helper()
	key, err := row.Key()
	if err != nil {
		t.Fatal(err)
	}
	claims, err := signet.ParseClaims([]byte(`{"role":"editor"}`))
	if err != nil {
		t.Fatal(err)
	}
	in := signet.Imported{UserID: row.UserID, Expires: row.Expires, Claims: claims}
	if err := signet.ImportSession(t.Context(), h.stores.Tickets, lucia.Format, key, in); err != nil {
		t.Fatal(err)
	}
}

func TestImportedSession(t *testing.T) {
	token, id, _ := luciaTokens["v3 ids"](7)
	begin := func(t *testing.T, strategy func(*signet.Config)) (*house, *courier) {
		h := open(t, strategy, acceptLucia)
		u := h.addUser(t, "jieun@example.com", minsuPassword)
		importRow(t, h, lucia.Row{ID: id, UserID: u.ID, Expires: noon.Add(days(20))})
		c := h.courier(t)
		c.plant(lucia.CookieName, token)
		return h, c
	}
	bothStrategies(t, func(t *testing.T, strategy func(*signet.Config)) {
		t.Run("the store holds nothing that opens", func(t *testing.T) {
			h, _ := begin(t, strategy)
			if _, err := h.stores.Tickets.Consume(t.Context(), "imported lucia "+id, signet.Use{Now: noon, Look: true}); !errors.Is(err, signet.ErrNotFound) {
				t.Errorf("filed under the token itself: %v", err)
			}
		})
		t.Run("a lost answer signs nobody out", func(t *testing.T) {
			_, c := begin(t, strategy)
			lost := c.copied()
			first := lost.who()
			if got := c.who(); got != first || !strings.Contains(got, "jieun@example.com") {
				t.Errorf("sessions: %s and %s", first, got)
			}
		})
		t.Run("the old token is dead once the new cookie came back", func(t *testing.T) {
			h, c := begin(t, strategy)
			thief := c.copied()
			c.who()
			c.who() // the browser shows the new one
			if got := thief.who(); got != "null" {
				t.Errorf("session of the old token = %s", got)
			}
			if got := c.who(); !strings.Contains(got, "jieun@example.com") {
				t.Errorf("session = %s", got)
			}
			if n := h.Stats().BadCookies["replaced"]; n != 1 {
				t.Errorf("counted %d times", n)
			}
		})
		t.Run("a token nobody imported", func(t *testing.T) {
			_, c := begin(t, strategy)
			other, _, _ := luciaTokens["v3 ids"](8)
			c.plant(lucia.CookieName, other)
			if got := c.who(); got != "null" {
				t.Errorf("session = %s", got)
			}
		})
		t.Run("over", func(t *testing.T) {
			h, c := begin(t, strategy)
			h.clock.Advance(days(20))
			if got := c.who(); got != "null" {
				t.Errorf("session = %s", got)
			}
		})
		t.Run("a user who was disabled", func(t *testing.T) {
			h, c := begin(t, strategy)
			u, err := h.stores.Users.User(t.Context(), signet.By{Email: "jieun@example.com"})
			if err != nil {
				t.Fatal(err)
			}
			u.Disabled, u.Updated = true, noon
			if _, err := h.stores.Users.UpdateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			if got := c.who(); got != "null" {
				t.Errorf("session = %s", got)
			}
		})
		t.Run("ended before its first visit here", func(t *testing.T) {
			h, c := begin(t, strategy)
			thief := c.copied()
			c.post("/api/auth/signout", url.Values{"csrfToken": {c.csrf()}})
			if got := thief.who(); got != "null" {
				t.Errorf("session = %s", got)
			}
			_ = h
		})
	})
}
