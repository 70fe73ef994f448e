package signet_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
	"github.com/signet-auth/signet/store/sqlite"
	"github.com/signet-auth/signet/token"
)

// grantStores are the stores that account rows live in.
var grantStores = map[string]func(t *testing.T) signet.Stores{
	"memory": func(*testing.T) signet.Stores { return memory.New().Stores() },
	"sqlite": func(t *testing.T) signet.Stores {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "signet.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s.Stores()
	},
}

// TestGrantsInAccountRows is what token.Place promises, for rows of accounts.
func TestGrantsInAccountRows(t *testing.T) {
	for name, open := range grantStores {
		t.Run(name, func(t *testing.T) {
			stores := open(t)
			h := openOver(t, stores)
			place := h.GrantPlace()
			const key = "corp\x00u-1"
			if _, err := place.Load(t.Context(), key); !errors.Is(err, token.ErrNone) {
				t.Errorf("Load of nothing: %v", err)
			}
			h.addGrant(t, "u-1", "7", signet.Tokens{Access: "a", Refresh: "r"})
			first, err := place.Load(t.Context(), key)
			if err != nil || first.Set.Access != "a" || first.Version == 0 || first.State != token.Live {
				t.Fatalf("Load = %v, %v", first, err)
			}
			asked := first
			asked.State, asked.Tries, asked.By, asked.Beat, asked.Since, asked.Generation = token.Asked, 2, "me", 7, noon, 9
			saved, err := place.Save(t.Context(), key, asked)
			if err != nil || saved.Version <= first.Version {
				t.Fatalf("Save = %v, %v", saved, err)
			}
			got, err := place.Load(t.Context(), key)
			if err != nil || !got.Since.Equal(noon) || got.State != token.Asked || got.Tries != 2 || got.By != "me" || got.Beat != 7 || got.Generation != 9 || got.Set != first.Set {
				t.Errorf("Load = %+v, %v", got, err)
			}
			if _, err := place.Save(t.Context(), key, asked); !errors.Is(err, token.ErrStale) {
				t.Errorf("Save over an old version: %v", err)
			}
			var won atomic.Int64
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					if _, err := place.Save(context.Background(), key, saved); err == nil {
						won.Add(1)
					}
				})
			}
			all.Wait()
			if won.Load() != 1 {
				t.Errorf("%d of 50 writers won", won.Load())
			}
			again, err := place.Load(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if err := stores.Accounts.DeleteAccount(t.Context(), "corp", "7"); err != nil {
				t.Fatal(err)
			}
			if _, err := place.Save(t.Context(), key, again); !errors.Is(err, token.ErrNone) {
				t.Errorf("Save to a row that has gone: %v", err)
			}
			h.clock.Advance(time.Second)
			h.addGrant(t, "", "7", signet.Tokens{Access: "new"})
			again.Version = 1 // as if the versions had come to the same number
			if _, err := place.Save(t.Context(), key, again); !errors.Is(err, token.ErrNone) {
				t.Errorf("Save to an account that was added anew: %v", err)
			}
		})
	}
}

// openOver is a house over these stores.
func openOver(t *testing.T, stores signet.Stores) *house {
	return open(t, func(c *signet.Config) { c.Stores = stores })
}

// addGrant gives a user an account at corp, and makes the user where there is none.
func (h *house) addGrant(t *testing.T, userID, subject string, set signet.Tokens) {
	t.Helper()
	data, err := h.SealTokens("corp", subject, set)
	if err != nil {
		t.Fatal(err)
	}
	account := signet.Account{UserID: "u-1", Provider: "corp", Subject: subject, Data: data, Created: h.clock.Now(), Updated: h.clock.Now()}
	if userID == "" {
		_, err = h.stores.Accounts.SaveAccount(t.Context(), account)
	} else {
		_, err = h.stores.Users.CreateUser(t.Context(), signet.User{ID: userID, Created: noon, Updated: noon}, &account)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestS83_RenewedTokensAreEncryptedForTheirRow looks into the row after a refresh, and swaps
// two rows' ciphertexts.
func TestS83_RenewedTokensAreEncryptedForTheirRow(t *testing.T) {
	h, _, b := nested(t)
	h.clock.Advance(2 * time.Hour)
	if got := b.Get("/api/auth/session").Body; !strings.Contains(got, "access-2") {
		t.Fatalf("session = %s", got)
	}
	account, err := h.stores.Accounts.Account(t.Context(), "backend", "3")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(account.Data), "access-") || strings.Contains(string(account.Data), "refresh-") {
		t.Error("a token can be read in the store")
	}
	account.Subject = "4"
	if _, err := h.AccountRecord(account); err == nil {
		t.Error("a row's tokens open in another row")
	}
}
