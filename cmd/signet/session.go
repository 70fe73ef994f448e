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
	Import sessionImportCmd `cmd:"" help:"Take over the sessions of an app whose cookies name rows in its table."`
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
		if now.Before(r.Expires) {
			list = append(list, sessionOf(r, u.Email))
		}
	}
	return list, nil
}

func sessionOf(r signet.SessionRow, email string) listedSession {
	return listedSession{
		ID: r.Handle, User: r.UserID, Email: email, Provider: r.Provider, Agent: r.Agent, Network: r.Network,
		Start: storedTime(r.Start), Seen: storedTime(r.Seen), Expires: storedTime(r.Expires), session: r.ID,
	}
}

// whose finds a user. One that is not stored here, since an application has its own users,
// is known by the sessions that are.
func whose(ctx context.Context, store *sqlite.Store, name string) (u signet.User, stored bool, err error) {
	u, err = personArg{name}.find(ctx, store)
	if err == nil {
		return u, true, nil
	}
	if rows, listErr := store.SessionsOf(ctx, name); listErr != nil || len(rows) == 0 {
		return u, false, err
	}
	return signet.User{ID: name}, false, nil
}

// eachSession calls do with the live sessions of everybody, or of the user that is named.
func eachSession(ctx context.Context, io *terminal, store *sqlite.Store, user string, do func([]listedSession) error) error {
	of := func(u signet.User) error {
		list, err := liveSessions(ctx, store, u, io.Now())
		if err != nil || len(list) == 0 {
			return err
		}
		return do(list)
	}
	if user != "" {
		u, _, err := whose(ctx, store, user)
		if err != nil {
			return err
		}
		return of(u)
	}
	err := everyone(ctx, store, func(page []signet.User) error {
		for _, u := range page {
			if err := of(u); err != nil {
				return err
			}
		}
		return nil
	})
	if finder, ok := any(store).(signet.SessionFinder); ok && err == nil {
		err = eachStranger(ctx, finder, store, io.Now(), do)
	}
	return err
}

// eachStranger calls do with the live sessions of those who are no users here, page by page
// and oldest first.
func eachStranger(ctx context.Context, finder signet.SessionFinder, users signet.UserStore, now time.Time, do func([]listedSession) error) error {
	for after := signet.SessionID(0); ; {
		rows, err := finder.AllSessions(ctx, after, pageSize)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		stored := map[string]bool{} // by user, of those on this page
		var list []listedSession
		for _, r := range rows {
			known, asked := stored[r.UserID]
			if !asked {
				_, err := users.User(ctx, signet.By{ID: r.UserID})
				if err != nil && !errors.Is(err, signet.ErrNotFound) {
					return err
				}
				known = err == nil
				stored[r.UserID] = known
			}
			if !known && now.Before(r.Expires) {
				list = append(list, sessionOf(r, ""))
			}
		}
		if len(list) == 0 {
			continue
		}
		if err := do(list); err != nil {
			return err
		}
	}
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

// revokeUser raises the user's epoch, which also ends sessions that have no row. Users that
// are not stored here have no epoch.
func (c *sessionRevokeCmd) revokeUser(ctx context.Context, io *terminal, store *sqlite.Store) ([]listedSession, error) {
	u, stored, err := whose(ctx, store, c.User)
	if err != nil {
		return nil, err
	}
	alive, err := liveSessions(ctx, store, u, io.Now())
	if err != nil {
		return nil, err
	}
	if stored {
		_, _, err = changeUser(ctx, io, store, personArg{u.ID}, func(u *signet.User) { u.Epoch++ })
	} else {
		_, err = store.EndSessions(ctx, signet.Ending{UserID: u.ID, At: io.Now()})
	}
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
