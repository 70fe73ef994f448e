package signet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/token"
)

// Who an identity of another site is here: the user whose account it is, the one who adds
// it, the one whose address it proves, or somebody new.

const (
	kindNotLinked = "OAuthAccountNotLinked"
	kindCallback  = "OAuthCallback"
)

// An arrival is an identity on its way to a user.
type arrival struct {
	a    *Auth
	p    registered
	id   Identity
	link *User // who adds this way to sign in; nil for a sign-in
	now  time.Time
}

// person finds or makes the user. isNew tells that there was none.
func (r *arrival) person(ctx context.Context) (u User, isNew bool, err error) {
	stores := r.a.config.Stores
	if stores.Users == nil || stores.Accounts == nil {
		return r.stranger(), false, nil
	}
	if r.id.Subject == "" {
		return u, false, fmt.Errorf("signet: provider %q gave no subject", r.p.info.ID)
	}
	account, err := stores.Accounts.Account(ctx, r.p.info.ID, r.id.Subject)
	switch {
	case err == nil:
		u, err = r.owner(ctx, account)
		return u, false, err
	case !errors.Is(err, ErrNotFound):
		return u, false, fromStore(err)
	case r.link != nil:
		u, err = *r.link, r.add(ctx, r.link.ID)
	default:
		u, isNew, err = r.byAddress(ctx)
	}
	if errors.Is(err, ErrTaken) {
		return r.second(ctx, err)
	}
	return u, isNew, err
}

// preview is the user as the SignIn callback sees them, before anything is stored: of an
// account that is known, or the identity.
func (r *arrival) preview(ctx context.Context) (u User, known bool, err error) {
	stores := r.a.config.Stores
	if stores.Users == nil || stores.Accounts == nil {
		return r.stranger(), false, nil
	}
	account, err := stores.Accounts.Account(ctx, r.p.info.ID, r.id.Subject)
	if errors.Is(err, ErrNotFound) {
		if r.link != nil {
			return *r.link, false, nil
		}
		return User{Name: r.id.Name, Email: r.id.Email, Image: r.id.Image}, false, nil
	}
	if err != nil {
		return u, false, fromStore(err)
	}
	u, err = stores.Users.User(ctx, By{ID: account.UserID})
	return r.shown(u), true, fromStore(err)
}

// second comes after somebody who signed in with the same new identity at the same moment,
// and finds the account. Where there is none, the user's ID is somebody else's.
func (r *arrival) second(ctx context.Context, taken error) (User, bool, error) {
	account, err := r.a.config.Stores.Accounts.Account(ctx, r.p.info.ID, r.id.Subject)
	if errors.Is(err, ErrNotFound) {
		return User{}, false, &Refused{Kind: kindNotLinked, Code: "taken", Err: taken}
	}
	if err != nil {
		return User{}, false, fromStore(err)
	}
	u, err := r.owner(ctx, account)
	return u, false, err
}

// stranger is an identity without a store: it is all there is. Its ID names the provider
// too, since the same number means somebody else at each of them (security line S-70).
func (r *arrival) stranger() User {
	id := r.id.UserID
	if id == "" {
		id = r.p.info.ID + ":" + r.id.Subject
	}
	return User{ID: id, Name: r.id.Name, Email: r.id.Email, Image: r.id.Image}
}

// owner is the user of an account that is known; what the provider says now is written
// down.
func (r *arrival) owner(ctx context.Context, account Account) (User, error) {
	if r.link != nil && account.UserID != r.link.ID {
		return User{}, &Refused{Kind: kindNotLinked, Code: "other", Err: errors.New("the account belongs to another user")}
	}
	u, err := r.a.config.Stores.Users.User(ctx, By{ID: account.UserID})
	if err != nil {
		return u, fromStore(err)
	}
	if u.Disabled {
		return u, &Refused{Kind: kindAccessDenied, Code: "disabled", Err: errors.New("user is disabled")}
	}
	if err := r.update(ctx, account); err != nil {
		return u, err
	}
	return r.shown(r.completed(ctx, u)), nil
}

// completed writes down what the user row does not have yet. That it cannot is no reason
// to keep anybody out: the next sign-in tries again.
func (r *arrival) completed(ctx context.Context, u User) User {
	before := u
	u.Name, u.Image = firstOf(u.Name, r.id.Name), firstOf(u.Image, r.id.Image)
	if u.Email == "" && r.proven() {
		u.Email, u.EmailVerified = r.id.Email, r.now
	}
	if u.Name == before.Name && u.Image == before.Image && u.Email == before.Email {
		return u
	}
	u.Updated = r.now
	saved, err := r.a.config.Stores.Users.UpdateUser(ctx, u)
	if err != nil {
		return before // also where the address is somebody else's
	}
	return saved
}

