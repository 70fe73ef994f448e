package sqlite

import (
	"bytes"
	"context"
	"crypto/rand"
	"math"
	"slices"
	"time"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

const userColumns = `id, folded, email, name, image, verified, groups, disabled, epoch, created, updated, version`

func userAt(stmt *sqlite.Stmt) signet.User {
	return signet.User{
		ID:            stmt.ColumnText(0),
		Email:         stmt.ColumnText(2),
		Name:          stmt.ColumnText(3),
		Image:         stmt.ColumnText(4),
		EmailVerified: moment(stmt.ColumnInt64(5)),
		Groups:        groupsFrom(stmt.ColumnText(6)),
		Disabled:      stmt.ColumnBool(7),
		Epoch:         stmt.ColumnInt64(8),
		Created:       moment(stmt.ColumnInt64(9)),
		Updated:       moment(stmt.ColumnInt64(10)),
		Version:       stmt.ColumnInt64(11),
	}
}

// userArgs are the arguments for userColumns, in their order.
func userArgs(u signet.User) []any {
	var folded any // NULL, of which there can be any number
	if f := signet.FoldEmail(u.Email); f != "" {
		folded = f
	}
	return []any{
		u.ID, folded, u.Email, u.Name, u.Image, u.EmailVerified.UnixMilli(), groupsText(u.Groups),
		u.Disabled, u.Epoch, u.Created.UnixMilli(), u.Updated.UnixMilli(), u.Version,
	}
}

// User implements [signet.UserStore].
func (s *Store) User(ctx context.Context, by signet.By) (u signet.User, err error) {
	query, arg := "SELECT "+userColumns+" FROM users WHERE id = ?1", by.ID
	if by.ID == "" {
		query, arg = "SELECT "+userColumns+" FROM users WHERE folded = ?1", signet.FoldEmail(by.Email)
	}
	err = s.find(ctx, "find user", func(stmt *sqlite.Stmt) { u = userAt(stmt) }, query, arg)
	return u, err
}

// Users implements [signet.UserLister].
func (s *Store) Users(ctx context.Context, after string, limit int) ([]signet.User, error) {
	var list []signet.User
	err := s.read(ctx, "list users", func(c *sqlite.Conn) error {
		return each(c, func(stmt *sqlite.Stmt) { list = append(list, userAt(stmt)) },
			"SELECT "+userColumns+" FROM users WHERE id > ?1 ORDER BY id LIMIT ?2",
			after, int64(max(0, limit))) // less than 0 would be no limit at all
	})
	return list, err
}

// CreateUser implements [signet.UserStore].
func (s *Store) CreateUser(ctx context.Context, u signet.User, first *signet.Account) (signet.User, error) {
	if u.ID == "" {
		u.ID = rand.Text()
	}
	u.Version = 1
	args := userArgs(u) // before the writer has it: the caller may change u.Groups
	var account *signet.Account
	if first != nil {
		a := *first
		a.UserID, a.Version, a.Data = u.ID, 0, bytes.Clone(first.Data)
		account = &a
	}
	j := &job{what: "create user", several: account != nil}
	return write(ctx, s, j, func(c *sqlite.Conn) (signet.User, error) {
		_, err := exec(c, "INSERT INTO users ("+userColumns+") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)", args...)
		if isTaken(err) {
			err = signet.ErrTaken
		}
		if err == nil && account != nil {
			err = insertAccount(c, *account)
		}
		return u, err
	})
}

const updateUser = `UPDATE users SET folded = ?2, email = ?3, name = ?4, image = ?5, verified = ?6, groups = ?7,
	disabled = ?8, epoch = ?9, created = ?10, updated = ?11, version = ?12 + 1 WHERE id = ?1`

// UpdateUser implements [signet.UserStore]. Where Disabled is set or a group is taken away
// and Epoch is not larger than before, Epoch grows by one: a sealed session that is out
// there knows its epoch and nothing else. A trigger of the schema ends the sessions, so that
// it also happens when somebody disables a user or raises the epoch by hand.
func (s *Store) UpdateUser(ctx context.Context, u signet.User) (signet.User, error) {
	args := userArgs(u)
	kept := groupsFrom(args[groupsArg].(string)) // as they are stored
	return write(ctx, s, &job{what: "update user", feeds: true, ends: true}, func(c *sqlite.Conn) (signet.User, error) {
		var version, epoch int64
		var groups []string
		found, err := one(c, func(stmt *sqlite.Stmt) {
			version, epoch, groups = stmt.ColumnInt64(0), stmt.ColumnInt64(1), groupsFrom(stmt.ColumnText(2))
		}, "SELECT version, epoch, groups FROM users WHERE id = ?1", u.ID)
		switch {
		case err != nil:
			return signet.User{}, err
		case !found:
			return signet.User{}, signet.ErrNotFound
		case version != u.Version:
			return signet.User{}, signet.ErrStale
		}
		if u.Epoch <= epoch && hasLost(groups, kept) {
			args[epochArg] = epoch + 1
		}
		if _, err := exec(c, updateUser, args...); isTaken(err) {
			return signet.User{}, signet.ErrTaken
		} else if err != nil {
			return signet.User{}, err
		}
		u.Version++
		_, err = one(c, func(stmt *sqlite.Stmt) { u.Epoch = stmt.ColumnInt64(0) },
			"SELECT epoch FROM users WHERE id = ?1", u.ID)
		return u, err
	})
}

// Places among userArgs.
const (
	groupsArg = 6
	epochArg  = 8
)

// hasLost tells whether one of before is not among after.
func hasLost(before, after []string) bool {
	return slices.ContainsFunc(before, func(g string) bool { return !slices.Contains(after, g) })
}

// DeleteUser implements [signet.UserStore].
func (s *Store) DeleteUser(ctx context.Context, id string, at time.Time) error {
	j := &job{what: "delete user", several: true, feeds: true, ends: true}
	return change(ctx, s, j, func(c *sqlite.Conn) error {
		// Triggers of the schema do the rest: the first statement ends the sessions and
		// feeds the revocation, the second removes the accounts.
		n, err := exec(c, "UPDATE users SET epoch = ?2, updated = ?3, version = version + 1 WHERE id = ?1",
			id, int64(math.MaxInt64), at.UnixMilli())
		if err != nil {
			return err
		}
		if n == 0 {
			return signet.ErrNotFound
		}
		_, err = exec(c, "DELETE FROM users WHERE id = ?1", id)
		return err
	})
}
