package signet

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
)

// A keeper is a strategy: it keeps sessions and never sees a provider.
type keeper interface {
	// open finds the session of a request. The error is errNobody where there is no
	// cookie, *badCookie where it is worth nothing, and else the store's.
	open(ctx context.Context, w *wire, jar cookie.Jar, now time.Time) (*Session, error)

	// create stores a new session and ends the old one, if any. It returns the cookie.
	create(ctx context.Context, w *wire, s *Session, old SessionID, c Client) (string, error)

	// renew pushes the end of s out to s.Expires and keeps its claims. It returns the
	// cookie; errNobody when the session is over meanwhile, ErrStale when another request
	// wrote it since it was read.
	renew(ctx context.Context, w *wire, s *Session, now time.Time) (string, error)
}

// errNobody: nobody is signed in.
var errNobody = errors.New("signet: no session")

// errClaims: the application put something into the session that cannot be written, a name
// twice or more than cookies hold.
var errClaims = errors.New("signet: claims do not fit into a session")

// A badCookie is a session cookie that is worth nothing: the visitor is nobody.
type badCookie struct{ reason string }

func (b *badCookie) Error() string { return "signet: session cookie: " + b.reason }

// badFrom names the reason for a failed read of a cookie.
func badFrom(err error) error {
	if reason := seal.Reason(err); reason != "" {
		return &badCookie{reason}
	}
	switch {
	case errors.Is(err, cookie.ErrDuplicate):
		return &badCookie{"duplicate"}
	case errors.Is(err, cookie.ErrGap):
		return &badCookie{"gap"}
	case errors.Is(err, cookie.ErrTooLarge):
		return &badCookie{"too-large"}
	}
	return &badCookie{"malformed"}
}

// limit works out when s ends: at the time written (zero: never), MaxAge after it was last written, or
// Absolute after its start, whatever comes first. So limits made shorter hold for cookies
// already out.
func (a *Auth) limit(s *Session, written time.Time) {
	end := s.issued.Add(a.config.Session.MaxAge)
	if !written.IsZero() && written.Before(end) {
		end = written
	}
	if last := s.Start.Add(a.config.Session.Absolute); last.Before(end) {
		end = last
	}
	s.Expires = end
}

// extend gives s the time that a visit earns.
func (a *Auth) extend(s *Session, now time.Time) {
	// Cookies and tokens keep whole seconds; so does the session, or the three would
	// name different ends.
	s.issued = now.Truncate(time.Second)
	a.limit(s, s.issued.Add(a.config.Session.MaxAge))
}

// judge tells whether s is alive.
func (a *Auth) judge(s *Session, now time.Time) error {
	if !now.Before(s.Expires) {
		return &badCookie{"expired"}
	}
	if a.revoked.over(s) {
		return &badCookie{"revoked"}
	}
	return nil
}

// sealed is the strategy jwt: the cookie is the session. With a store there is a row too,
// written at sign-in and touched now and then, for the list of sessions.
type sealed struct{ *Auth }

func (k sealed) open(ctx context.Context, w *wire, jar cookie.Jar, now time.Time) (*Session, error) {
	return k.openAny(ctx, w, w.formats, jar, now)
}

func (k sealed) create(ctx context.Context, w *wire, s *Session, old SessionID, c Client) (string, error) {
	value, err := k.seal(w, s)
	if err != nil || k.config.Stores.Sessions == nil {
		return value, err
	}
	row, err := k.newSealedRow(s, c)
	if err != nil {
		return "", err
	}
	return value, fromStore(k.config.Stores.Sessions.CreateSession(ctx, row, old))
}

// seal makes the cookie. That claims do not fit is found out here, before anything is
// stored or ended.
func (k sealed) seal(w *wire, s *Session) (string, error) {
	f := w.formats[0]
	value, err := f.seal(s, s.Claims)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errClaims, err)
	}
	return value, nil
}

// newSealedRow is the row of a sealed session. Its claims are in the cookie, and it
// expires a little later than the cookie where that is renewed more often.
func (k sealed) newSealedRow(s *Session, c Client) (SessionRow, error) {
	row, err := k.newRow(s, c)
	row.Claims = []byte("{}")
	row.Expires = k.rowExpires(s)
	return row, err
}

func (k sealed) rowExpires(s *Session) time.Time {
	return s.Expires.Add(max(0, k.touchAge-k.updateAge))
}

func (k sealed) renew(ctx context.Context, w *wire, s *Session, now time.Time) (string, error) {
	if s.foreign {
		// Read before over is asked below: an end that comes in between must not be skipped.
		s.epoch = k.revoked.epoch(s.UserID)
	}
	if store := k.config.Stores.Sessions; store != nil && now.Sub(s.seen) >= k.touchAge {
		if err := k.touch(ctx, store, s); err != nil {
			return "", err
		}
		s.seen = s.issued
	}
	if k.revoked.over(s) {
		return "", errNobody
	}
	return k.seal(w, s)
}

// touch tells the row of a sealed session that it lives. A row that is gone means that the
// session was ended, perhaps by a process whose news has not arrived yet.
func (k sealed) touch(ctx context.Context, store SessionStore, s *Session) error {
	row, err := store.Session(ctx, s.ID)
	if errors.Is(err, ErrNotFound) {
		if s.ID > 0 {
			return errNobody
		}
		if disabled, err := k.disabled(ctx, s.UserID); err != nil || disabled {
			return cmp.Or(err, errNobody)
		}
		if row, err = k.newSealedRow(s, Client{}); err != nil {
			return err
		}
		err = store.CreateSession(ctx, row, 0)
		if errors.Is(err, ErrTaken) {
			return nil
		}
		return err
	}
	if err != nil {
		return err
	}
	row.Seen, row.Expires, row.AuthTime, row.Epoch = s.issued, k.rowExpires(s), s.AuthTime, s.epoch
	err = store.UpdateSession(ctx, row)
	switch {
	case errors.Is(err, ErrStale):
		return nil // another request of this browser did the same
	case errors.Is(err, ErrNotFound):
		return errNobody
	}
	return err
}

