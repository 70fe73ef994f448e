package signet

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/pages"
)

// getSignOut asks; a link, a prefetch or an image must not sign anybody out.
func (x *exchange) getSignOut(string) {
	if x.custom("signout", x.a.config.Pages.SignOut, url.Values{}) {
		return
	}
	p := pages.SignOut{Action: x.base + "/signout", CSRF: x.token, CallbackURL: x.back}
	if x.Session != nil {
		p.User = firstOf(x.Session.Name, x.Session.Email, x.Session.UserID)
	}
	x.draw(http.StatusOK, p)
}

// postSignOut ends the session at the server, then in the browser.
func (x *exchange) postSignOut(string) {
	if !x.verified() {
		x.noToken("signout")
		return
	}
	x.leave()
}

// leave ends the session and goes where the visitor asked to go.
func (x *exchange) leave() {
	signedIn := x.Session != nil
	if err := x.end(x.context(), x.w.Header()); err != nil {
		x.fault(err)
		return
	}
	if signedIn {
		if err := x.mintToken(0); err != nil {
			x.fault(err)
			return
		}
	}
	x.send(x.back)
}

// end ends every session that the request brought and clears its cookies. When the store
// cannot record the end it fails and clears nothing: a sign-out that is answered is true.
func (v *Visit) end(ctx context.Context, h http.Header) error {
	if v.fault != nil {
		return v.fault
	}
	for _, s := range v.all() {
		if err := v.a.endSession(ctx, s, v); err != nil {
			return err
		}
	}
	v.Session, v.broken = nil, false
	v.clear(h)
	return nil
}

// all lists the sessions of the request: during a move between formats a browser may have
// one in each.
func (v *Visit) all() []*Session {
	k, ok := v.a.keeper.(sealed)
	if !ok {
		if v.Session == nil {
			return nil
		}
		return []*Session{v.Session}
	}
	var list []*Session
	for _, f := range v.wire.formats {
		c, err := v.jar.Chunked(f.name)
		if errors.Is(err, cookie.ErrAbsent) || err != nil {
			continue
		}
		if s, err := k.openAs(f.codec, c.Value, v.now); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// endSession ends one session everywhere.
func (a *Auth) endSession(ctx context.Context, s *Session, v *Visit) error {
	news := Revocation{Session: s.ID, UserID: s.UserID, At: v.now}
	if store := a.config.Stores.Sessions; store != nil {
		if _, err := store.EndSessions(ctx, Ending{ID: s.ID, At: v.now}); err != nil {
			return err
		}
	}
	a.revoked.add(news)
	a.stats.signOuts.Add(1)
	if a.config.Events.SignOut != nil {
		a.tell(func() { a.config.Events.SignOut(ctx, s) })
	}
	return nil
}

// SignOut ends the session of a request and clears its cookies in the answer. The error is
// the store's; nothing is cleared then.
func (a *Auth) SignOut(w http.ResponseWriter, r *http.Request) error {
	v := visitFrom(r.Context())
	if v == nil || v.a != a {
		var err error
		if v, err = a.Visit(r); err != nil {
			return err
		}
	}
	return v.end(r.Context(), w.Header())
}

// EndSessions ends all sessions of a user at once but one (0 for none), those in cookies
// as well. It raises the epoch of a user of ours, so that sessions without a row end too.
// The error is the store's, or that there is none.
func (a *Auth) EndSessions(ctx context.Context, userID string, except SessionID) error {
	now := a.world.Now()
	if users := a.config.Stores.Users; users != nil && except == 0 {
		for try := 0; ; try++ {
			u, err := users.User(ctx, By{ID: userID})
			if errors.Is(err, ErrNotFound) {
				break // not a user of this store
			}
			if err != nil {
				return err
			}
			u.Epoch++
			u.Updated = now
			u, err = users.UpdateUser(ctx, u)
			if errors.Is(err, ErrStale) && try < 5 {
				continue
			}
			if err != nil {
				return err
			}
			a.revoked.add(Revocation{UserID: u.ID, Epoch: u.Epoch, At: now})
			break
		}
	}
	store := a.config.Stores.Sessions
	if store == nil && a.config.Stores.Users == nil {
		return errors.New("signet: without a store nobody knows which sessions a user has")
	}
	if store == nil {
		return nil
	}
	ids, err := store.EndSessions(ctx, Ending{UserID: userID, Except: except, At: now})
	for _, id := range ids {
		a.revoked.add(Revocation{Session: id, UserID: userID, At: now})
	}
	return err
}
