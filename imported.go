package signet

import (
	"context"
	"errors"
	"time"

	"github.com/signet-auth/signet/seal"
)

// An Imported is a session out of the table of another application, whose cookie is only
// the name of a row there.
type Imported struct {
	UserID  string
	Expires time.Time

	// Claims go into the session; those called sub, name, email and picture into its fields.
	Claims Claims
}

// ImportSession files a session of another application under the key that the Find of its
// [Format] gives for the cookie. It becomes a session of ours at its owner's next visit,
// and the old cookie opens nothing once the new one has come back. Importing again
// replaces what was filed, and lets a cookie that was replaced open once more.
func ImportSession(ctx context.Context, store TicketStore, format, key string, in Imported) error {
	s := Session{Claims: in.Claims.clone()}
	payload, err := readSession(s.Claims.append(nil))
	if err != nil {
		return err
	}
	payload.UserID = in.UserID
	claims := Claims{members: append([]member{
		{"sub", appendText(nil, payload.UserID)}, {"name", appendText(nil, payload.Name)},
		{"email", appendText(nil, payload.Email)}, {"picture", appendText(nil, payload.Image)},
	}, payload.Claims.members...)}
	return store.Issue(ctx, importKey(format, key), Ticket{Value: claims.append(nil), Uses: 1, Expires: in.Expires})
}

func importKey(format, key string) string { return "imported " + format + " " + key }

// findImported reads a session that was filed under what its cookie names.
func (a *Auth) findImported(ctx context.Context, f *cookieFormat, value string, now time.Time) (seal.Opened, error) {
	key, err := f.Find(value)
	if err != nil {
		return seal.Opened{}, badFrom(err)
	}
	key = importKey(f.Name, key)
	taken, err := a.config.Stores.Tickets.Consume(ctx, key, Use{Now: now, Look: true})
	switch {
	case errors.Is(err, ErrNotFound):
		return seal.Opened{}, &badCookie{"unknown"}
	case errors.Is(err, ErrSpent):
		return seal.Opened{}, &badCookie{"replaced"}
	case err != nil:
		return seal.Opened{}, err
	}
	return seal.Opened{Claims: taken.Value, Life: seal.Life{Expires: taken.Expires}, Print: key}, nil
}

// fillIn completes an imported session with what the store knows of its user.
func (a *Auth) fillIn(ctx context.Context, s *Session) error {
	if a.config.Stores.Users == nil || s.UserID == "" {
		return nil
	}
	u, err := a.config.Stores.Users.User(ctx, By{ID: s.UserID})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if u.Disabled {
		return &badCookie{"revoked"}
	}
	s.Name, s.Email, s.Image, s.Groups = u.Name, u.Email, u.Image, u.Groups
	return nil
}

// confirm notices that the browser shows the new cookie of an imported session: the next
// renewal may use up the old one. Until then a lost answer must not sign anybody out.
func (a *Auth) confirm(s *Session) {
	if s.from != "" {
		s.stale, s.replaced, s.from = true, s.from, ""
	}
}

// burn uses up the old cookie of an imported session.
func (a *Auth) burn(ctx context.Context, s *Session, now time.Time) error {
	if s.replaced == "" || a.config.Stores.Tickets == nil {
		return nil
	}
	_, err := a.config.Stores.Tickets.Consume(ctx, s.replaced, Use{Now: now})
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrSpent) {
		return nil
	}
	return err
}
