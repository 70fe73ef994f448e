package signet

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"
)

// Refresh tokens of ours belong to a family: the line of tokens that one sign-in began. Each
// is used once and replaced. Shown once more, it was stolen, from whoever it was shown by,
// and the whole family dies (RFC 9700 section 4.14.2). An answer may get lost on its way,
// so for a moment the same successor is given again; never another one.

// refreshGrace is that moment (security line S-86).
const refreshGrace = 10 * time.Second

// errNoGrant: the refresh token is worth nothing.
var errNoGrant = errors.New("signet: refresh token refused")

// A family is what a refresh token stands for, as the store keeps it, sealed.
type family struct {
	Audience string    `json:"aud"`
	Session  SessionID `json:"sid"`
	UserID   string    `json:"sub"`
	Name     string    `json:"name,omitempty"`
	Email    string    `json:"email,omitempty"`
	Image    string    `json:"picture,omitempty"`
	Groups   []string  `json:"groups,omitempty"`
	Provider string    `json:"by,omitempty"`
	Claims   []byte    `json:"claims,omitempty"`
	Start    time.Time `json:"start"`
	Epoch    int64     `json:"epoch"`
	Ends     time.Time `json:"ends"`
}

// A refresh token is its family's name, 16 bytes, and 32 bytes of its own, each in base64.
const (
	familyName, refreshLength = 16, 16 + 32
	familyText, refreshText   = 22, 22 + 43
)

func familyKey(token string) string { return "access family " + token[:familyText] }

func refreshKey(token string) string {
	sum := sha256.Sum256([]byte("signet refresh token " + token))
	return "access refresh " + base64.RawURLEncoding.EncodeToString(sum[:])
}

// newFamily begins a family for a session; "" where refresh tokens are off.
func (a *Auth) newFamily(ctx context.Context, s *Session, audience string, now time.Time) (string, error) {
	if a.config.Access.RefreshLife == 0 {
		return "", nil
	}
	ends := now.Add(a.config.Access.RefreshLife)
	if last := s.Start.Add(a.config.Session.Absolute); last.Before(ends) {
		ends = last
	}
	f := family{
		Audience: audience, Session: s.ID, UserID: s.UserID, Name: s.Name, Email: s.Email, Image: s.Image,
		Groups: s.Groups, Provider: s.Provider, Claims: a.keptClaims(s), Start: s.Start, Epoch: s.epoch, Ends: ends,
	}
	if err := a.takeRefresh(ctx, s.UserID, now); err != nil {
		return "", err
	}
	token, err := a.nextRefresh("")
	if err != nil {
		return "", err
	}
	tickets := a.config.Stores.Tickets
	if err := tickets.Issue(ctx, familyKey(token), Ticket{Uses: 1, Expires: ends}); err != nil {
		return "", fromStore(err)
	}
	return token, a.issueRefresh(ctx, token, f)
}

// keptClaims are the claims that tokens of the session may show.
func (a *Auth) keptClaims(s *Session) []byte {
	var c Claims
	for _, name := range a.config.Access.Claims {
		if raw := s.Claims.Raw(name); raw != nil {
			c.put(name, raw)
		}
	}
	return c.append(nil)
}

// nextRefresh makes a token of the family of another, or of a new one.
func (a *Auth) nextRefresh(of string) (string, error) {
	var b [refreshLength]byte
	if _, err := io.ReadFull(a.world.Rand, b[:]); err != nil {
		return "", err
	}
	if of != "" {
		base64.RawURLEncoding.Decode(b[:familyName], []byte(of[:familyText])) // was read before
	}
	return base64.RawURLEncoding.EncodeToString(b[:familyName]) + base64.RawURLEncoding.EncodeToString(b[familyName:]), nil
}

// isRefresh tells whether a text can be one of our refresh tokens.
func isRefresh(text string) bool {
	if len(text) != refreshText {
		return false
	}
	strict := base64.RawURLEncoding.Strict()
	_, err := strict.DecodeString(text[:familyText])
	_, err2 := strict.DecodeString(text[familyText:])
	return err == nil && err2 == nil
}

