package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/signet-auth/signet"
)

type accountKey struct{ provider, subject string }

// Account implements [signet.AccountStore].
func (s *Store) Account(ctx context.Context, provider, subject string) (signet.Account, error) {
	if err := ctx.Err(); err != nil {
		return signet.Account{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.account[accountKey{provider, subject}]
	if !ok {
		return signet.Account{}, signet.ErrNotFound
	}
	return copyAccount(a), nil
}

// AccountsOf implements [signet.AccountStore].
func (s *Store) AccountsOf(ctx context.Context, userID string) ([]signet.Account, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []signet.Account
	for _, a := range s.account {
		if a.UserID == userID {
			list = append(list, copyAccount(a))
		}
	}
	slices.SortFunc(list, func(a, b signet.Account) int {
		return cmp.Or(a.Created.Compare(b.Created),
			cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Subject, b.Subject))
	})
	return list, nil
}

// SaveAccount implements [signet.AccountStore].
func (s *Store) SaveAccount(ctx context.Context, a signet.Account) (signet.Account, error) {
	if err := ctx.Err(); err != nil {
		return signet.Account{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saveAccount(a)
}

// saveAccount is SaveAccount under the lock.
func (s *Store) saveAccount(a signet.Account) (signet.Account, error) {
	key := accountKey{a.Provider, a.Subject}
	old, exists := s.account[key]
	switch {
	case a.Version == 0 && exists:
		return signet.Account{}, signet.ErrTaken
	case a.Version != 0 && !exists:
		return signet.Account{}, signet.ErrNotFound
	case a.Version != old.Version:
		return signet.Account{}, signet.ErrStale
	}
	a.Version++
	s.account[key] = copyAccount(a)
	return a, nil
}

// DeleteAccount implements [signet.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, provider, subject string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := accountKey{provider, subject}
	if _, ok := s.account[key]; !ok {
		return signet.ErrNotFound
	}
	delete(s.account, key)
	return nil
}

func copyAccount(a signet.Account) signet.Account {
	a.Data = bytes.Clone(a.Data)
	return a
}
