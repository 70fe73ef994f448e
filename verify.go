package signet

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/signet-auth/signet/pages"
)

// Proving an address, and changing it: a letter with a link, and behind the link a button
// for the user who asked, who must be signed in in that browser.

// account is the user who asks for a change and has signed in lately. It answers the
// request itself when it returns false.
func (x *exchange) account() (User, bool) {
	if x.Visit.fault != nil {
		x.fault(x.Visit.fault)
		return User{}, false
	}
	switch {
	case x.Session == nil:
		x.deny(x.w, x.r, http.StatusUnauthorized)
		return User{}, false
	case !x.verified():
		x.changed(http.StatusForbidden, "error", kindMissingCSRF)
		return User{}, false
	case x.a.config.Stores.Users == nil:
		badRequest(x.w)
		return User{}, false
	case !x.fresh():
		x.changed(http.StatusForbidden, "error", "SessionRequired")
		return User{}, false
	}
	u, err := x.a.config.Stores.Users.User(x.context(), By{ID: x.Session.UserID})
	if errors.Is(err, ErrNotFound) {
		x.changed(http.StatusNotFound, "error", "NotFound")
		return User{}, false
	}
	if err != nil {
		x.fault(fromStore(err))
		return User{}, false
	}
	return u, true
}

// changed answers a change on the account page: a browser goes back there, a script hears
// what happened.
func (x *exchange) changed(status int, what, code string) {
	if x.style == plain && x.body == nil {
		x.redirect(x.base+"/account?"+url.Values{what: {code}}.Encode(), http.StatusOK, true)
		return
	}
	if code == "SessionRequired" {
		code = "reauth_required"
	}
	x.json(status, append(appendText(append(appendText([]byte{'{'}, what), ':'), code), '}'))
}

// postAccount takes the changes of the account page.
func (x *exchange) postAccount(what string) {
	change, ok := map[string]func(*exchange, User){
		"verify":   (*exchange).askVerify,
		"email":    (*exchange).askNewAddress,
		"password": (*exchange).changePassword,
		"unlink":   (*exchange).unlink,
	}[what]
	if !ok {
		badRequest(x.w)
		return
	}
	if u, ok := x.account(); ok {
		change(x, u)
	}
}

// askVerify sends a link to the address that u has.
func (x *exchange) askVerify(u User) {
	if u.Email == "" || !u.EmailVerified.IsZero() {
		x.changed(http.StatusOK, "done", "EmailVerified")
		return
	}
	x.mailChange(LetterVerify, u, u.Email)
}

// askNewAddress sends a link to the address that u wants to have. Whether somebody else has
// it is not told here.
func (x *exchange) askNewAddress(u User) {
	email, err := ParseEmail(x.fields.Get("email"))
	if err != nil {
		x.changed(http.StatusBadRequest, "error", "InvalidEmail")
		return
	}
	x.mailChange(LetterChange, u, email)
}

func (x *exchange) mailChange(kind LetterKind, u User, to string) {
	if !x.a.canMail() {
		x.changed(http.StatusNotFound, "error", "NotFound")
		return
	}
	err := x.mayMail(to)
	if err == nil {
		err = x.mailLink(kind, mailed{UserID: u.ID, Email: to, Was: u.Email, Epoch: u.Epoch})
	}
	var no *Refused
	switch {
	case errors.As(err, &no):
		x.w.Header().Set("Retry-After", seconds(no.RetryAfter))
		x.changed(http.StatusTooManyRequests, "error", kindTooMany)
	case err != nil:
		x.fault(err)
	default:
		x.changed(http.StatusOK, "done", "MailSent")
	}
}

func (x *exchange) mailLink(kind LetterKind, m mailed) error {
	ends := x.now.Add(verifyLife)
	token, err := x.a.newLink(x.context(), kind, m, ends)
	if err != nil {
		return err
	}
	link := x.base + "/verify?" + url.Values{"kind": {string(kind)}, "token": {token}}.Encode()
	return x.write(Letter{Kind: kind, To: m.Email, Was: m.Was, Link: link, Ends: ends})
}

// verifyKind is what a link to verify is about.
func verifyKind(word string) (LetterKind, bool) {
	kind := LetterKind(word)
	return kind, kind == LetterVerify || kind == LetterChange
}

