package signet

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet/pages"
)

// registrar finds the provider through which visitors may open an account.
func (a *Auth) registrar() (registered, Registrar, bool) {
	for _, p := range a.providers {
		if r, ok := p.Provider.(Registrar); ok && p.info.SignUp {
			return p, r, true
		}
	}
	return registered{}, nil, false
}

func (x *exchange) signUpPage(kind string) pages.SignUp {
	p, _, _ := x.a.registrar()
	return pages.SignUp{
		Action: x.base + "/signup", CSRF: x.token, CallbackURL: x.back, Error: kind,
		Email: x.fields.Get("email"), Name: x.fields.Get("name"), MinLength: p.info.MinPassword,
		SignInURL: x.base + "/signin?" + url.Values{"callbackUrl": {x.back}}.Encode(),
	}
}

func (x *exchange) getSignUp(string) {
	if _, _, ok := x.a.registrar(); !ok {
		x.draw(pages.ErrorStatus("SignUpClosed"), x.errorPage("SignUpClosed"))
		return
	}
	x.draw(http.StatusOK, x.signUpPage(""))
}

// postSignUp opens an account and signs its owner in.
func (x *exchange) postSignUp(string) {
	p, r, ok := x.a.registrar()
	if !ok {
		x.notSignedUp(pages.ErrorStatus("SignUpClosed"), &Refused{Code: "SignUpClosed"})
		return
	}
	if !x.verified() {
		x.notSignedUp(pages.ErrorStatus(kindMissingCSRF), &Refused{Code: kindMissingCSRF})
		return
	}
	err := x.signUp(p, r)
	var no *Refused
	var elsewhere GoTo
	switch {
	case err == nil:
		x.signedUp()
	case errors.Is(err, ErrSignOut):
		x.leave()
	case errors.As(err, &elsewhere):
		x.elsewhere(elsewhere)
	case errors.As(err, &no) && no.RetryAfter > 0:
		x.w.Header().Set("Retry-After", seconds(no.RetryAfter))
		x.notSignedUp(x.failStatus(no.Kind), &Refused{Code: no.Kind, RetryAfter: no.RetryAfter})
	case errors.As(err, &no) && no.Kind == kindAccessDenied:
		x.notSignedUp(http.StatusForbidden, &Refused{Code: no.Kind})
	case errors.As(err, &no):
		x.notSignedUp(pages.ErrorStatus(no.Code), no)
	default:
		x.fault(err)
	}
}

func (x *exchange) signUp(p registered, r Registrar) error {
	t := x.newTry()
	if t.store != nil {
		if err := t.count(x.context(), "signup:"+t.network, x.a.config.Limits.SignUpsPerHour, time.Hour); err != nil {
			return err
		}
	}
	user, account, err := r.Register(x.context(), x.attempt(p, nil))
	if err != nil {
		return err
	}
	id := Identity{Subject: account.Subject, Name: user.Name, Email: user.Email, Image: user.Image, Methods: []string{"pwd"}}
	in := &SignIn{User: user, Identity: id, Provider: p.info, NewUser: true}
	// Asked before anything is stored, as in Auth.js: who may not enter leaves no account.
	if err := x.a.mayEnter(x.context(), in); err != nil {
		return err
	}
	user.Created, user.Updated = x.now, x.now
	account.Provider, account.Created, account.Updated = p.info.ID, x.now, x.now
	user, err = x.a.config.Stores.Users.CreateUser(x.context(), user, &account)
	if errors.Is(err, ErrTaken) {
		// Until mail can be sent there is no way to tell the owner instead (ruling 29);
		// the budget above keeps this from being a directory.
		return &Refused{Code: "EmailTaken"}
	}
	if err != nil {
		return err
	}
	x.a.stats.signUps.Add(1)
	if x.a.config.Events.CreateUser != nil {
		x.a.tell(func() { x.a.config.Events.CreateUser(x.context(), user) })
	}
	in.User, in.Identity.UserID = user, user.ID
	if err := x.enter(in, "signUp"); err != nil {
		return err
	}
	if t.store == nil {
		return nil
	}
	t.account = "user:" + user.ID // as the provider calls it when it asks for a try
	if err := t.remember(x.w.Header()); err != nil {
		x.a.log.Warn("browser not remembered", "error", err) // the session is made all the same
	}
	return nil
}

// signedUp takes the new user on: to the application's page for new users, if it has one.
func (x *exchange) signedUp() {
	to := x.back
	if page := x.a.config.Pages.NewUser; page != "" {
		to = withQuery(x.origin+page, url.Values{"callbackUrl": {x.back}})
	}
	if x.style == plain && x.body != nil {
		x.json(http.StatusCreated, append(appendText([]byte(`{"url":`), to), '}'))
		return
	}
	x.send(to)
}

// notSignedUp says why not: a browser gets its form back, filled in, a script gets JSON.
func (x *exchange) notSignedUp(status int, no *Refused) {
	if x.style == plain && x.body == nil {
		p := x.signUpPage(no.Code)
		p.RetryAfter = no.RetryAfter
		x.draw(status, p)
		return
	}
	x.json(status, append(appendText([]byte(`{"error":`), no.Code), '}'))
}