// disabled tells whether a user of ours may not come in. A cookie that another library made
// after that knows nothing of it.
func (a *Auth) disabled(ctx context.Context, userID string) (bool, error) {
	if a.config.Stores.Users == nil {
		return false, nil
	}
	u, err := a.config.Stores.Users.User(ctx, By{ID: userID})
	if errors.Is(err, ErrNotFound) {
		return false, nil // the application's own
	}
	return u.Disabled, err
}

// stored is the strategy database: the cookie is "<id>.<secret>", the row everything else.
type stored struct{ *Auth }

func (k stored) open(ctx context.Context, w *wire, jar cookie.Jar, now time.Time) (*Session, error) {
	s, err := k.openOwn(ctx, w, jar, now)
	if err == nil {
		return k.heed(ctx, w, jar, s, now)
	}
	if len(w.formats) == 1 || !isNobody(err) {
		return nil, err
	}
	carried, other := k.openAny(ctx, w, w.formats[1:], jar, now)
	switch {
	case other == nil:
		return k.takeOver(ctx, w, carried, now)
	case errors.Is(other, errNobody):
		return nil, err
	}
	return nil, other
}

func (k stored) openOwn(ctx context.Context, w *wire, jar cookie.Jar, now time.Time) (*Session, error) {
	value, err := jar.Get(w.formats[0].name)
	if errors.Is(err, cookie.ErrAbsent) {
		return nil, errNobody
	}
	if err != nil {
		return nil, badFrom(err)
	}
	s, err := k.openKey(ctx, value, now)
	if err == nil {
		k.confirm(s)
	}
	return s, err
}

// openKey finds the session that a cookie's value opens.
func (k stored) openKey(ctx context.Context, value string, now time.Time) (*Session, error) {
	id, hash, ok := parseKey(value)
	if !ok {
		return nil, &badCookie{"malformed"}
	}
	row, err := k.config.Stores.Sessions.Session(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, &badCookie{"unknown"}
	}
	if err != nil {
		return nil, err
	}
	if row.Secret == ([32]byte{}) || !hmac.Equal(row.Secret[:], hash[:]) {
		return nil, &badCookie{"foreign"}
	}
	s, err := readSession(row.Claims)
	if err != nil {
		return nil, err
	}
	s.kept, s.issued = &kept{value, row}, row.Seen
	k.limit(s, row.Expires)
	return s, k.judge(s, now)
}

// parseKey takes the cookie of a stored session apart: 11 characters of ID, a dot, 43 of
// secret. It returns the hash of the secret.
func parseKey(value string) (SessionID, [32]byte, bool) {
	idText, secretText, ok := strings.Cut(value, ".")
	id, isID := ParseSessionID(idText)
	if !ok || !isID || len(secretText) != 43 {
		return 0, [32]byte{}, false
	}
	var secret [32]byte
	if n, err := base64.RawURLEncoding.Strict().Decode(secret[:], []byte(secretText)); err != nil || n != 32 {
		return 0, [32]byte{}, false
	}
	return id, sha256.Sum256(secret[:]), true
}

func (k stored) create(ctx context.Context, w *wire, s *Session, old SessionID, c Client) (string, error) {
	var secret [32]byte
	if _, err := io.ReadFull(k.world.Rand, secret[:]); err != nil {
		return "", err
	}
	row, err := k.newRow(s, c)
	if err != nil {
		return "", err
	}
	row.Secret = sha256.Sum256(secret[:])
	if row.Claims, err = k.claims(s); err != nil {
		return "", err
	}
	value := s.ID.String() + "." + base64.RawURLEncoding.EncodeToString(secret[:])
	return value, fromStore(k.config.Stores.Sessions.CreateSession(ctx, row, old))
}

func (k stored) renew(ctx context.Context, w *wire, s *Session, now time.Time) (string, error) {
	if s.kept == nil {
		return k.adopt(ctx, w, s)
	}
	row := s.kept.row
	row.Seen, row.Expires, row.AuthTime, row.Epoch = s.issued, s.Expires, s.AuthTime, s.epoch
	var err error
	if row.Claims, err = k.claims(s); err != nil {
		return "", err
	}
	err = k.config.Stores.Sessions.UpdateSession(ctx, row)
	if errors.Is(err, ErrNotFound) {
		return "", errNobody
	}
	return s.kept.cookie, err
}

// claims is the payload for the row. It is read back first: one that cannot be read would
// leave a session that answers 503 until it ends.
func (k stored) claims(s *Session) ([]byte, error) {
	payload := s.payload()
	if _, err := readSession(payload); err != nil {
		return nil, fmt.Errorf("%w: %w", errClaims, err)
	}
	return payload, nil
}

// newRow is the row of a session that begins.
func (a *Auth) newRow(s *Session, c Client) (SessionRow, error) {
	var handle [16]byte
	if _, err := io.ReadFull(a.world.Rand, handle[:]); err != nil {
		return SessionRow{}, err
	}
	return SessionRow{
		ID: s.ID, Handle: base64.RawURLEncoding.EncodeToString(handle[:]),
		UserID: s.UserID, Epoch: s.epoch, Provider: s.Provider,
		Start: s.Start, AuthTime: s.AuthTime, Seen: s.issued, Expires: s.Expires,
		Agent: c.Agent, Network: c.IP,
	}, nil
}
