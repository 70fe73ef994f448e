package signet

import (
	"errors"
	"net/http"

	"github.com/signet-auth/signet/pages"
)

// The ways in which a user signs in, on the account page.

// ways lists the providers that one can be added of, or has.
func (x *exchange) ways(list []Account) []pages.Way {
	var ways []pages.Way
	for _, p := range x.a.providers {
		if p.info.Type != "oauth" && p.info.Type != "oidc" {
			continue
		}
		w := pages.Way{ID: p.info.ID, Name: p.info.Name, Mark: p.info.Mark, LinkAction: x.base + "/signin/" + p.info.ID}
		for _, account := range list {
			if account.Provider != p.info.ID {
				continue
			}
			w.Linked, w.UnlinkAction, w.Removable = true, x.base+"/account/unlink", x.remains(list, account)
			if record, err := x.a.openAccount(account); err == nil {
				w.Who = firstOf(record.Email, record.Name)
			}
		}
		ways = append(ways, w)
	}
	return ways
}

// remains tells whether a user can still sign in without an account: by another one whose
// provider is there, or by mail (security line S-81).
func (x *exchange) remains(list []Account, without Account) bool {
	for _, other := range list {
		if other.Provider == without.Provider && other.Subject == without.Subject {
			continue
		}
		if _, ok := x.a.provider(other.Provider); ok {
			return true
		}
	}
	return x.a.byMail() && x.Session != nil && x.Session.Email != "" && x.verifiedAddress()
}

// byMail tells whether there is a sign-in by letter.
func (a *Auth) byMail() bool {
	for _, p := range a.providers {
		if p.info.Type == "email" && a.config.Stores.Tickets != nil {
			return true
		}
	}
	return false
}

func (x *exchange) verifiedAddress() bool {
	u, err := x.a.config.Stores.Users.User(x.context(), By{ID: x.Session.UserID})
	return err == nil && u.Email != "" && !u.EmailVerified.IsZero()
}

// unlink takes a way to sign in away and gives its tokens back.
func (x *exchange) unlink(u User) {
	accounts := x.a.config.Stores.Accounts
	list, err := accounts.AccountsOf(x.context(), u.ID)
	if err != nil {
		x.fault(fromStore(err))
		return
	}
	for _, account := range list {
		p, ok := x.a.provider(account.Provider)
		if account.Provider != x.fields.Get("provider") || ok && p.info.Type == "credentials" {
			continue
		}
		if !x.remains(list, account) {
			x.changed(http.StatusConflict, "error", "LastWay")
			return
		}
		given, err := x.a.outbox.promise(x.context(), account)
		if err != nil {
			x.fault(err)
			return
		}
		err = accounts.DeleteAccount(x.context(), account.Provider, account.Subject)
		if err != nil && !errors.Is(err, ErrNotFound) {
			x.a.outbox.takeBack(x.context(), given)
			x.fault(fromStore(err))
			return
		}
		x.a.forgetGrant(account)
		x.a.outbox.runLater(given)
		x.changed(http.StatusOK, "done", "WayRemoved")
		return
	}
	x.changed(http.StatusNotFound, "error", "NotFound")
}

// changePassword sets a password, the first or a new one, and ends all other sessions.
func (x *exchange) changePassword(u User) {
	account, err := x.judgePassword(u)
	var no *Refused
	switch {
	case errors.As(err, &no):
		x.changed(pages.ErrorStatus(firstOf(no.Code, no.Kind)), "error", firstOf(no.Code, no.Kind))
		return
	case err != nil:
		x.fault(err)
		return
	}
	if err := x.setPassword(u, account, x.Session.ID); err != nil {
		x.fault(err)
		return
	}
	x.changed(http.StatusOK, "done", "PasswordChanged")
}
