package signet

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

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
	before := x.Session
	if err := x.signOut(); err != nil {
		x.fault(err)
		return
	}
	x.send(x.farewell(before))
}

// farewell is where to go after a sign-out: home, or by way of the provider, where its
// session is to end too.
func (x *exchange) farewell(s *Session) string {
	if s == nil || x.a.config.Stores.Accounts == nil {
		return x.back
	}
	p, ok := x.a.provider(s.Provider)
	if !ok || !p.info.LeaveAtSignOut {
		return x.back
	}
	list, err := x.a.config.Stores.Accounts.AccountsOf(x.context(), s.UserID)
	if err != nil {
		x.a.log.Warn("no way out at the provider", "provider", p.info.ID, "error", err)
		return x.back
	}
	to := x.back
	for _, account := range list {
		if account.Provider == p.info.ID {
			to = x.leaving(p, account)
		}
	}
	return to
}

// leaving is the provider's own way out, or home where there is none.
func (x *exchange) leaving(p registered, account Account) string {
	leaver, ok := p.Provider.(Leaver)
	record, err := x.a.openAccount(account)
	if !ok || err != nil || record.Tokens == nil || record.Tokens.ID == "" {
		return x.back
	}
	to, err := leaver.EndSession(x.context(), x.a.world, record.Tokens.ID, x.back, "")
	if err != nil {
		x.a.log.Warn("no way out at the provider", "provider", p.info.ID, "error", err)
	}
	return firstOf(to, x.back)
}

// signOut ends the session and gives the browser a CSRF token of nobody.
func (x *exchange) signOut() error {
	signedIn := x.Session != nil
	if err := x.end(x.context(), x.w.Header()); err != nil || !signedIn {
		return err
	}
	return x.mintToken(0)
}

// end ends every session that the request brought and clears its cookies. When the store
// cannot record the end it fails and clears nothing: a sign-out that is answered is true.
func (v *Visit) end(ctx context.Context, h http.Header) error {
	if v.fault != nil {
		return v.fault
	}
	sessions, err := v.all(ctx)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		given, err := v.a.parting(ctx, s)
		if err != nil {
			return err
		}
		if err := v.a.endSession(ctx, s, v); err != nil {
			v.a.outbox.takeBack(ctx, given)
			return err
		}
		v.a.outbox.runLater(given)
	}
	v.Session, v.broken = nil, false
	v.clear(h)
	return nil
}

// all lists the sessions that the request's cookies open. There can be several: during a
// move between formats a browser may have one in each, and where a cookie came twice nobody
// is signed in, but who signs out means both. The error is the store's.
func (v *Visit) all(ctx context.Context) ([]*Session, error) {
	var list []*Session
	for i, f := range v.wire.formats {
		for _, value := range spellings(v.jar, f.name) {
			s, err := v.openValue(ctx, i, value)
			var bad *badCookie
			if errors.As(err, &bad) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(list, func(o *Session) bool { return o.ID == s.ID }) {
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// openValue opens one value of the i-th format.
func (v *Visit) openValue(ctx context.Context, i int, value string) (*Session, error) {
	k, ok := v.a.keeper.(stored)
	if ok && i == 0 {
		return k.openKey(ctx, value, v.now)
	}
	s, err := v.a.openAs(ctx, &v.wire.formats[i], value, v.now)
	if ok && err == nil {
		return k.takeOver(ctx, v.wire, s, v.now)
	}
	return s, err
}

// maxSpellings bounds what the cookies of one name are put together to. A browser has two
// of a name, perhaps three; whoever planted more did not mean to be signed out.
const maxSpellings = 256

// spellings returns the values that the cookies of one name, bare or in chunks, may have
// been cut from: one, unless some came more than once.
func spellings(jar cookie.Jar, name string) []string {
	var values []string
	var chunks [cookie.MaxChunks][]string
	for n, v := range jar.All() {
		suffix, ok := strings.CutPrefix(n, name)
		switch {
		case !ok || v == "":
		case suffix == "":
			values = append(values, v)
		case len(suffix) == 2 && suffix[0] == '.' && '0' <= suffix[1] && suffix[1] < '0'+cookie.MaxChunks:
			i := suffix[1] - '0'
			chunks[i] = append(chunks[i], v)
		}
	}
	begun := []string{""}
	for _, choices := range chunks {
		if len(values)+len(begun)*len(choices) > maxSpellings {
			break
		}
		var longer []string
		for _, b := range begun {
			for _, c := range choices {
				longer = append(longer, b+c)
			}
		}
		values, begun = append(values, longer...), longer
	}
	return values
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
// as well, and those that other libraries sealed until now. Without an exception it also
// raises the epoch of a user of ours, so that sessions without a row end. The exception
// needs a session store. It does not hold for a session that another library sealed until
// [Visit.Commit] has written it back: all that is known of such a cookie is its date.
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
	if store == nil && (a.config.Stores.Users == nil || except != 0) {
		return errors.New("signet: without a store for sessions nobody knows which ones a user has")
	}
	if store == nil {
		return nil
	}
	ids, err := store.EndSessions(ctx, Ending{UserID: userID, Except: except, At: now})
	for _, id := range ids {
		a.revoked.add(Revocation{Session: id, UserID: userID, At: now})
	}
	if err == nil {
		a.revoked.add(Revocation{UserID: userID, At: now})
	}
	return err
}
