package signet

import (
	"context"
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
	case errors.Is(err, errMailed):
		x.signUpMailed()
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
	account.Provider = p.info.ID
	if x.a.canMail() {
		return x.signUpByMail(p, user, account)
	}
	user, err = x.a.openUser(x.context(), user, account, x.now)
	if errors.Is(err, ErrTaken) {
		// Until mail can be sent there is no way to tell the owner instead (ruling 29);
		// the budget above keeps this from being a directory.
		return &Refused{Code: "EmailTaken"}
	}
	if err != nil {
		return err
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

// openUser stores a new user with the first account.
func (a *Auth) openUser(ctx context.Context, u User, account Account, now time.Time) (User, error) {
	u.Created, u.Updated, account.Created, account.Updated = now, now, now, now
	u, err := a.config.Stores.Users.CreateUser(ctx, u, &account)
	if err != nil {
		return u, err
	}
	a.stats.signUps.Add(1)
	if a.config.Events.CreateUser != nil {
		a.tell(func() { a.config.Events.CreateUser(ctx, u) })
	}
	return u, nil
}

// linkSignUp is the kind of link behind which a new account waits.
const linkSignUp LetterKind = "sign-up"

// errMailed: the answer is in the mail.
var errMailed = errors.New("signet: a letter is on its way")

// signUpByMail sends a link, and opens the account only behind it, in this browser: the
// answer is the same for an address that is taken, whose owner is told in the letter
// (security line S-43), and nobody gets an account for an address that is not theirs.
func (x *exchange) signUpByMail(p registered, u User, account Account) error {
	if err := x.mayMail(u.Email); err != nil {
		return err
	}
	_, err := x.a.config.Stores.Users.User(x.context(), By{Email: u.Email})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fromStore(err)
	}
	taken := err == nil
	ends := x.now.Add(verifyLife)
	token, err := x.a.newLink(x.context(), linkSignUp, mailed{
		Email: u.Email, Name: u.Name, Provider: account.Provider, Subject: account.Subject, Data: account.Data,
	}, ends)
	if err != nil {
		return err
	}
	w, err := x.newWaiting()
	if err != nil {
		return err
	}
	w.Link, w.Session, w.To, w.Token, w.Proof = "", 0, u.Email, token, proofOf(token)
	if err := x.keep(p, w); err != nil {
		return err
	}
	link := x.base + "/verify?" + url.Values{"kind": {string(linkSignUp)}, "token": {token}}.Encode()
	l := Letter{Kind: LetterVerify, To: u.Email, Link: link, Ends: ends}
	if taken {
		l = Letter{Kind: LetterKnown, To: u.Email, Link: x.pageURL("signin", nil), Ends: ends}
	}
	x.writeLater(func(context.Context) (Letter, error) { return l, nil })
	return errMailed
}

// getWaitingSignUp shows the button behind the link of a sign-up.
func (x *exchange) getWaitingSignUp(token string) {
	m, err := x.a.peekLink(x.context(), linkSignUp, token, x.now)
	if err != nil {
		x.deadLink(err)
		return
	}
	p, ok := x.a.provider(m.Provider)
	_, here := x.waitingFor(p, token)
	x.draw(http.StatusOK, pages.Confirm{
		Kind: "verify", Action: x.base + "/verify?kind=" + string(linkSignUp), CSRF: x.token, Token: token,
		CallbackURL: x.back, Email: m.Email, OtherBrowser: !ok || !here, SignInURL: x.pageURL("signin", nil),
	})
}

// postWaitingSignUp opens the account and signs its owner in.
func (x *exchange) postWaitingSignUp(token string) {
	m, err := x.a.peekLink(x.context(), linkSignUp, token, x.now)
	if err != nil {
		x.deadLink(err)
		return
	}
	p, _ := x.a.provider(m.Provider)
	w, here := x.waitingFor(p, token)
	if !here {
		x.notMailed(http.StatusForbidden)
		return
	}
	if w, err = x.take(p, func(o waiting) bool { return o.ID == w.ID }); err == nil {
		m, err = x.a.useLink(x.context(), linkSignUp, token, x.now)
	}
	if errors.Is(err, ErrSpent) || errors.Is(err, errNoAttempt) {
		err = errLink
	}
	if err != nil {
		x.deadLink(err)
		return
	}
	user := User{Name: m.Name, Email: m.Email, EmailVerified: x.now}
	user, err = x.a.openUser(x.context(), user, Account{Provider: m.Provider, Subject: m.Subject, Data: m.Data}, x.now)
	if errors.Is(err, ErrTaken) {
		x.notMailed(http.StatusForbidden)
		return
	}
	if err == nil {
		x.back = x.home(w.Back)
		id := Identity{Subject: m.Subject, UserID: user.ID, Name: m.Name, Email: m.Email, EmailVerified: true, Methods: []string{"pwd"}}
		err = x.enter(&SignIn{User: user, Identity: id, Provider: p.info, NewUser: true}, "signUp")
	}
	switch {
	case errors.Is(err, ErrSignOut):
		x.leave()
	case err != nil:
		x.fault(fromStore(err))
	default:
		x.signedUp()
	}
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

// signUpMailed says that a letter is on its way.
func (x *exchange) signUpMailed() {
	if x.style == plain && x.body == nil {
		x.draw(http.StatusOK, pages.VerifyRequest{Kind: "verify", Email: x.fields.Get("email"), Life: verifyLife, SignInURL: x.pageURL("signin", nil)})
		return
	}
	x.json(http.StatusAccepted, append(appendText([]byte(`{"url":`), x.pageURL("verify-request", url.Values{"type": {"email"}})), '}'))
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
