package signet

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
)

// A session that people carry from another application is adopted: it gets an ID, a start
// and an end, can be listed and revoked, and is written back in our own format. Nothing of
// that needs a lock or a record of who came first: the ID, and with the strategy Database
// the secret too, follow from the foreign cookie, so requests at the same moment make the
// same session of it.

// isNobody tells errors that are about a visitor from those of a store.
func isNobody(err error) bool {
	var bad *badCookie
	return errors.Is(err, errNobody) || errors.As(err, &bad)
}

// openAny opens the first cookie that is worth something, in any of the formats.
func (a *Auth) openAny(ctx context.Context, w *wire, formats []cookieFormat, jar cookie.Jar, now time.Time) (*Session, error) {
	failure := errNobody
	for i := range formats {
		f := &formats[i]
		c, err := jar.Chunked(f.name)
		if errors.Is(err, cookie.ErrAbsent) {
			continue
		}
		if err != nil {
			failure = badFrom(err)
			continue
		}
		s, err := a.openAs(ctx, f, c.Value, now)
		if err != nil {
			if !isNobody(err) {
				return nil, err
			}
			failure = err
			continue
		}
		if f != &w.formats[0] {
			s.stale = true
			if s.foreign && w.formats[0].Readable && !f.Readable {
				s.Claims = Claims{} // they were kept secret from whoever holds the cookie
			}
			return s, nil
		}
		a.confirm(s)
		return a.heed(ctx, w, jar, s, now)
	}
	return nil, failure
}

// openAs opens a value in one of the formats.
func (a *Auth) openAs(ctx context.Context, f *cookieFormat, value string, now time.Time) (*Session, error) {
	o, err := a.unseal(ctx, f, value, now)
	if err != nil {
		return nil, err
	}
	s, err := f.Shape.read(o.Claims)
	if err != nil {
		return nil, badFrom(err)
	}
	if !o.Issued.IsZero() {
		s.issued = o.Issued
	}
	undated := s.issued.IsZero()
	if undated || s.issued.After(now) {
		s.issued = now // a start in the future would put off the absolute end
	}
	s.stale = o.Stale
	if s.ID == 0 {
		if err := a.begin(ctx, f, s, o, undated); err != nil {
			return nil, err
		}
	}
	// NextAuth before 4.24.5 sealed its check cookies with the keys of sessions; those
	// have neither of the two (CVE-2023-48309).
	if s.UserID == "" && s.Email == "" {
		return nil, &badCookie{"no-user"}
	}
	a.limit(s, o.Expires)
	return s, a.judge(s, now)
}

// unseal reads the payload of a cookie.
func (a *Auth) unseal(ctx context.Context, f *cookieFormat, value string, now time.Time) (seal.Opened, error) {
	if f.Find != nil {
		return a.findImported(ctx, f, value, now)
	}
	o, err := f.codec.Open(value, now)
	if err != nil {
		return o, badFrom(err)
	}
	return o, nil
}

// begin makes a session of ours out of one that another library made. Its ID is derived
// from the value, so that every process gives it the same and it can be ended like any.
func (a *Auth) begin(ctx context.Context, f *cookieFormat, s *Session, o seal.Opened, undated bool) error {
	h := sha256.Sum256([]byte("signet adopted session " + o.Print))
	s.ID = SessionID(binary.BigEndian.Uint64(h[:8]) | 1<<63)
	s.Start, s.AuthTime = s.issued, s.issued
	s.stale, s.foreign, s.undated = true, true, undated
	if f.Find != nil {
		s.from = o.Print
		if err := a.fillIn(ctx, s); err != nil {
			return err
		}
	}
	if !undated {
		return nil
	}
	return a.firstRead(ctx, s, o.Expires)
}

// firstRead is when a session begins whose value does not say it: at its first read. That
// is written down, for as long as the value can be shown.
func (a *Auth) firstRead(ctx context.Context, s *Session, end time.Time) error {
	store := a.config.Stores.Tickets
	if store == nil {
		return nil
	}
	if end.IsZero() {
		end = s.issued.AddDate(100, 0, 0)
	}
	taken, err := store.Consume(ctx, "first read "+s.ID.String(), Use{
		Now:   s.issued,
		Fresh: &Ticket{Value: strconv.AppendInt(nil, s.issued.Unix(), 10), Uses: 1, Expires: end},
	})
	if err == nil || !errors.Is(err, ErrSpent) {
		return err
	}
	at, ok := seal.Seconds(taken.Value)
	if !ok {
		return fmt.Errorf("signet: the first read of session %s is not a time", s.ID)
	}
	s.Start, s.AuthTime = at, at
	return nil
}

// takeOver finds the row of a session that was carried here before: the answer that held
// its new cookie may have been lost.
func (k stored) takeOver(ctx context.Context, w *wire, s *Session, now time.Time) (*Session, error) {
	row, err := k.config.Stores.Sessions.Session(ctx, s.ID)
	if errors.Is(err, ErrNotFound) {
		if !s.foreign {
			return nil, &badCookie{"unknown"} // ours, and ended
		}
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	value, ok := k.cookieOf(row, now)
	if !ok {
		return nil, &badCookie{"foreign"}
	}
	if s, err = k.openKey(ctx, value, now); err == nil {
		s.stale = true
	}
	return s, err
}

// adopt stores a session that was carried here and returns its cookie.
func (k stored) adopt(ctx context.Context, w *wire, s *Session) (string, error) {
	store := k.config.Stores.Sessions
	if disabled, err := k.disabled(ctx, s.UserID); err != nil || disabled {
		return "", cmp.Or(err, errNobody)
	}
	// Read before the store is asked: an end that comes in between must not be skipped.
	s.epoch = k.revoked.epoch(s.UserID)
	row, err := k.newRow(s, Client{})
	if err != nil {
		return "", err
	}
	if row.Claims, err = k.claims(s); err != nil {
		return "", err
	}
	secret := adoptedSecret(k.current(s.issued).adopt[0], s.ID)
	row.Secret = sha256.Sum256(secret)
	err = store.CreateSession(ctx, row, 0)
	if err == nil {
		if k.revoked.over(s) {
			return "", errNobody
		}
		return keyText(s.ID, secret), nil
	}
	if !errors.Is(err, ErrTaken) {
		return "", err
	}
	if row, err = store.Session(ctx, s.ID); err != nil {
		if errors.Is(err, ErrNotFound) {
			err = errNobody
		}
		return "", err
	}
	if value, ok := k.cookieOf(row, s.issued); ok {
		return value, nil
	}
	return "", errNobody
}

// cookieOf makes the cookie of a row that adopt stored, perhaps with an older secret of
// this program.
func (k stored) cookieOf(row SessionRow, now time.Time) (string, bool) {
	for _, key := range k.current(now).adopt {
		secret := adoptedSecret(key, row.ID)
		if hash := sha256.Sum256(secret); hmac.Equal(hash[:], row.Secret[:]) {
			return keyText(row.ID, secret), true
		}
	}
	return "", false
}

func adoptedSecret(key []byte, id SessionID) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id.String()))
	return m.Sum(nil)
}

// keyText is the cookie of a stored session; [parseKey] reads it.
func keyText(id SessionID, secret []byte) string {
	return id.String() + "." + base64.RawURLEncoding.EncodeToString(secret)
}
