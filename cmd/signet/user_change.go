package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// A changedUser tells programs what became of a user.
type changedUser struct {
	listedUser
	Ended int `json:"sessions_ended"`
}

// changeUser changes a user as it is stored now, again where another process was quicker.
// It also returns how many sessions were alive before.
func changeUser(ctx context.Context, io *terminal, store *sqlite.Store, who personArg, change func(*signet.User)) (signet.User, int, error) {
	for try := 0; ; try++ {
		u, err := who.find(ctx, store)
		if err != nil {
			return u, 0, err
		}
		alive, err := liveSessions(ctx, store, u, io.Now())
		if err != nil {
			return u, 0, err
		}
		change(&u)
		u.Updated = io.Now()
		u, err = store.UpdateUser(ctx, u)
		if !errors.Is(err, signet.ErrStale) || try == 5 {
			return u, len(alive), err
		}
	}
}

// userPasswordCmd sets a password.
type userPasswordCmd struct {
	personArg
	passwordFlags
	placeFlags
	outputFlags
}

// Run is the verb.
func (c *userPasswordCmd) Run(ctx context.Context, io *terminal) error {
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, site config) error {
		u, err := c.find(ctx, store)
		if err != nil {
			return fmt.Errorf("user password: %w", err)
		}
		if u.Email == "" {
			return fmt.Errorf("user password: the user has no e-mail address to sign in with")
		}
		hash, err := c.newHash(ctx, io, u)
		if err != nil {
			return err
		}
		if err := savePassword(ctx, io, store, site.passwordProvider(), u, hash); err != nil {
			return fmt.Errorf("user password: %w", err)
		}
		// The sessions after the password: whoever signs in between the two had the new one.
		u, ended, err := changeUser(ctx, io, store, personArg{u.ID}, func(u *signet.User) { u.Epoch++ })
		if err != nil {
			return fmt.Errorf("user password: the password is changed, but the sessions are not ended: %w; run it again", err)
		}
		return c.print(io, changedUser{userOf(u), ended}, "Changed the password of %s and ended %s.\n", u.Email, counted(ended, "session"))
	})
}

// savePassword replaces the hash, or stores the first one of a user who signed in in
// other ways so far.
func savePassword(ctx context.Context, io *terminal, store *sqlite.Store, provider string, u signet.User, hash string) error {
	for try := 0; ; try++ {
		a := signet.Account{UserID: u.ID, Provider: provider, Subject: signet.FoldEmail(u.Email), Created: io.Now()}
		accounts, err := store.AccountsOf(ctx, u.ID)
		if err != nil {
			return err
		}
		for _, stored := range accounts {
			if stored.Provider == provider {
				a = stored
			}
		}
		a.Data, a.Updated = []byte(hash), io.Now()
		if _, err = store.SaveAccount(ctx, a); !errors.Is(err, signet.ErrStale) || try == 5 {
			return err
		}
	}
}

// userGroupsCmd sets groups, or shows them.
type userGroupsCmd struct {
	personArg
	Groups []string `arg:"" optional:"" help:"All groups of the user from now on."`
	None   bool     `help:"Take the user out of all groups."`
	placeFlags
	outputFlags
}

// Run is the verb. A session carries the groups of its sign-in, so the sessions end.
func (c *userGroupsCmd) Run(ctx context.Context, io *terminal) error {
	groups, err := groupsFrom(c.Groups)
	if err != nil {
		return err
	}
	if c.None && len(groups) > 0 {
		return &usageError{"user groups: --none and groups as well", "name the groups, or none"}
	}
	if !c.None && len(groups) == 0 {
		return c.show(ctx, io)
	}
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, _ config) error {
		u, ended, err := changeUser(ctx, io, store, c.personArg, func(u *signet.User) {
			u.Groups = groups
			u.Epoch++
		})
		if err != nil {
			return fmt.Errorf("user groups: %w", err)
		}
		return c.print(io, changedUser{userOf(u), ended}, "Groups of %s: %s. Ended %s, so that no session keeps the old ones.\n",
			nameOf(u), groupWords(groups), counted(ended, "session"))
	})
}

