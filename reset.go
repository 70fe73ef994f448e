package signet

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/signet-auth/signet/pages"
)

// A PasswordKeeper is a Provider whose proof is a password that Signet keeps. It makes the
// row; package signet puts it into the store.
type PasswordKeeper interface {
	// NewPassword judges the field password as a new one for u and returns the account row
	// that holds it. A [*Refused] says what is wrong with it.
	NewPassword(ctx context.Context, a *Attempt, u User) (Account, error)
}

// passwordKeeper finds the provider that keeps passwords.
func (a *Auth) passwordKeeper() (registered, PasswordKeeper, bool) {
	for _, p := range a.providers {
		if k, ok := p.Provider.(PasswordKeeper); ok {
			return p, k, a.config.Stores.Users != nil && a.config.Stores.Accounts != nil
		}
	}
	return registered{}, nil, false
}

// canReset tells whether a forgotten password can be replaced.
func (a *Auth) canReset() bool {
	_, _, ok := a.passwordKeeper()
	return ok && a.canMail()
}

// getReset asks for the address, or behind a mailed link for the new password.
func (x *exchange) getReset(string) {
	if !x.a.canReset() {
		x.draw(pages.ErrorStatus("NotFound"), x.errorPage("NotFound"))
		return
	}
	token := x.r.URL.Query().Get("token")
	if token == "" {
		x.draw(http.StatusOK, x.forgotPage(""))
		return
	}
	m, err := x.a.peekLink(x.context(), LetterReset, token, x.now)
	if err != nil {
		x.deadLink(err)
		return
	}
	x.draw(http.StatusOK, x.newPasswordPage(token, m.Email, ""))
}

func (x *exchange) forgotPage(kind string) pages.Forgot {
	return pages.Forgot{
		Action: x.base + "/reset", CSRF: x.token, CallbackURL: x.back, Email: x.fields.Get("email"), Error: kind,
		SignInURL: x.pageURL("signin", nil),
	}
}

func (x *exchange) newPasswordPage(token, email, kind string) pages.NewPassword {
	p, _, _ := x.a.passwordKeeper()
	return pages.NewPassword{
		Action: x.base + "/reset", CSRF: x.token, CallbackURL: x.back, Token: token, Email: email,
		MinLength: p.info.MinPassword, Error: kind, SignInURL: x.pageURL("signin", nil),
	}
}

// deadLink answers a link that is not good any more, or a store that does not answer.
func (x *exchange) deadLink(err error) {
	if !errors.Is(err, errLink) {
		x.fault(err)
		return
	}
	x.notMailed(http.StatusForbidden)
}

// postReset sends a letter, or takes the new password.
func (x *exchange) postReset(string) {
	switch {
	case !x.a.canReset():
		x.draw(pages.ErrorStatus("NotFound"), x.errorPage("NotFound"))
	case !x.verified():
		x.draw(http.StatusForbidden, x.forgotPage(kindMissingCSRF))
	case x.fields.Get("token") != "":
		x.resetPassword(x.fields.Get("token"))
	default:
		x.askReset()
	}
}

// askReset answers the same for every address, and in the same time: who has an account is
// told in the letter, to its owner (security line S-43).
func (x *exchange) askReset() {
	email, err := ParseEmail(x.fields.Get("email"))
	if err != nil {
		x.draw(http.StatusBadRequest, x.forgotPage("InvalidEmail"))
		return
	}
	if err := x.mayMail(email); err != nil {
		x.tooManyLetters(err)
		return
	}
	link, a, now := x.base+"/reset?token=", x.a, x.now
	x.writeLater(func(ctx context.Context) (Letter, error) {
		u, err := a.config.Stores.Users.User(ctx, By{Email: email})
		if errors.Is(err, ErrNotFound) || u.Disabled {
			return Letter{}, nil
		}
		if err != nil {
			return Letter{Kind: LetterReset}, fromStore(err)
		}
		ends := now.Add(resetLife)
		token, err := a.newLink(ctx, LetterReset, mailed{UserID: u.ID, Email: u.Email}, ends)
		return Letter{Kind: LetterReset, To: u.Email, Link: link + token, Ends: ends}, err
	})
	x.draw(http.StatusOK, pages.VerifyRequest{Kind: "reset", Email: email, Life: resetLife, SignInURL: x.pageURL("signin", nil)})
}