func (a *Auth) issueRefresh(ctx context.Context, token string, f family) error {
	plain, err := json.Marshal(f)
	if err != nil {
		return err
	}
	key := refreshKey(token)
	sealed, err := a.keys.Load().rest.seal(key, plain)
	if err != nil {
		return err
	}
	return fromStore(a.config.Stores.Tickets.Issue(ctx, key, Ticket{Value: sealed, Uses: 1, Expires: f.Ends}))
}

// spendRefresh takes a refresh token and gives its successor, with the session as it is now.
// The error is errNoGrant, a *Refused for too many, or the store's.
func (a *Auth) spendRefresh(ctx context.Context, presented string, now time.Time) (*Session, string, string, error) {
	if !isRefresh(presented) {
		return nil, "", "", errNoGrant
	}
	tickets := a.config.Stores.Tickets
	if _, err := tickets.Consume(ctx, familyKey(presented), Use{Now: now, Look: true}); err != nil {
		return nil, "", "", grantless(err) // ErrSpent: the family is dead
	}
	taken, err := tickets.Consume(ctx, refreshKey(presented), Use{Now: now, Look: true})
	if err != nil && !errors.Is(err, ErrSpent) {
		return nil, "", "", grantless(err)
	}
	f, openErr := a.openFamily(refreshKey(presented), taken.Value)
	if openErr != nil {
		return nil, "", "", errNoGrant // sealed with secrets that are gone
	}
	s, alive := a.familySession(ctx, f, now)
	if alive != nil {
		return nil, "", "", alive
	}
	next := ""
	if err != nil {
		next, err = a.successor(ctx, presented, taken, now)
	} else if err = a.mayRefresh(ctx, f.UserID, now); err == nil {
		next, err = a.replaceRefresh(ctx, presented, f, now)
	}
	return s, f.Audience, next, err
}

// takeRefresh takes one refresh token from the budget of a user. The error is a *Refused, or
// the store's.
func (a *Auth) takeRefresh(ctx context.Context, userID string, now time.Time) error {
	t := try{budget: a.budget, v: &Visit{now: now}}
	return t.count(ctx, refreshBudget(userID), a.config.Limits.RefreshTokensPerHour, time.Hour)
}

// mayRefresh looks at the budget and takes nothing. Of many who show one token at the same
// moment, the one who gets the new one pays for it.
func (a *Auth) mayRefresh(ctx context.Context, userID string, now time.Time) error {
	got, err := a.budget.store.Consume(ctx, refreshBudget(userID), Use{Now: now, Look: true})
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case errors.Is(err, ErrSpent):
		if wait := got.Expires.Sub(now); !putBack(wait, time.Hour) {
			return throttled(wait)
		}
		return nil
	}
	return fromStore(err)
}

func refreshBudget(userID string) string { return "refresh tokens:" + hashed(userID) }

// replaceRefresh spends a token. Of those who do so at the same moment one wins, and all get
// the winner's successor.
func (a *Auth) replaceRefresh(ctx context.Context, presented string, f family, now time.Time) (string, error) {
	next, err := a.nextRefresh(presented)
	if err != nil {
		return "", err
	}
	// The successor is there before its predecessor is spent: a crash between the two leaves
	// a token that nobody has heard of, and not a family without one.
	if err := a.issueRefresh(ctx, next, f); err != nil {
		return "", err
	}
	tickets := a.config.Stores.Tickets
	taken, err := tickets.Consume(ctx, refreshKey(presented), Use{
		Now: now, After: lock(presented, next, now.Add(refreshGrace)), Until: now.Add(refreshGrace),
	})
	if err == nil {
		if err := a.takeRefresh(ctx, f.UserID, now); err != nil && !isThrottled(err) {
			a.log.Warn("a refresh token was not counted", "error", err)
		}
		return next, nil
	}
	if _, burnErr := tickets.Consume(ctx, refreshKey(next), Use{Now: now}); burnErr != nil {
		return "", fromStore(burnErr)
	}
	if !errors.Is(err, ErrSpent) {
		return "", grantless(err)
	}
	return a.successor(ctx, presented, taken, now)
}

