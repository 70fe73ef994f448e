package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/store/sqlite"
)

// A listedUser is a user as programs get it.
type listedUser struct {
	ID       string     `json:"id"`
	Email    string     `json:"email"`
	Name     string     `json:"name"`
	Groups   []string   `json:"groups"`
	Disabled bool       `json:"disabled"`
	Verified *time.Time `json:"email_verified"`
	Created  time.Time  `json:"created"`
	Updated  time.Time  `json:"updated"`
}

func userOf(u signet.User) listedUser {
	l := listedUser{
		ID: u.ID, Email: u.Email, Name: u.Name, Groups: append([]string{}, u.Groups...), Disabled: u.Disabled,
		Created: storedTime(u.Created), Updated: storedTime(u.Updated),
	}
	if !u.EmailVerified.IsZero() {
		verified := storedTime(u.EmailVerified)
		l.Verified = &verified
	}
	return l
}

// storedTime is t as the database keeps it, so that a user just changed and the same one
// read again look the same.
func storedTime(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// A listedAccount is a way to sign in, without what proves it.
type listedAccount struct {
	Provider string    `json:"provider"`
	Subject  string    `json:"subject"`
	Password string    `json:"password,omitempty"` // how it is hashed
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
}

func accountOf(a signet.Account) listedAccount {
	l := listedAccount{Provider: a.Provider, Subject: a.Subject, Created: storedTime(a.Created), Updated: storedTime(a.Updated)}
	if info, err := password.Parse(string(a.Data)); err == nil {
		l.Password = strings.TrimSpace(info.Algorithm + " " + info.Params)
	}
	return l
}

// shownUser is all that user show knows.
type shownUser struct {
	listedUser
	Accounts []listedAccount `json:"accounts"`
	Sessions []listedSession `json:"sessions"`

	letters []string // providers that let the user in by a letter, for which nothing is stored
}

// byLetter names the providers that write to the user's address.
func (c *config) byLetter(u signet.User) []string {
	var ids []string
	for _, p := range c.providers {
		if p.kind == kindEmail && u.Email != "" {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// userShowCmd shows one user.
type userShowCmd struct {
	personArg
	placeFlags
	outputFlags
}

// Run is the verb.
func (c *userShowCmd) Run(ctx context.Context, io *terminal) error {
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, site config) error {
		u, err := c.find(ctx, store)
		if err != nil {
			return fmt.Errorf("user show: %w", err)
		}
		accounts, err := store.AccountsOf(ctx, u.ID)
		if err != nil {
			return fmt.Errorf("user show: %w", err)
		}
		sessions, err := liveSessions(ctx, store, u, io.Now())
		if err != nil {
			return fmt.Errorf("user show: %w", err)
		}
		shown := shownUser{userOf(u), []listedAccount{}, append([]listedSession{}, sessions...), site.byLetter(u)}
		for _, a := range accounts {
			shown.Accounts = append(shown.Accounts, accountOf(a))
		}
		if c.JSON {
			return writeJSON(io.Out, shown)
		}
		return shown.print(io)
	})
}

func (s *shownUser) print(io *terminal) error {
	now := io.Now()
	var b strings.Builder
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%-9s %s\n", label, visible(text))
		}
	}
	line("email", s.Email)
	line("name", s.Name)
	line("id", s.ID)
	line("groups", strings.Join(s.Groups, ", "))
	if s.Disabled {
		line("state", "disabled: cannot sign in")
	} else {
		line("state", "active")
	}
	if s.Verified != nil {
		line("verified", localTime(*s.Verified, now))
	}
	line("created", localTime(s.Created, now)+" ("+relative(s.Created, now)+")")
	fmt.Fprintf(&b, "\n%s to sign in\n", counted(len(s.Accounts)+len(s.letters), "way"))
	for _, a := range s.Accounts {
		text := "  " + a.Provider + " " + a.Subject
		if a.Password != "" {
			text += ", password (" + a.Password + ") of " + shortTime(a.Updated, now)
		} else {
			text += ", since " + shortTime(a.Created, now)
		}
		fmt.Fprintln(&b, visible(text))
	}
	for _, id := range s.letters {
		fmt.Fprintln(&b, visible("  "+id+" "+s.Email+", by a letter"))
	}
	fmt.Fprintf(&b, "\n%s\n", counted(len(s.Sessions), "session"))
	if _, err := fmt.Fprint(io.Out, b.String()); err != nil || len(s.Sessions) == 0 {
		return err
	}
	t := sessionTable(io.Out)
	for _, l := range s.Sessions {
		t.addSession(l, now)
	}
	return t.flush()
}
