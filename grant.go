package signet

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/token"
)

// A grant is what a provider lets us do for somebody: tokens, and how far their renewal has
// come. With stores for users and accounts it is kept in the account's row and shared by all
// sessions of the user; without, it travels in the session, encrypted.

// grantRecord is the part of an account's row that package token wrote.
type grantRecord struct {
	Since      time.Time   `json:"since,omitzero"`
	Generation int64       `json:"generation,omitempty"`
	State      token.State `json:"state,omitempty"`
	Tries      int         `json:"tries,omitempty"`
	By         string      `json:"by,omitempty"`
	Beat       int64       `json:"beat,omitempty"`
}

func grantOf(r token.Record) grantRecord {
	return grantRecord{r.Since, r.Generation, r.State, r.Tries, r.By, r.Beat}
}

func (g grantRecord) record(version int64, ref string, set Tokens) token.Record {
	return token.Record{
		Version: version, Ref: ref, Set: set,
		Since: g.Since, Generation: g.Generation, State: g.State, Tries: g.Tries, By: g.By, Beat: g.Beat,
	}
}

// renewed is the grant after a sign-in that brought tokens: whatever became of the ones
// before, these are alive. A renewal that is under way finds that it came too late.
func (g grantRecord) renewed(now time.Time) grantRecord {
	return grantRecord{Since: now, Generation: g.Generation + 1}
}

// accountGrants is the [token.Place] of grants that live in account rows. A key is the
// provider, a NUL and the user's ID. A record's Ref is the subject of the account and when it
// was made: an account that was taken away and added again is another one.
type accountGrants struct{ a *Auth }

var _ token.Place = accountGrants{}

func grantKey(provider, owner string) string { return provider + "\x00" + owner }

func grantRef(account Account) string {
	return account.Subject + "\x00" + strconv.FormatInt(account.Created.UnixNano(), 10)
}

// Load finds the account of a user at the provider. Of several the one signed in with last
// counts: its tokens are the newest.
func (g accountGrants) Load(ctx context.Context, key string) (token.Record, error) {
	provider, userID, _ := strings.Cut(key, "\x00")
	list, err := g.a.config.Stores.Accounts.AccountsOf(ctx, userID)
	if err != nil {
		return token.Record{}, fromStore(err)
	}
	slices.SortStableFunc(list, func(x, y Account) int { return y.Updated.Compare(x.Updated) })
	for _, account := range list {
		if account.Provider != provider {
			continue
		}
		record, err := g.a.openAccount(account)
		if err != nil || record.Tokens == nil {
			continue // a password, or sealed with keys that are gone
		}
		return record.Grant.record(account.Version, grantRef(account), *record.Tokens), nil
	}
	return token.Record{}, token.ErrNone
}

// Save writes a record where the row is still the one that was read.
func (g accountGrants) Save(ctx context.Context, key string, r token.Record) (token.Record, error) {
	provider, _, _ := strings.Cut(key, "\x00")
	store := g.a.config.Stores.Accounts
	subject, _, _ := strings.Cut(r.Ref, "\x00")
	account, err := store.Account(ctx, provider, subject)
	if err != nil {
		return r, grantError(err)
	}
	if grantRef(account) != r.Ref {
		return r, token.ErrNone
	}
	if account.Version != r.Version {
		return r, token.ErrStale
	}
	record, err := g.a.openAccount(account)
	if err != nil {
		return r, err
	}
	record.Tokens, record.Grant = &r.Set, grantOf(r)
	if account.Data, err = g.a.sealRecord(provider, subject, record); err != nil {
		return r, err
	}
	account, err = store.SaveAccount(ctx, account)
	if err != nil {
		return r, grantError(err)
	}
	r.Version = account.Version
	return r, nil
}

// grantError gives a store's error the name that package token knows it by.
func grantError(err error) error {
	switch {
	case errors.Is(err, ErrNotFound):
		return token.ErrNone
	case errors.Is(err, ErrStale):
		return token.ErrStale
	}
	return fromStore(err)
}

// keepsGrants tells whether there are rows for grants.
func (a *Auth) keepsGrants() bool {
	return a.config.Stores.Users != nil && a.config.Stores.Accounts != nil
}

// A carried grant is that of a session without a store: "<generation>.<sealed>". Its
// generation is in clear text, so that it is opened only when it is news.

// carry puts the tokens of a sign-in into the session.
func (a *Auth) carry(s *Session, set Tokens, now time.Time) error {
	return a.carryRecord(s, token.Record{Set: set, Since: now, Generation: 1})
}

func (a *Auth) carryRecord(s *Session, r token.Record) error {
	if !a.exposesID {
		r.Set.ID = "" // as long as the others together, and nobody asks for it
	}
	plain, err := json.Marshal(carried{r.Set, grantOf(r)})
	if err != nil {
		return err
	}
	sealed, err := a.keys.Load().rest.seal(carriedPlace(s), plain)
	if err != nil {
		return err
	}
	s.grant = strconv.FormatInt(r.Generation, 10) + "." + base64.RawURLEncoding.EncodeToString(sealed)
	return nil
}

type carried struct {
	Set   Tokens      `json:"set"`
	Grant grantRecord `json:"grant"`
}

// carriedPlace binds a grant to its session.
func carriedPlace(s *Session) string { return "grant\x00" + s.ID.String() + "\x00" + s.Provider }

// generation tells how new the grant of a session is; 0 when it carries none.
func (s *Session) generation() int64 {
	text, _, _ := strings.Cut(s.grant, ".")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// carriedRecord opens what carryRecord made.
func (a *Auth) carriedRecord(s *Session) (token.Record, error) {
	_, text, _ := strings.Cut(s.grant, ".")
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return token.Record{}, token.ErrNone
	}
	plain, _, err := a.keys.Load().rest.open(carriedPlace(s), sealed)
	if err != nil {
		return token.Record{}, token.ErrNone
	}
	var c carried
	if json.Unmarshal(plain, &c) != nil {
		return token.Record{}, token.ErrNone
	}
	return c.Grant.record(0, "", c.Set), nil
}
