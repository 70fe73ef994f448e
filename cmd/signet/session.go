package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/pages"
	"github.com/signet-auth/signet/store/sqlite"
)

// sessionCmd looks after sessions. A server on the same database notices within a second.
type sessionCmd struct {
	List   sessionListCmd   `cmd:"" help:"List the sessions that are alive."`
	Revoke sessionRevokeCmd `cmd:"" help:"End sessions, at once and everywhere."`
}

// A listedSession is a session as people and programs get it. Nothing in it opens anything.
type listedSession struct {
	ID       string    `json:"id"` // the handle
	User     string    `json:"user"`
	Email    string    `json:"email"`
	Provider string    `json:"provider"`
	Agent    string    `json:"agent"`
	Network  string    `json:"network"`
	Start    time.Time `json:"start"`
	Seen     time.Time `json:"seen"`
	Expires  time.Time `json:"expires"`

	session signet.SessionID
}

// liveSessions are the sessions of u that are not over, newest first.
func liveSessions(ctx context.Context, store *sqlite.Store, u signet.User, now time.Time) ([]listedSession, error) {
	rows, err := store.SessionsOf(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	var list []listedSession
	for _, r := range rows {
		if !now.Before(r.Expires) {
			continue
		}
		list = append(list, listedSession{
			ID: r.Handle, User: u.ID, Email: u.Email, Provider: r.Provider, Agent: r.Agent, Network: r.Network,
			Start: storedTime(r.Start), Seen: storedTime(r.Seen), Expires: storedTime(r.Expires), session: r.ID,
		})
	}
	return list, nil
}

// eachSession calls do with the live sessions of every user, or of the one that is named.
func eachSession(ctx context.Context, io *terminal, store *sqlite.Store, user string, do func([]listedSession) error) error {
	now := io.Now()
	of := func(u signet.User) error {
		list, err := liveSessions(ctx, store, u, now)
		if err != nil || len(list) == 0 {
			return err
		}
		return do(list)
	}
	if user != "" {
		u, err := personArg{user}.find(ctx, store)
		if err != nil {
			return err
		}
		return of(u)
	}
	return everyone(ctx, store, func(page []signet.User) error {
		for _, u := range page {
			if err := of(u); err != nil {
				return err
			}
		}
		return nil
	})
}

type sessionRows struct{ *table }

func sessionTable(out io.Writer) sessionRows {
	return sessionRows{newTable(out, "ID", "USER", "STARTED", "SEEN", "EXPIRES", "FROM", "BROWSER")}
}

func (t sessionRows) addSession(l listedSession, now time.Time) {
	user := l.Email
	if user == "" {
		user = l.User
	}
	t.add(shownHandle(l.ID), user, shortTime(l.Start, now), relative(l.Seen, now), relative(l.Expires, now), l.Network, pages.Describe(l.Agent, "en"))
}

// shownHandle is a handle as it can be typed: one that begins with a dash would be taken
// for a flag. What is left still has more than 100 random bits.
func shownHandle(handle string) string { return strings.TrimLeft(handle, "-") }

// sessionListCmd lists sessions.
type sessionListCmd struct {
	User string `placeholder:"EMAIL" help:"Only those of this user (e-mail address or ID)."`
	placeFlags
	outputFlags
}

// Run is the verb.
func (c *sessionListCmd) Run(ctx context.Context, io *terminal) error {
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, _ config) error {
		var err error
		if c.JSON {
			err = c.json(ctx, io, store)
		} else {
			err = c.table(ctx, io, store)
		}
		if err != nil {
			return fmt.Errorf("session list: %w", err)
		}
		return nil
	})
}

func (c *sessionListCmd) json(ctx context.Context, io *terminal, store *sqlite.Store) error {
	list := jsonList{out: io.Out}
	err := eachSession(ctx, io, store, c.User, func(some []listedSession) error {
		for _, l := range some {
			if err := list.add(l); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, list.end())
}

func (c *sessionListCmd) table(ctx context.Context, io *terminal, store *sqlite.Store) error {
	t, n := sessionTable(io.Out), 0
	err := eachSession(ctx, io, store, c.User, func(some []listedSession) error {
		for _, l := range some {
			t.addSession(l, io.Now())
		}
		n += len(some)
		return t.flushFull()
	})
	if err != nil {
		return err
	}
	if n == 0 {
		_, err := fmt.Fprintln(io.Out, "No sessions.")
		return err
	}
	return t.flush()
}

// sessionRevokeCmd ends sessions.
type sessionRevokeCmd struct {
	IDs  []string `arg:"" optional:"" name:"id" help:"Sessions to end, as session list or inspect shows them."`
	User string   `placeholder:"EMAIL" help:"End all sessions of this user (e-mail address or ID)."`
	placeFlags
	outputFlags
}

// revokedSessions tells programs what was ended.
type revokedSessions struct {
	Ended []listedSession `json:"ended"`
}

// Run is the verb.
func (c *sessionRevokeCmd) Run(ctx context.Context, io *terminal) error {
	if (len(c.IDs) == 0) == (c.User == "") {
		return &usageError{"session revoke: name sessions, or a user, and not both", "`signet session list` shows the IDs; --user EMAIL ends all of a user's"}
	}
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, _ config) error {
		var ended []listedSession
		var err error
		if c.User != "" {
			ended, err = c.revokeUser(ctx, io, store)
		} else {
			ended, err = c.revokeSome(ctx, io, store)
		}
		if err != nil {
			return fmt.Errorf("session revoke: %w", err)
		}
		return c.print(io, revokedSessions{append([]listedSession{}, ended...)}, "Ended %s.\n", counted(len(ended), "session"))
	})
}

// revokeUser raises the user's epoch, which also ends sessions that have no row.
func (c *sessionRevokeCmd) revokeUser(ctx context.Context, io *terminal, store *sqlite.Store) ([]listedSession, error) {
	u, err := personArg{c.User}.find(ctx, store)
	if err != nil {
		return nil, err
	}
	alive, err := liveSessions(ctx, store, u, io.Now())
	if err != nil {
		return nil, err
	}
	_, _, err = changeUser(ctx, io, store, personArg{u.ID}, func(u *signet.User) { u.Epoch++ })
	return alive, err
}

// revokeSome finds all sessions first: one that does not exist ends none.
func (c *sessionRevokeCmd) revokeSome(ctx context.Context, io *terminal, store *sqlite.Store) ([]listedSession, error) {
	var found []listedSession
	wanted := map[string]bool{}
	for _, id := range c.IDs {
		wanted[shownHandle(id)] = true
	}
	err := eachSession(ctx, io, store, "", func(some []listedSession) error {
		for _, l := range some {
			for _, name := range []string{shownHandle(l.ID), shownHandle(l.session.String())} {
				if wanted[name] {
					found = append(found, l)
					delete(wanted, name)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for id := range wanted {
		return nil, fmt.Errorf("there is no session %s, or it is over; `signet session list` shows those that are alive", quoted(id))
	}
	for _, l := range found {
		if _, err := store.EndSessions(ctx, signet.Ending{ID: l.session, At: io.Now()}); err != nil {
			return nil, err
		}
	}
	return found, nil
}