// getVerify shows the button behind the link.
func (x *exchange) getVerify(string) {
	q := x.r.URL.Query()
	if q.Get("kind") == string(linkSignUp) {
		x.getWaitingSignUp(q.Get("token"))
		return
	}
	kind, ok := verifyKind(q.Get("kind"))
	if !ok {
		x.notMailed(http.StatusForbidden)
		return
	}
	m, err := x.a.peekLink(x.context(), kind, q.Get("token"), x.now)
	if err != nil {
		x.deadLink(err)
		return
	}
	x.draw(http.StatusOK, pages.Confirm{
		Kind: string(kind), Action: x.base + "/verify?" + url.Values{"kind": {string(kind)}}.Encode(), CSRF: x.token,
		Token: q.Get("token"), CallbackURL: x.back, Email: m.Email, OtherBrowser: !x.isUser(m.UserID),
		SignInURL: x.pageURL("signin", nil),
	})
}

func (x *exchange) isUser(id string) bool { return x.Session != nil && x.Session.UserID == id }

// postVerify carries it out, for the user who asked: somebody else's click on a link that
// they got by mistake proves nothing for the one who sent it.
func (x *exchange) postVerify(string) {
	word, token := x.r.URL.Query().Get("kind"), x.fields.Get("token")
	kind, ok := verifyKind(word)
	if !x.verified() || !ok && word != string(linkSignUp) {
		x.notMailed(http.StatusForbidden)
		return
	}
	if !ok {
		x.postWaitingSignUp(token)
		return
	}
	m, err := x.a.peekLink(x.context(), kind, token, x.now)
	if err == nil && !x.isUser(m.UserID) {
		err = errLink // and not used up
	}
	if err == nil {
		_, err = x.a.useLink(x.context(), kind, token, x.now)
	}
	if err == nil {
		err = x.takeAddress(kind, m)
	}
	switch {
	case errors.Is(err, ErrTaken):
		x.changed(http.StatusConflict, "error", "EmailTaken")
	case err != nil:
		x.deadLink(err)
	case kind == LetterChange:
		x.changed(http.StatusOK, "done", "EmailChanged")
	default:
		x.changed(http.StatusOK, "done", "EmailVerified")
	}
}

// takeAddress makes the address the user's, if theirs still is the one that the link was
// made beside (security line S-60).
func (x *exchange) takeAddress(kind LetterKind, m mailed) error {
	users := x.a.config.Stores.Users
	u, err := users.User(x.context(), By{ID: m.UserID})
	if err != nil {
		return fromStore(err)
	}
	if u.Email != m.Was || u.Epoch != m.Epoch || u.Disabled { // the epoch is another after S-79, too
		return errLink
	}
	before := u
	u.Email, u.EmailVerified, u.Updated = m.Email, x.now, x.now
	if _, err = users.UpdateUser(x.context(), u); errors.Is(err, ErrStale) {
		return errLink
	}
	if err != nil || kind != LetterChange {
		return fromStore(err)
	}
	if err := x.movePassword(u.ID, m.Was, m.Email); err != nil {
		return err
	}
	x.notify(LetterChanged, before)
	return x.update(x.context(), x.w.Header(), func(s *Session) error {
		s.Email = m.Email
		return nil
	})
}

// movePassword files the password under the new address, which its owner types from now on.
func (x *exchange) movePassword(userID, was, email string) error {
	p, _, ok := x.a.passwordKeeper()
	if !ok {
		return nil
	}
	accounts := x.a.config.Stores.Accounts
	old, err := accounts.Account(x.context(), p.info.ID, FoldEmail(was))
	if errors.Is(err, ErrNotFound) || err == nil && (old.UserID != userID || FoldEmail(was) == FoldEmail(email)) {
		return nil
	}
	if err != nil {
		return fromStore(err)
	}
	moved := old
	moved.Subject, moved.Version, moved.Updated = FoldEmail(email), 0, x.now
	if _, err := accounts.SaveAccount(x.context(), moved); err != nil {
		return fromStore(err)
	}
	err = accounts.DeleteAccount(x.context(), old.Provider, old.Subject)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return fromStore(err)
}
