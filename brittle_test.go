package signet_test

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
)

// A brittle store works until it is broken. It counts what is written.
type brittle struct {
	*memory.Store
	down   atomic.Bool // every call but Since fails
	mute   atomic.Bool // Since fails
	saved  atomic.Int64
	writes atomic.Int64
}

// errDown has the password of the store in it, as errors of drivers do.
var errDown = errors.New("dial store://root:hunter2-of-the-store@db: refused")

func newBrittle() *brittle { return &brittle{Store: memory.New()} }

func (b *brittle) stores() signet.Stores {
	return signet.Stores{Users: b, Accounts: b, Sessions: b, Tickets: b}
}

func (b *brittle) use(c *signet.Config) { c.Stores = b.stores() }

func (b *brittle) err() error {
	if b.down.Load() {
		return errDown
	}
	return nil
}

func (b *brittle) write() error {
	b.writes.Add(1)
	return b.err()
}

func (b *brittle) Since(ctx context.Context, cursor string) ([]signet.Revocation, string, error) {
	if b.mute.Load() {
		return nil, "", errDown
	}
	if cursor == "" {
		return b.Store.Since(ctx, cursor)
	}
	// Wakes up every now and then, so that mute is seen.
	short, cancel := context.WithTimeout(ctx, tick)
	defer cancel()
	news, next, err := b.Store.Since(short, cursor)
	if err != nil && ctx.Err() == nil {
		return nil, cursor, nil
	}
	return news, next, err
}

func (b *brittle) User(ctx context.Context, by signet.By) (signet.User, error) {
	if err := b.err(); err != nil {
		return signet.User{}, err
	}
	return b.Store.User(ctx, by)
}

func (b *brittle) CreateUser(ctx context.Context, u signet.User, a *signet.Account) (signet.User, error) {
	if err := b.write(); err != nil {
		return signet.User{}, err
	}
	return b.Store.CreateUser(ctx, u, a)
}

func (b *brittle) UpdateUser(ctx context.Context, u signet.User) (signet.User, error) {
	if err := b.write(); err != nil {
		return signet.User{}, err
	}
	return b.Store.UpdateUser(ctx, u)
}

func (b *brittle) Account(ctx context.Context, provider, subject string) (signet.Account, error) {
	if err := b.err(); err != nil {
		return signet.Account{}, err
	}
	return b.Store.Account(ctx, provider, subject)
}

func (b *brittle) SaveAccount(ctx context.Context, a signet.Account) (signet.Account, error) {
	if err := b.write(); err != nil {
		return signet.Account{}, err
	}
	a, err := b.Store.SaveAccount(ctx, a)
	if err == nil {
		b.saved.Add(1)
	}
	return a, err
}

func (b *brittle) CreateSession(ctx context.Context, row signet.SessionRow, old signet.SessionID) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.Store.CreateSession(ctx, row, old)
}

func (b *brittle) Session(ctx context.Context, id signet.SessionID) (signet.SessionRow, error) {
	if err := b.err(); err != nil {
		return signet.SessionRow{}, err
	}
	return b.Store.Session(ctx, id)
}

func (b *brittle) UpdateSession(ctx context.Context, row signet.SessionRow) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.Store.UpdateSession(ctx, row)
}

func (b *brittle) EndSessions(ctx context.Context, e signet.Ending) ([]signet.SessionID, error) {
	if err := b.write(); err != nil {
		return nil, err
	}
	return b.Store.EndSessions(ctx, e)
}

func (b *brittle) SessionsOf(ctx context.Context, userID string) ([]signet.SessionRow, error) {
	if err := b.err(); err != nil {
		return nil, err
	}
	return b.Store.SessionsOf(ctx, userID)
}

func (b *brittle) Issue(ctx context.Context, key string, t signet.Ticket) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.Store.Issue(ctx, key, t)
}

func (b *brittle) Consume(ctx context.Context, key string, u signet.Use) (signet.Taken, error) {
	if err := b.write(); err != nil {
		return signet.Taken{}, err
	}
	return b.Store.Consume(ctx, key, u)
}