// update keeps the newest tokens and profile of an account.
func (r *arrival) update(ctx context.Context, account Account) error {
	for range updateTries {
		record := r.record()
		if old, err := r.a.openAccount(account); err == nil && old.Tokens != nil {
			record.succeed(old, r.now)
		}
		data, err := r.a.sealRecord(r.p.info.ID, r.id.Subject, record)
		if err != nil {
			return err
		}
		account.Data, account.Updated = data, r.now
		_, err = r.a.config.Stores.Accounts.SaveAccount(ctx, account)
		if !errors.Is(err, ErrStale) {
			r.a.forgetGrant(account)
			return fromStore(err)
		}
		if account, err = r.a.config.Stores.Accounts.Account(ctx, r.p.info.ID, r.id.Subject); err != nil {
			return fromStore(err)
		}
	}
	return fromStore(ErrStale)
}

// byAddress lets a proven address open the user of the same proven address, and else makes
// a new one (security line S-78). Whoever is there with that address has to sign in and add
// this way themselves.
func (r *arrival) byAddress(ctx context.Context) (User, bool, error) {
	if r.id.Email == "" {
		return r.create(ctx)
	}
	u, err := r.a.config.Stores.Users.User(ctx, By{Email: r.id.Email})
	switch {
	case errors.Is(err, ErrNotFound):
		return r.create(ctx)
	case err != nil:
		return u, false, fromStore(err)
	case !r.proven() || u.EmailVerified.IsZero():
		return u, false, &Refused{Kind: kindNotLinked, Code: "not-linked", Err: errors.New("the address belongs to a user who has not added this way to sign in")}
	case u.Disabled:
		return u, false, &Refused{Kind: kindAccessDenied, Code: "disabled", Err: errors.New("user is disabled")}
	}
	return r.shown(u), false, r.add(ctx, u.ID)
}

// proven tells whether the provider's word about the address is good enough to open an
// account.
func (r *arrival) proven() bool { return r.p.info.TrustEmail && r.id.EmailVerified && r.id.Email != "" }

// create makes a user. An address that nobody has proved does not become theirs: its true
// owner must still be able to sign up. The session shows it all the same.
func (r *arrival) create(ctx context.Context) (User, bool, error) {
	u := User{ID: r.id.UserID, Name: r.id.Name, Image: r.id.Image, Created: r.now, Updated: r.now}
	if r.proven() {
		u.Email, u.EmailVerified = r.id.Email, r.now
	}
	account, err := r.account("")
	if err != nil {
		return u, false, err
	}
	u, err = r.a.config.Stores.Users.CreateUser(ctx, u, &account)
	if err != nil {
		return u, false, fromStore(err)
	}
	if r.a.config.Events.CreateUser != nil {
		r.a.tell(func() { r.a.config.Events.CreateUser(ctx, u) })
	}
	r.linked(ctx, u)
	return r.shown(u), true, nil
}

// add gives a user who is there another way to sign in.
func (r *arrival) add(ctx context.Context, userID string) error {
	account, err := r.account(userID)
	if err != nil {
		return err
	}
	if _, err = r.a.config.Stores.Accounts.SaveAccount(ctx, account); err != nil {
		return fromStore(err)
	}
	r.linked(ctx, User{ID: userID})
	return nil
}

func (r *arrival) account(userID string) (Account, error) {
	data, err := r.a.sealRecord(r.p.info.ID, r.id.Subject, r.record())
	return Account{
		UserID: userID, Provider: r.p.info.ID, Subject: r.id.Subject, Data: data,
		Created: r.now, Updated: r.now,
	}, err
}

func (r *arrival) linked(ctx context.Context, u User) {
	if f := r.a.config.Events.LinkAccount; f != nil {
		r.a.tell(func() { f(ctx, u, r.p.info, r.id) })
	}
}

// shown is a user as the session shows them: what the provider says fills what is empty.
func (r *arrival) shown(u User) User {
	if r.link != nil {
		return u
	}
	u.Name, u.Email, u.Image = firstOf(u.Name, r.id.Name), firstOf(u.Email, r.id.Email), firstOf(r.id.Image, u.Image)
	return u
}

// An accountRecord is what a store keeps of an identity, encrypted.
type accountRecord struct {
	Tokens  *Tokens         `json:"tokens,omitempty"`
	Grant   grantRecord     `json:"grant,omitzero"`
	Email   string          `json:"email,omitempty"`
	Name    string          `json:"name,omitempty"`
	Profile json.RawMessage `json:"profile,omitempty"`
}

// maxProfile bounds the profile that is kept, in bytes.
const maxProfile = 16 << 10

