package signet

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet/pages"
)

// A ListedSession is a session as its owner sees it in a list.
type ListedSession struct {
	// ID is a random name for the list; it opens nothing and is not the session's ID.
	ID       string    `json:"id"`
	Current  bool      `json:"current"`
	Provider string    `json:"provider"`
	Agent    string    `json:"agent"`
	Network  string    `json:"network"`
	Start    time.Time `json:"start"`
	Seen     time.Time `json:"seen"`

	session SessionID
}

// Sessions lists a user's sessions that are alive, newest first; current is marked. Without
// a store that can list them the answer is empty.
func (a *Auth) Sessions(ctx context.Context, userID string, current SessionID) ([]ListedSession, error) {
	lister, ok := a.config.Stores.Sessions.(SessionLister)
	if !ok {
		return nil, nil
	}
	rows, err := lister.SessionsOf(ctx, userID)
	if err != nil {
		return nil, err
	}
	now := a.world.Now()
	list := make([]ListedSession, 0, len(rows))
	for _, r := range rows {
		if !now.Before(r.Expires) {
			continue
		}
		list = append(list, ListedSession{
			ID: r.Handle, Current: r.ID == current, Provider: r.Provider, Agent: r.Agent, Network: r.Network,
			Start: r.Start.UTC(), Seen: r.Seen.UTC(), session: r.ID,
		})
	}
	return list, nil
}

// mine lists the visitor's sessions; it answers the request itself for nobody.
func (x *exchange) mine() ([]ListedSession, bool) {
	if x.Visit.fault != nil {
		x.fault(x.Visit.fault)
		return nil, false
	}
	if x.Session == nil {
		x.deny(x.w, x.r, http.StatusUnauthorized)
		return nil, false
	}
	list, err := x.a.Sessions(x.context(), x.Session.UserID, x.Session.ID)
	if err != nil {
		x.fault(err)
		return nil, false
	}
	return list, true
}

func (x *exchange) getSessions(second string) {
	if second != "" {
		badRequest(x.w)
		return
	}
	list, ok := x.mine()
	if !ok {
		return
	}
	if list == nil {
		list = []ListedSession{}
	}
	body, err := json.Marshal(list)
	if err != nil {
		x.fault(err)
		return
	}
	x.json(http.StatusOK, body)
}

// getAccount shows who somebody is signed in as, and where.
func (x *exchange) getAccount(second string) {
	if second != "" {
		badRequest(x.w)
		return
	}
	list, ok := x.mine()
	if !ok {
		return
	}
	x.Commit(x.context(), x.w.Header())
	s := x.Session
	if s == nil {
		x.deny(x.w, x.r, http.StatusUnauthorized)
		return
	}
	p := pages.Account{
		Name: s.Name, Email: s.Email, SignedInAt: s.AuthTime, CSRF: x.token,
		EndAction: x.base + "/sessions/end", EndOthersAction: x.base + "/sessions/others",
		SignOutURL: x.base + "/signout", Done: x.r.URL.Query().Get("done"), Error: x.r.URL.Query().Get("error"),
	}
	if r, ok := x.a.provider(s.Provider); ok {
		p.Provider = r.info.Name
	}
	for _, l := range list {
		p.Sessions = append(p.Sessions, pages.AccountSession{
			ID: l.ID, Current: l.Current, Agent: l.Agent, Network: l.Network, Started: l.Start, Seen: l.Seen,
		})
	}
	if err := x.addUser(&p); err != nil {
		x.fault(err)
		return
	}
	x.draw(http.StatusOK, p)
}

// addUser puts what a user of ours can change on the account page.
func (x *exchange) addUser(p *pages.Account) error {
	stores := x.a.config.Stores
	if stores.Users == nil || stores.Accounts == nil {
		return nil
	}
	u, err := stores.Users.User(x.context(), By{ID: x.Session.UserID})
	if errors.Is(err, ErrNotFound) {
		return nil // the application's own
	}
	if err != nil {
		return fromStore(err)
	}
	list, err := stores.Accounts.AccountsOf(x.context(), u.ID)
	if err != nil {
		return fromStore(err)
	}
	p.Ways, p.CallbackURL, p.SignInURL = x.ways(list), x.base+"/account?done=WayAdded", x.pageURL("signin", nil)
	p.EmailVerified = !u.EmailVerified.IsZero() && u.Email != ""
	if keeper, _, ok := x.a.passwordKeeper(); ok && u.Email != "" {
		p.PasswordAction, p.HasPassword, p.MinLength = x.base+"/account/password", x.a.hasPassword(list), keeper.info.MinPassword
	}
	if x.a.canMail() {
		p.ChangeEmailAction = x.base + "/account/email"
		if u.Email != "" && !p.EmailVerified {
			p.VerifyAction = x.base + "/account/verify"
		}
	}
	return nil
}

// postSessions ends one session of the visitor (sessions/end) or all but this one
// (sessions/others).
func (x *exchange) postSessions(which string) {
	if which != "end" && which != "others" || x.a.config.Stores.Sessions == nil {
		badRequest(x.w)
		return
	}
	if !x.verified() {
		x.sessionsDone(http.StatusForbidden, "error", kindMissingCSRF)
		return
	}
	list, ok := x.mine()
	if !ok {
		return
	}
	if which == "others" {
		if x.Session.foreign {
			// All that is known of it is its date, so it would end with the others: it has
			// to become ours first.
			if err := x.renew(x.context(), x.w.Header()); err != nil {
				x.fault(err)
				return
			}
			if x.Session == nil {
				x.deny(x.w, x.r, http.StatusUnauthorized)
				return
			}
		}
		if err := x.a.EndSessions(x.context(), x.Session.UserID, x.Session.ID); err != nil {
			x.fault(err)
			return
		}
		x.sessionsDone(http.StatusOK, "done", "OthersEnded")
		return
	}
	x.endListed(list)
}

// endListed ends the session that the form names. One of another user is not in the list,
// so it does not exist.
func (x *exchange) endListed(list []ListedSession) {
	wanted := x.fields.Get("session")
	for _, l := range list {
		if l.ID != wanted {
			continue
		}
		if l.Current {
			if err := x.end(x.context(), x.w.Header()); err != nil {
				x.fault(err)
				return
			}
			x.sessionsDone(http.StatusOK, "done", "SessionEnded")
			return
		}
		gone := &Session{ID: l.session, UserID: x.Session.UserID, Provider: l.Provider, Start: l.Start}
		if err := x.a.endSession(x.context(), gone, x.Visit); err != nil {
			x.fault(err)
			return
		}
		x.sessionsDone(http.StatusOK, "done", "SessionEnded")
		return
	}
	x.sessionsDone(http.StatusNotFound, "error", "NotFound")
}

// sessionsDone answers a form with the account page and a script with JSON.
func (x *exchange) sessionsDone(status int, key, code string) {
	if x.body != nil || x.style != plain || !navigation(x.r) {
		x.json(status, append(appendText([]byte(`{"`+key+`":`), code), '}'))
		return
	}
	x.redirect(x.base+"/account?"+url.Values{key: {code}}.Encode(), status, key == "done")
}
