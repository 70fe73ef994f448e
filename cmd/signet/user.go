package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// userCmd looks after users. Whatever it changes, a server on the same database notices
// within a second.
type userCmd struct {
	Add      userAddCmd      `cmd:"" help:"Add a user."`
	List     userListCmd     `cmd:"" help:"List all users."`
	Show     userShowCmd     `cmd:"" help:"Show a user with the ways to sign in and the sessions."`
	Password userPasswordCmd `cmd:"" help:"Set a user's password and end all of the user's sessions."`
	Groups   userGroupsCmd   `cmd:"" help:"Show or set the groups of a user."`
	Disable  userDisableCmd  `cmd:"" help:"Keep a user out, and end all of the user's sessions."`
	Enable   userEnableCmd   `cmd:"" help:"Let a disabled user in again."`
	Delete   userDeleteCmd   `cmd:"" help:"Delete a user with everything that is stored about them."`
}

// personArg names one user.
type personArg struct {
	User string `arg:"" name:"email" help:"E-mail address, or ID, of the user."`
}

// find looks the user up by address, then by ID.
func (p personArg) find(ctx context.Context, users signet.UserStore) (signet.User, error) {
	for _, by := range []signet.By{{Email: p.User}, {ID: p.User}} {
		u, err := users.User(ctx, by)
		if err == nil || !errors.Is(err, signet.ErrNotFound) {
			return u, err
		}
	}
	return signet.User{}, fmt.Errorf("there is no user %s; `signet user list` shows all", quoted(p.User))
}

// withStore opens the store for one verb and closes it. Where there is none it makes none:
// whoever looks in the wrong folder should hear of it.
func withStore(ctx context.Context, io *terminal, at placeFlags, do func(*sqlite.Store, config) error) error {
	site, err := loadConfig(io, at)
	if err != nil {
		return err
	}
	if _, err := os.Stat(site.database); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s; name its folder with --data, or make one with `signet user add` or `signet serve`", site.database)
	}
	return withNewStore(ctx, io, at, do)
}

// withNewStore is withStore for a verb that may be the first.
func withNewStore(ctx context.Context, io *terminal, at placeFlags, do func(*sqlite.Store, config) error) error {
	store, site, err := openStore(ctx, io, at)
	if err != nil {
		return err
	}
	return errors.Join(do(store, site), store.Close())
}

// userAddCmd adds a user with a password.
type userAddCmd struct {
	Email string   `arg:"" help:"E-mail address."`
	Name  string   `placeholder:"NAME" help:"Name to show."`
	Group []string `sep:"none" placeholder:"GROUP" help:"Group of the user; may be repeated."`
	ID    string   `placeholder:"ID" help:"ID of the user (default: a random one)."`

	Verified bool `help:"The address is known to be the user's: a letter to it keeps the password, and Google and others may sign in with it."`
	passwordFlags
	placeFlags
	outputFlags
}

// Run is the verb.
func (c *userAddCmd) Run(ctx context.Context, io *terminal) error {
	u, err := c.user(io)
	if err != nil {
		return err
	}
	return withNewStore(ctx, io, c.placeFlags, func(store *sqlite.Store, site config) error {
		// Whoever is there already should not have to think of a password first.
		if _, err := store.User(ctx, signet.By{Email: u.Email}); err == nil {
			return fmt.Errorf("user add: %s is a user already; `signet user show %s` shows who", u.Email, u.Email)
		}
		hash, err := c.newHash(ctx, io, u)
		if err != nil {
			return err
		}
		first := signet.Account{
			Provider: site.passwordProvider(), Subject: signet.FoldEmail(u.Email),
			Data: []byte(hash), Created: u.Created, Updated: u.Created,
		}
		u, err := store.CreateUser(ctx, u, &first)
		if errors.Is(err, signet.ErrTaken) {
			return fmt.Errorf("user add: the address or the ID is taken; `signet user list` shows by whom")
		}
		if err != nil {
			return fmt.Errorf("user add: %w", err)
		}
		return c.print(io, userOf(u), "Added %s with the ID %s.\n", u.Email, u.ID)
	})
}

// user checks what was typed.
func (c *userAddCmd) user(io *terminal) (signet.User, error) {
	email, err := signet.ParseEmail(c.Email)
	if err != nil {
		return signet.User{}, &usageError{"user add: " + quoted(c.Email) + " is no e-mail address", "write it as name@example.com"}
	}
	u := signet.User{ID: c.ID, Email: email, Name: strings.TrimSpace(c.Name), Created: io.Now(), Updated: io.Now()}
	if c.Verified {
		u.EmailVerified = u.Created
	}
	if !isLine(u.Name, 256) {
		return u, &usageError{"user add: --name is no line of text of at most 256 bytes", "leave control characters out"}
	}
	if c.ID != "" && (!isLine(c.ID, 128) || strings.ContainsFunc(c.ID, unicode.IsSpace)) {
		return u, &usageError{"user add: --id has blanks, control characters or more than 128 bytes", "use letters and digits"}
	}
	u.Groups, err = groupsFrom(c.Group)
	return u, err
}

func isLine(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, unprintable)
}

// groupsFrom checks the names of groups: upstreams get them in one header, with commas
// between them.
func groupsFrom(typed []string) ([]string, error) {
	var groups []string
	for _, g := range typed {
		if g == "" || !isLine(g, 64) || strings.ContainsFunc(g, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) {
			return nil, &usageError{"the group " + quoted(g) + " has blanks, commas, control characters, more than 64 bytes or none", "use words such as admin"}
		}
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// print says what was done, for people or for programs.
func (c outputFlags) print(io *terminal, v any, format string, args ...any) error {
	if c.JSON {
		return writeJSON(io.Out, v)
	}
	_, err := fmt.Fprint(io.Out, visibleLines(fmt.Sprintf(format, args...)))
	return err
}

// pageSize is how many users are read at a time.
const pageSize = 500

// everyone calls do with all users, page by page, in the order of their IDs.
func everyone(ctx context.Context, users signet.UserLister, do func([]signet.User) error) error {
	after := ""
	for {
		page, err := users.Users(ctx, after, pageSize)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		if err := do(page); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
}

// userListCmd lists all users.
type userListCmd struct {
	placeFlags
	outputFlags
}

// Run is the verb.
func (c *userListCmd) Run(ctx context.Context, io *terminal) error {
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, _ config) error {
		if c.JSON {
			return listUsersJSON(ctx, io.Out, store)
		}
		t := newTable(io.Out, "EMAIL", "NAME", "GROUPS", "STATE", "CREATED", "ID")
		now, n := io.Now(), 0
		err := everyone(ctx, store, func(page []signet.User) error {
			for _, u := range page {
				n++
				t.add(u.Email, u.Name, strings.Join(u.Groups, ","), stateOf(u), shortTime(u.Created, now), u.ID)
			}
			return t.flushFull()
		})
		if err != nil {
			return fmt.Errorf("user list: %w", err)
		}
		if n == 0 {
			_, err := fmt.Fprintln(io.Out, "No users yet; `signet user add EMAIL` adds one.")
			return err
		}
		return t.flush()
	})
}

// listUsersJSON prints one array without ever holding it.
func listUsersJSON(ctx context.Context, w io.Writer, users signet.UserLister) error {
	list := jsonList{out: w}
	err := everyone(ctx, users, func(page []signet.User) error {
		for _, u := range page {
			if err := list.add(userOf(u)); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, list.end())
}

func stateOf(u signet.User) string {
	if u.Disabled {
		return "disabled"
	}
	return "active"
}
