package memory

import (
	"context"
	"crypto/rand"
	"math"
	"slices"
	"time"

	"github.com/signet-auth/signet"
)

// User implements [signet.UserStore].
func (s *Store) User(ctx context.Context, by signet.By) (signet.User, error) {
	if err := ctx.Err(); err != nil {
		return signet.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := by.ID
	if id == "" {
		id = s.byEmail[signet.FoldEmail(by.Email)]
	}
	u, ok := s.users[id]
	if !ok {
		return signet.User{}, signet.ErrNotFound
	}
	return copyUser(u), nil
}

// Users implements [signet.UserLister].
func (s *Store) Users(ctx context.Context, after string, limit int) ([]signet.User, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id := range s.users {
		if id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	ids = ids[:max(0, min(limit, len(ids)))]
	users := make([]signet.User, len(ids))
	for i, id := range ids {
		users[i] = copyUser(s.users[id])
	}
	return users, nil
}

// CreateUser implements [signet.UserStore].
func (s *Store) CreateUser(ctx context.Context, u signet.User, first *signet.Account) (signet.User, error) {
	if err := ctx.Err(); err != nil {
		return signet.User{}, err
	}
	if u.ID == "" {
		u.ID = rand.Text()
	}
	u.Version = 1
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.users[u.ID]; taken {
		return signet.User{}, signet.ErrTaken
	}
	if s.emailTaken(u) {
		return signet.User{}, signet.ErrTaken
	}
	if first != nil {
		a := *first
		a.UserID, a.Version = u.ID, 0
		if _, err := s.saveAccount(a); err != nil {
			return signet.User{}, err
		}
	}
	s.putUser(u)
	return u, nil
}

// UpdateUser implements [signet.UserStore]. Where Disabled is set or a group is taken away
// and Epoch is not larger than before, Epoch grows by one: a sealed session that is out
// there knows its epoch and nothing else.
func (s *Store) UpdateUser(ctx context.Context, u signet.User) (signet.User, error) {
	if err := ctx.Err(); err != nil {
		return signet.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.users[u.ID]
	if !ok {
		return signet.User{}, signet.ErrNotFound
	}
	if old.Version != u.Version {
		return signet.User{}, signet.ErrStale
	}
	if s.emailTaken(u) {
		return signet.User{}, signet.ErrTaken
	}
	u.Version++
	if u.Epoch <= old.Epoch && (u.Disabled && !old.Disabled || hasLost(old.Groups, u.Groups)) {
		u.Epoch = old.Epoch + 1
	}
	delete(s.byEmail, signet.FoldEmail(old.Email))
	s.putUser(u)
	if u.Epoch > old.Epoch {
		s.endAllOf(u.ID)
		s.news.tell(signet.Revocation{UserID: u.ID, Epoch: u.Epoch, At: u.Updated})
	}
	return u, nil
}

// hasLost tells whether one of before is not among after.
func hasLost(before, after []string) bool {
	return slices.ContainsFunc(before, func(g string) bool { return !slices.Contains(after, g) })
}

// DeleteUser implements [signet.UserStore].
func (s *Store) DeleteUser(ctx context.Context, id string, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[id]
	if !ok {
		return signet.ErrNotFound
	}
	delete(s.users, id)
	delete(s.byEmail, signet.FoldEmail(u.Email))
	for key, a := range s.account {
		if a.UserID == id {
			delete(s.account, key)
		}
	}
	s.endAllOf(id)
	s.news.tell(signet.Revocation{UserID: id, Epoch: math.MaxInt64, At: at})
	return nil
}

// emailTaken tells whether the address of u is somebody else's. Any number of users may
// have none.
func (s *Store) emailTaken(u signet.User) bool {
	owner, ok := s.byEmail[signet.FoldEmail(u.Email)]
	return ok && owner != u.ID
}

func (s *Store) putUser(u signet.User) {
	s.users[u.ID] = copyUser(u)
	if folded := signet.FoldEmail(u.Email); folded != "" {
		s.byEmail[folded] = u.ID
	}
}

func copyUser(u signet.User) signet.User {
	u.Groups = slices.Clone(u.Groups)
	return u
}