func (x *exchange) tooManyLetters(err error) {
	var no *Refused
	if !errors.As(err, &no) {
		x.fault(err)
		return
	}
	x.w.Header().Set("Retry-After", seconds(no.RetryAfter))
	page := x.forgotPage(kindTooMany)
	x.draw(http.StatusTooManyRequests, page)
}

// resetPassword sets the password that was chosen behind the link. It signs nobody in, ends
// every session and tells the owner (security line S-55).
func (x *exchange) resetPassword(token string) {
	m, err := x.a.peekLink(x.context(), LetterReset, token, x.now)
	if err != nil {
		x.deadLink(err)
		return
	}
	u, err := x.a.config.Stores.Users.User(x.context(), By{ID: m.UserID})
	if errors.Is(err, ErrNotFound) || err == nil && (u.Disabled || FoldEmail(u.Email) != FoldEmail(m.Email)) {
		err = errLink // bound to the address that it was sent to
	}
	if err != nil {
		x.deadLink(fromStore(err))
		return
	}
	account, err := x.judgePassword(u)
	if err != nil {
		x.badPassword(err, func(kind string) pages.Page { return x.newPasswordPage(token, m.Email, kind) })
		return
	}
	// Used up only now: a weak password must not cost the link.
	if _, err := x.a.useLink(x.context(), LetterReset, token, x.now); err != nil {
		x.deadLink(err)
		return
	}
	if u, err = x.a.proveAddress(x.context(), u, x.now); err == nil {
		err = x.setPassword(u, account, 0)
	}
	if err != nil {
		x.fault(err)
		return
	}
	x.redirect(x.pageURL("signin", url.Values{"callbackUrl": {x.back}}), http.StatusOK, true)
}

// judgePassword makes the account row of a new password for u.
func (x *exchange) judgePassword(u User) (Account, error) {
	p, keeper, ok := x.a.passwordKeeper()
	if !ok {
		return Account{}, &Refused{Code: "NotFound"}
	}
	account, err := keeper.NewPassword(x.context(), x.attempt(p, nil), u)
	account.UserID, account.Provider = u.ID, p.info.ID
	account.Created, account.Updated = x.now, x.now
	return account, err
}

// badPassword shows the form again with what is wrong.
func (x *exchange) badPassword(err error, page func(kind string) pages.Page) {
	var no *Refused
	if !errors.As(err, &no) {
		x.fault(err)
		return
	}
	if no.RetryAfter > 0 {
		x.w.Header().Set("Retry-After", seconds(no.RetryAfter))
		x.draw(x.failStatus(no.Kind), page(no.Kind))
		return
	}
	x.draw(pages.ErrorStatus(no.Code), page(no.Code))
}

// setPassword stores a password in the place of the one before, ends every session but keep
// and writes to the owner.
func (x *exchange) setPassword(u User, account Account, keep SessionID) error {
	accounts := x.a.config.Stores.Accounts
	list, err := accounts.AccountsOf(x.context(), u.ID)
	if err != nil {
		return fromStore(err)
	}
	for _, old := range list {
		if old.Provider != account.Provider {
			continue
		}
		if old.Subject == account.Subject {
			account.Version, account.Created = old.Version, old.Created
			continue
		}
		if err := accounts.DeleteAccount(x.context(), old.Provider, old.Subject); err != nil && !errors.Is(err, ErrNotFound) {
			return fromStore(err)
		}
	}
	if _, err := accounts.SaveAccount(x.context(), account); err != nil {
		return fromStore(err)
	}
	if err := x.a.EndSessions(x.context(), u.ID, keep); err != nil {
		return err
	}
	x.notify(LetterNewPass, u)
	return nil
}

// hasPassword tells whether one of the accounts is a password's.
func (a *Auth) hasPassword(list []Account) bool {
	p, _, ok := a.passwordKeeper()
	return ok && slices.ContainsFunc(list, func(account Account) bool { return account.Provider == p.info.ID })
}

// fresh tells whether somebody signed in so recently that they may change how they sign in
// (security line S-17).
func (x *exchange) fresh() bool {
	return x.Session != nil && x.now.Sub(x.Session.AuthTime) <= linkFresh && !x.now.Before(x.Session.AuthTime.Add(-time.Minute))
}
