package signet

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
)

// While another application reads and writes its own cookie for the same people, a format
// is written beside ours. Each cookie keeps its own members; the user, and our member, are
// the same in all.

// seal makes the cookie's value of s with the given claims. It fails when that is more than
// cookies hold.
func (f *cookieFormat) seal(s *Session, claims Claims) (string, error) {
	value, err := f.codec.Seal(f.Shape.write(s, claims, f.Undated), seal.Life{Issued: s.issued, Expires: s.Expires})
	if err == nil && len(value) > f.Chunk {
		_, err = cookie.Plan(f.name, value, nil, f.Chunk)
	}
	return value, err
}

// heed looks at the cookies beside ours, where another application may have signed out, or
// somebody else in.
func (a *Auth) heed(ctx context.Context, w *wire, jar cookie.Jar, s *Session, now time.Time) (*Session, error) {
	if !w.beside {
		return s, nil
	}
	for i := range w.formats[1:] {
		f := &w.formats[1+i]
		if !f.Beside {
			continue
		}
		o, err := a.openBeside(ctx, f, jar, now)
		var bad *badCookie
		switch {
		case err == nil && sameUser(o, s):
			s.others = append(s.others, others{f.Name, o.Claims})
		case err == nil:
			o.stale, o.replaces = true, s.ID
			return o, nil
		case !isNobody(err):
			return nil, err
		case slices.Contains(s.beside, f.Name) && (errors.Is(err, errNobody) || errors.As(err, &bad) && bad.reason == "expired"):
			return nil, &badCookie{"ended-beside"}
		default:
			s.stale = true // not written yet, or nothing that anybody can read
		}
	}
	return s, nil
}

func (a *Auth) openBeside(ctx context.Context, f *cookieFormat, jar cookie.Jar, now time.Time) (*Session, error) {
	c, err := jar.Chunked(f.name)
	if errors.Is(err, cookie.ErrAbsent) {
		return nil, errNobody
	}
	if err != nil {
		return nil, badFrom(err)
	}
	return a.openAs(ctx, f, c.Value, now)
}

// others are the claims that a cookie beside ours has.
type others struct {
	format string
	claims Claims
}

// sameUser compares two sessions as far as both formats name their user.
func sameUser(a, b *Session) bool {
	if a.UserID != "" && b.UserID != "" {
		return a.UserID == b.UserID
	}
	return a.Email != "" && FoldEmail(a.Email) == FoldEmail(b.Email)
}

// sealBeside makes the cookies beside ours and notes in s which there are. One that does
// not fit is left out: the session itself matters more.
func (v *Visit) sealBeside(s *Session) {
	v.besides, s.beside = nil, nil
	if !v.wire.beside {
		return
	}
	for i := range v.wire.formats[1:] {
		f := &v.wire.formats[1+i]
		if !f.Beside {
			continue
		}
		lines, err := v.linesBeside(f, s)
		if err != nil {
			v.a.log.Error("session cannot be written in another format beside ours", "format", f.Name, "error", err)
			continue
		}
		v.besides = append(v.besides, lines...)
		s.beside = append(s.beside, f.Name)
	}
}

func (v *Visit) linesBeside(f *cookieFormat, s *Session) ([]string, error) {
	claims := s.Claims
	if s.grant != "" {
		bare := *s // another application's cookie need not carry the tokens as well
		bare.grant = ""
		s = &bare
	}
	if f.Readable && !v.wire.formats[0].Readable {
		claims = Claims{}
	}
	for _, o := range s.others {
		if o.format == f.Name {
			claims = o.claims
		}
	}
	value, err := f.seal(s, claims)
	if err != nil {
		return nil, err
	}
	plan, err := cookie.Plan(f.name, value, v.jar.Family(f.name), f.Chunk)
	if err != nil {
		return nil, err
	}
	attrs := v.wire.session
	attrs.Expires = s.Expires
	return attrs.Lines(plan)
}

// endReplaced ends the session in whose place another application signed somebody in.
func (v *Visit) endReplaced(ctx context.Context, s *Session) error {
	if s.replaces == 0 {
		return nil
	}
	gone := Revocation{Session: s.replaces, At: v.now}
	if store := v.a.config.Stores.Sessions; store != nil {
		if _, err := store.EndSessions(ctx, Ending{ID: s.replaces, At: v.now}); err != nil {
			return err
		}
	}
	v.a.revoked.add(gone)
	s.replaces = 0
	return nil
}
