package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
	"golang.org/x/crypto/bcrypt"
)

// A sign-in of nobody has to do the work of one of somebody whose hash came from another
// app: with a password outside of ASCII such a hash is tried in more than one spelling.
func TestNobodyCostsAsMuchAsSomebody(t *testing.T) {
	ctx := t.Context()
	store, err := sqlite.Open(ctx, t.TempDir()+"/signet.db", sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	hash, err := bcrypt.GenerateFromPassword([]byte("something"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	const email = "Hana@Example.com"
	now := time.Now()
	account := &signet.Account{Provider: "people", Subject: signet.FoldEmail(email), Data: hash, Created: now, Updated: now}
	if _, err := store.CreateUser(ctx, signet.User{Email: email, Created: now, Updated: now}, account); err != nil {
		t.Fatal(err)
	}
	c := config{secrets: []secret{newSecret(longSecret, "here", "")}, providers: []providerConfig{{kind: "credentials", id: "people"}}}
	o, err := c.open(ctx, store, setting{now: time.Now, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer o.auth.Close()

	const typed = "비밀번호는 무엇"
	if _, err := o.hasher.Verify(ctx, string(hash), typed); err != nil {
		t.Fatal(err)
	}
	somebody := o.hasher.Counts().Hashes
	if err := o.hasher.Decoy(ctx, typed); err != nil {
		t.Fatal(err)
	}
	if nobody := o.hasher.Counts().Hashes - somebody; nobody != somebody || somebody < 2 {
		t.Errorf("nobody costs %d hashes, somebody %d", nobody, somebody)
	}
}
