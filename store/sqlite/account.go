package sqlite

import (
	"bytes"
	"context"

	"github.com/signet-auth/signet"
	"zombiezen.com/go/sqlite"
)

const accountColumns = `provider, subject, user_id, created, updated, version, data`

func accountAt(stmt *sqlite.Stmt) signet.Account {
	return signet.Account{
		Provider: stmt.ColumnText(0),
		Subject:  stmt.ColumnText(1),
		UserID:   stmt.ColumnText(2),
		Created:  moment(stmt.ColumnInt64(3)),
		Updated:  moment(stmt.ColumnInt64(4)),
		Version:  stmt.ColumnInt64(5),
		Data:     bytesAt(stmt, 6),
	}
}

// Account implements [signet.AccountStore].
func (s *Store) Account(ctx context.Context, provider, subject string) (a signet.Account, err error) {
	err = s.find(ctx, "find account", func(stmt *sqlite.Stmt) { a = accountAt(stmt) },
		"SELECT "+accountColumns+" FROM accounts WHERE provider = ?1 AND subject = ?2", provider, subject)
	return a, err
}

// AccountsOf implements [signet.AccountStore].
func (s *Store) AccountsOf(ctx context.Context, userID string) ([]signet.Account, error) {
	var list []signet.Account
	err := s.read(ctx, "list accounts", func(c *sqlite.Conn) error {
		return each(c, func(stmt *sqlite.Stmt) { list = append(list, accountAt(stmt)) },
			"SELECT "+accountColumns+" FROM accounts WHERE user_id = ?1 ORDER BY created, provider, subject", userID)
	})
	return list, err
}

// SaveAccount implements [signet.AccountStore].
func (s *Store) SaveAccount(ctx context.Context, a signet.Account) (signet.Account, error) {
	a.Data = bytes.Clone(a.Data)
	return write(ctx, s, &job{what: "save account", bytes: len(a.Data)}, func(c *sqlite.Conn) (signet.Account, error) {
		save := replaceAccount
		if a.Version == 0 {
			save = insertAccount
		}
		if err := save(c, a); err != nil {
			return signet.Account{}, err
		}
		a.Version++
		return a, nil
	})
}

// insertAccount stores a with the version after a.Version.
func insertAccount(c *sqlite.Conn, a signet.Account) error {
	_, err := exec(c, "INSERT INTO accounts ("+accountColumns+") VALUES (?1, ?2, ?3, ?4, ?5, ?6 + 1, ?7)", accountArgs(a)...)
	if isTaken(err) {
		return signet.ErrTaken
	}
	return err
}

func replaceAccount(c *sqlite.Conn, a signet.Account) error {
	n, err := exec(c, `UPDATE accounts SET user_id = ?3, created = ?4, updated = ?5, version = ?6 + 1, data = ?7
		WHERE provider = ?1 AND subject = ?2 AND version = ?6`, accountArgs(a)...)
	if err != nil || n > 0 {
		return err
	}
	return staleOrGone(c, "SELECT 1 FROM accounts WHERE provider = ?1 AND subject = ?2", a.Provider, a.Subject)
}

// accountArgs are the arguments for accountColumns, in their order.
func accountArgs(a signet.Account) []any {
	return []any{a.Provider, a.Subject, a.UserID, a.Created.UnixMilli(), a.Updated.UnixMilli(), a.Version, a.Data}
}

// DeleteAccount implements [signet.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, provider, subject string) error {
	return change(ctx, s, &job{what: "delete account"}, func(c *sqlite.Conn) error {
		n, err := exec(c, "DELETE FROM accounts WHERE provider = ?1 AND subject = ?2", provider, subject)
		if err == nil && n == 0 {
			return signet.ErrNotFound
		}
		return err
	})
}