// successor answers a token that was spent before: with the same successor for a moment, as
// long as that is the newest, and then with the end of the family.
func (a *Auth) successor(ctx context.Context, presented string, taken Taken, now time.Time) (string, error) {
	if next, until, ok := unlock(presented, taken.After); ok && now.Before(until) {
		_, err := a.config.Stores.Tickets.Consume(ctx, refreshKey(next), Use{Now: now, Look: true})
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, ErrSpent) {
			return "", grantless(err)
		}
		// It has been used, so its owner did get it.
	}
	a.stats.reused.Add(1)
	a.log.Warn("a refresh token was used twice: its family is ended")
	_, err := a.config.Stores.Tickets.Consume(ctx, familyKey(presented), Use{Now: now})
	if err != nil && !errors.Is(err, ErrSpent) && !errors.Is(err, ErrNotFound) {
		return "", fromStore(err)
	}
	return "", errNoGrant
}

// grantless tells a missing or spent ticket from a store that does not answer.
func grantless(err error) error {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrSpent) {
		return errNoGrant
	}
	return fromStore(err)
}

func (a *Auth) openFamily(key string, sealed []byte) (f family, err error) {
	plain, _, err := a.keys.Load().rest.open(key, sealed)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(plain, &f)
}

// familySession is the session that a family came from, with what is true of its user today.
// A family ends with its session: by sign-out, or with its user.
func (a *Auth) familySession(ctx context.Context, f family, now time.Time) (*Session, error) {
	s := &Session{
		ID: f.Session, UserID: f.UserID, Name: f.Name, Email: f.Email, Image: f.Image, Groups: f.Groups,
		Provider: f.Provider, Start: f.Start, Expires: f.Ends, epoch: f.Epoch,
	}
	s.Claims, _ = ParseClaims(f.Claims)
	if !now.Before(f.Ends) || a.revoked.over(s) || !slices.Contains(a.config.Access.Audiences, f.Audience) {
		return nil, errNoGrant
	}
	if a.revoked.blind(now) {
		return nil, fromStore(errBlind)
	}
	if a.config.Stores.Sessions != nil {
		row, err := a.config.Stores.Sessions.Session(ctx, f.Session)
		if err != nil {
			return nil, grantless(err)
		}
		if !now.Before(row.Expires) {
			return nil, errNoGrant // and will be swept away
		}
		if row.Expires.Before(s.Expires) {
			s.Expires = row.Expires
		}
	}
	if a.config.Stores.Users == nil {
		return s, nil
	}
	u, err := a.config.Stores.Users.User(ctx, By{ID: f.UserID})
	switch {
	case errors.Is(err, ErrNotFound):
		return s, nil // the application's own
	case err != nil:
		return nil, fromStore(err)
	case u.Disabled || u.Epoch > f.Epoch:
		return nil, errNoGrant
	}
	s.Name, s.Email, s.Image = firstOf(u.Name, s.Name), firstOf(u.Email, s.Email), firstOf(u.Image, s.Image)
	if len(u.Groups) > 0 {
		s.Groups = u.Groups
	}
	return s, nil
}

// lock encrypts a successor, and until when it may be told, under the token that it follows:
// the store cannot read it, and who shows the token can. The key is used once, so the nonce
// may be the same for all.
func lock(under, successor string, until time.Time) []byte {
	aead := successorKey(under)
	plain := append(binary.BigEndian.AppendUint64(nil, uint64(until.UnixMilli())), successor...)
	return aead.Seal(nil, make([]byte, aead.NonceSize()), plain, nil)
}

func unlock(under string, locked []byte) (successor string, until time.Time, ok bool) {
	aead := successorKey(under)
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), locked, nil)
	if err != nil || len(plain) < 8 {
		return "", time.Time{}, false
	}
	return string(plain[8:]), time.UnixMilli(int64(binary.BigEndian.Uint64(plain))), true
}

func successorKey(token string) cipher.AEAD {
	key := sha256.Sum256([]byte("signet refresh successor " + token))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}