// show is what the verb does when no groups are named.
func (c *userGroupsCmd) show(ctx context.Context, io *terminal) error {
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, _ config) error {
		u, err := c.find(ctx, store)
		if err != nil {
			return fmt.Errorf("user groups: %w", err)
		}
		return c.print(io, userOf(u), "Groups of %s: %s.\n", nameOf(u), groupWords(u.Groups))
	})
}

func groupWords(groups []string) string {
	if len(groups) == 0 {
		return "none"
	}
	return strings.Join(groups, ", ")
}

// userDisableCmd keeps a user out.
type userDisableCmd struct {
	personArg
	Undo bool `help:"Let the user in again, as user enable does."`
	placeFlags
	outputFlags
}

// Run is the verb.
func (c *userDisableCmd) Run(ctx context.Context, io *terminal) error {
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, _ config) error {
		u, ended, err := changeUser(ctx, io, store, c.personArg, func(u *signet.User) { u.Disabled = !c.Undo })
		if err != nil {
			return fmt.Errorf("user disable: %w", err)
		}
		if c.Undo {
			return c.print(io, changedUser{userOf(u), 0}, "Enabled %s, who can sign in again.\n", nameOf(u))
		}
		return c.print(io, changedUser{userOf(u), ended}, "Disabled %s and ended %s.\n", nameOf(u), counted(ended, "session"))
	})
}

// userEnableCmd is user disable --undo.
type userEnableCmd struct {
	personArg
	placeFlags
	outputFlags
}

// Run is the verb.
func (c *userEnableCmd) Run(ctx context.Context, io *terminal) error {
	return (&userDisableCmd{c.personArg, true, c.placeFlags, c.outputFlags}).Run(ctx, io)
}

// userDeleteCmd deletes a user.
type userDeleteCmd struct {
	personArg
	Yes bool `short:"y" help:"Do not ask."`
	placeFlags
	outputFlags
}

// Run is the verb.
func (c *userDeleteCmd) Run(ctx context.Context, io *terminal) error {
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, site config) error {
		u, err := c.find(ctx, store)
		if err != nil {
			return fmt.Errorf("user delete: %w", err)
		}
		alive, err := liveSessions(ctx, store, u, io.Now())
		if err != nil {
			return fmt.Errorf("user delete: %w", err)
		}
		if err := c.confirm(io, u, len(alive)); err != nil {
			return err
		}
		if err := site.giveBack(ctx, io, store, u.ID); err != nil {
			fmt.Fprintf(io.Err, "signet: user delete: %s; the user can still end it there\n", oneLine(err.Error()))
		}
		if err := store.DeleteUser(ctx, u.ID, io.Now()); err != nil {
			return fmt.Errorf("user delete: %w", err)
		}
		return c.print(io, changedUser{userOf(u), len(alive)}, "Deleted %s and ended %s.\n", nameOf(u), counted(len(alive), "session"))
	})
}

// giveBack lets the providers of a user know that it is over (ruling 18). It does what it
// can: a user who asks to be forgotten is, whoever cannot be reached.
func (c *config) giveBack(ctx context.Context, io *terminal, store *sqlite.Store, userID string) error {
	c.chooseProviders(false)
	if !slices.ContainsFunc(c.providers, func(p providerConfig) bool { return p.isOAuth() || p.kind == kindBackend }) {
		return nil
	}
	if err := c.findSecrets(); err != nil {
		return err
	}
	o, err := c.open(ctx, store, setting{weak: true, now: io.Now, log: slog.New(slog.DiscardHandler), http: io.HTTP})
	if err != nil {
		return err
	}
	return errors.Join(o.auth.GiveBack(ctx, userID), o.auth.Close())
}

// confirm asks, unless it was told not to.
func (c *userDeleteCmd) confirm(io *terminal, u signet.User, sessions int) error {
	if c.Yes {
		return nil
	}
	if !canAsk(io.In) {
		return &usageError{"user delete: there is nobody to ask", "add --yes if you are sure"}
	}
	fmt.Fprint(io.Err, visible(fmt.Sprintf("Delete %s, who has %s? There is no way back. [y/N] ", nameOf(u), counted(sessions, "session"))))
	answer, _ := bufio.NewReader(io.In).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	fmt.Fprintln(io.Err, "Nothing was deleted.")
	return errNo
}

// nameOf is how a user is spoken of.
func nameOf(u signet.User) string {
	if u.Email != "" {
		return u.Email
	}
	return u.ID
}