// record is what is kept of an identity that signs in now.
func (r *arrival) record() accountRecord {
	record := accountRecord{Tokens: r.id.Tokens, Email: r.id.Email, Name: r.id.Name}
	if record.Tokens != nil {
		record.Grant = grantRecord{}.renewed(r.now)
	}
	if len(r.id.Profile) <= maxProfile {
		record.Profile = r.id.Profile
	}
	return record
}

// succeed takes over from the record before what this sign-in did not bring. Some providers
// give a refresh token with the first consent only; one that is known to be dead, or is
// being spent this very moment, is not worth keeping.
func (rec *accountRecord) succeed(old accountRecord, now time.Time) {
	if rec.Tokens == nil {
		rec.Tokens, rec.Grant = old.Tokens, old.Grant
		return
	}
	rec.Grant = old.Grant.renewed(now)
	if old.Grant.State == token.Live {
		merged := old.Tokens.Merge(*rec.Tokens)
		rec.Tokens = &merged
	}
}

// sealRecord encrypts tokens and profile for the row of their account and no other.
func (a *Auth) sealRecord(provider, subject string, record accountRecord) ([]byte, error) {
	plain, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("signet: account of %s: %w", provider, err)
	}
	return a.keys.Load().rest.seal(accountPlace(provider, subject), plain)
}

// openAccount reads what sealRecord wrote. Data of another kind, a password hash, is no
// record.
func (a *Auth) openAccount(account Account) (accountRecord, error) {
	plain, _, err := a.keys.Load().rest.open(accountPlace(account.Provider, account.Subject), account.Data)
	if err != nil {
		return accountRecord{}, err
	}
	var record accountRecord
	return record, json.Unmarshal(plain, &record)
}

func accountPlace(provider, subject string) string {
	return "account\x00" + provider + "\x00" + subject
}

// arriveByMail signs in whoever can read what is sent to an address (wire: the user of the
// address, or a new one).
func (x *exchange) arriveByMail(p registered, id Identity, email string) error {
	u, isNew, err := x.a.ownerOf(x.context(), p, id, email, x.now)
	if err != nil {
		return err
	}
	in := &SignIn{User: u, Identity: id, Provider: p.info, NewUser: isNew}
	if err := x.a.mayEnter(x.context(), in); err != nil {
		return err
	}
	trigger := "signIn"
	if isNew {
		trigger = "signUp"
	}
	return x.enter(in, trigger)
}

// ownerOf finds or makes the user of an address that was just proved.
func (a *Auth) ownerOf(ctx context.Context, p registered, id Identity, email string, now time.Time) (User, bool, error) {
	users := a.config.Stores.Users
	if users == nil {
		return User{ID: p.info.ID + ":" + FoldEmail(email), Name: id.Name, Email: email}, false, nil
	}
	u, err := users.User(ctx, By{Email: email})
	switch {
	case errors.Is(err, ErrNotFound) && p.info.SignUp:
		u, err = users.CreateUser(ctx, User{Name: id.Name, Email: email, EmailVerified: now, Created: now, Updated: now}, nil)
		if errors.Is(err, ErrTaken) {
			return u, false, &Refused{Kind: kindVerification, Code: "again", Err: err}
		}
		if err == nil && a.config.Events.CreateUser != nil {
			a.tell(func() { a.config.Events.CreateUser(ctx, u) })
		}
		return u, err == nil, fromStore(err)
	case errors.Is(err, ErrNotFound):
		return u, false, &Refused{Kind: kindAccessDenied, Code: "closed", Err: errors.New("no such user, and sign-up is closed")}
	case err != nil:
		return u, false, fromStore(err)
	case u.Disabled:
		return u, false, &Refused{Kind: kindAccessDenied, Code: "disabled", Err: errors.New("user is disabled")}
	}
	u, err = a.proveAddress(ctx, u, now)
	return u, false, err
}

// proveAddress notes that u's address is proved. If it was not before, whoever opened the
// account may have been somebody else: every way in that they left goes, and with it every
// session (security line S-79).
func (a *Auth) proveAddress(ctx context.Context, u User, now time.Time) (User, error) {
	if !u.EmailVerified.IsZero() {
		return u, nil
	}
	if accounts := a.config.Stores.Accounts; accounts != nil {
		list, err := accounts.AccountsOf(ctx, u.ID)
		if err != nil {
			return u, fromStore(err)
		}
		for _, account := range list {
			if err := accounts.DeleteAccount(ctx, account.Provider, account.Subject); err != nil && !errors.Is(err, ErrNotFound) {
				return u, fromStore(err)
			}
			a.forgetGrant(account)
		}
	}
	u.EmailVerified, u.Updated = now, now
	u.Epoch++
	u, err := a.config.Stores.Users.UpdateUser(ctx, u)
	if err == nil {
		a.revoked.add(Revocation{UserID: u.ID, Epoch: u.Epoch, At: now}) // here at once; the feed tells the others
	}
	return u, fromStore(err)
}
