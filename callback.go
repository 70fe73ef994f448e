package signet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// getCallback takes back a visitor whom another site has sent, or who follows a link in a
// mail.
func (x *exchange) getCallback(id string) {
	p, ok := x.a.provider(id)
	if !ok || p.info.Type == "credentials" {
		x.fail("error", kindConfiguration, nil) // as in @auth/core
		return
	}
	fields, ok := x.query()
	switch {
	case !ok:
		x.a.stats.signInsRefused.Add(1)
		x.fail("signin", kindCallback, nil)
	case p.info.Type == "email":
		x.getMailed(p, fields)
	default:
		x.answered(p, fields)
	}
}

// query gives the parameters of the request. One that comes twice has no meaning: what we
// check and what the provider meant could be two things (security line S-62).
func (x *exchange) query() (url.Values, bool) {
	q, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return nil, false
	}
	for _, list := range q {
		if len(list) != 1 {
			return nil, false
		}
	}
	return q, true
}

// postCallback takes the fields of a form to the provider.
func (x *exchange) postCallback(id string) {
	p, ok := x.a.provider(id)
	switch {
	case !ok && x.style == clientV4:
		badRequest(x.w)
		return
	case !ok:
		x.fail("error", kindConfiguration, nil)
		return
	case p.info.FormPost && !x.answers():
		// The other site's form has no token of ours: the attempt's ID in it is one.
		if len(x.doubled) > 0 {
			x.fail("signin", kindCallback, nil)
			return
		}
		x.answered(p, x.fields)
		return
	case !x.verified():
		x.noToken("signin")
		return
	case p.info.Type == "email":
		x.postMailed(p)
		return
	case p.info.Type != "credentials" && !x.answers():
		x.fail("error", kindConfiguration, nil)
		return
	}
	x.entered(p, x.finish(p))
}

// entered answers after a sign-in that went well, or did not.
func (x *exchange) entered(p registered, err error) {
	var asked *Asked
	switch {
	case err == nil:
		x.send(x.back)
	case errors.As(err, &asked):
		x.send(asked.URL)
	case errors.Is(err, ErrSignOut):
		x.leave() // @auth/core: a jwt callback that returns null at sign-in goes on, signed out
	default:
		x.refused(p, err)
	}
}

// answered takes what another site said to the provider, once.
func (x *exchange) answered(p registered, fields url.Values) {
	w, err := x.take(p, func(w waiting) bool { return w.Ask == nil && sameText(w.ID, fields.Get("state")) })
	x.back = x.home(w.Back)
	if x.cameBefore(p, err) {
		x.send(x.back)
		return
	}
	if errors.Is(err, errNoAttempt) || errors.Is(err, ErrSpent) {
		x.a.log.Info("answer refused", "provider", p.info.ID, "reason", err)
		x.a.stats.signInsRefused.Add(1)
		x.fail("signin", kindCallback, nil)
		return
	}
	if err != nil {
		x.fault(err)
		return
	}
	at := x.attempt(p, nil)
	at.ID, at.Keep, at.Fields, at.Extra = w.ID, w.Keep, fields, nil
	if at.User, err = x.linking(w); err != nil {
		x.refused(p, err)
		return
	}
	if at.User != nil {
		at.Purpose = ToLink
	}
	step, err := p.Finish(x.context(), at)
	id, ok := step.(Identity)
	switch {
	case err == nil && isForm(step):
		err = x.ask(p, w, step.(Form), nil)
	case err == nil && !ok:
		x.follow(p, w, step)
		return
	case err == nil:
		err = x.arrive(p, at.User, id)
	}
	var no *Refused
	if errors.As(err, &no) && at.User != nil && x.Session != nil && no.RetryAfter == 0 {
		x.changed(http.StatusForbidden, "error", firstOf(no.Kind, kindCallback)) // where they began
		return
	}
	x.entered(p, err)
}

// cameBefore tells whether an answer is the one that has signed this browser in a moment
// ago: somebody loaded the page again.
func (x *exchange) cameBefore(p registered, err error) bool {
	if x.Session == nil {
		return false
	}
	return errors.Is(err, ErrSpent) ||
		errors.Is(err, errNoAttempt) && x.Session.Provider == p.info.ID && x.now.Sub(x.Session.AuthTime) < attemptLife
}

// home is where a visitor goes after a sign-in that kept back.
func (x *exchange) home(back string) string {
	if to, ok := x.a.returnTo(x.origin, back); ok && back != "" {
		return to
	}
	return x.back
}

// linking is the user who adds a way to sign in, or nil. The attempt is bound to the session
// that began it (security line S-80).
func (x *exchange) linking(w waiting) (*User, error) {
	if w.Link == "" {
		return nil, nil
	}
	if x.Session == nil || x.Session.ID != w.Session || x.Session.UserID != w.Link {
		return nil, &Refused{Kind: kindCallback, Code: "session", Err: errors.New("another session is asking than the one that began")}
	}
	if x.a.config.Stores.Users == nil {
		return nil, nil
	}
	u, err := x.a.config.Stores.Users.User(x.context(), By{ID: w.Link})
	if errors.Is(err, ErrNotFound) {
		return nil, nil // the application's own: there is nothing to add to
	}
	return &u, fromStore(err)
}

// linkFresh is how young a sign-in must be to add another way (security line S-17).
const linkFresh = 10 * time.Minute

// arrive signs in whom another site named, or adds that way to the user who asked.
func (x *exchange) arrive(p registered, link *User, id Identity) error {
	r := &arrival{a: x.a, p: p, id: id, link: link, now: x.now}
	in := &SignIn{Identity: id, Provider: p.info}
	var known bool
	var err error
	if in.User, known, err = r.preview(x.context()); err != nil {
		return err
	}
	if link != nil && !known && x.now.Sub(x.Session.AuthTime) > linkFresh {
		return &Refused{Kind: "SessionRequired", Code: "reauth", Err: errors.New("the sign-in is too old to add a way to sign in")}
	}
	if err := x.a.mayEnter(x.context(), in); err != nil {
		return err
	}
	if in.User, in.NewUser, err = r.person(x.context()); err != nil {
		return err
	}
	trigger := "signIn"
	if in.NewUser {
		trigger = "signUp"
	}
	if link != nil && x.Session != nil {
		in.carried = x.Session.Claims
	}
	if err := x.enter(in, trigger); err != nil {
		return err
	}
	if link != nil && !known {
		x.notify(LetterNew, *link)
	}
	return nil
}

// finish takes the visitor's answer to the provider and signs in whom it names.
func (x *exchange) finish(p registered) error {
	_, err := x.identify(p)
	return err
}

// identify is finish, and says who it was.
func (x *exchange) identify(p registered) (*SignIn, error) {
	if x.answers() {
		return x.answer(p)
	}
	t := x.newTry()
	step, err := p.Finish(x.context(), x.attempt(p, t))
	if err != nil {
		t.failed(x.context(), err)
		return nil, err
	}
	if f, ok := step.(Form); ok {
		w, err := x.newWaiting()
		if err == nil {
			err = x.ask(p, w, f, t)
		}
		return nil, err
	}
	id, ok := step.(Identity)
	if !ok {
		return nil, fmt.Errorf("signet: provider %q asks for another step, which %T is not", p.info.ID, step)
	}
	in := &SignIn{Identity: id, Provider: p.info}
	r := &arrival{a: x.a, p: p, id: id, now: x.now}
	if err := x.admitted(in, r); err != nil {
		return nil, err
	}
	if err := t.succeed(x.context(), x.w.Header()); err != nil {
		x.a.log.Warn("tries not given back", "error", err) // the session is made all the same
	}
	return in, nil
}

// admitted signs in whom a check of fields named. One that comes with tokens has an account
// in the store, where they are kept; any other is the application's own, or a user that the
// provider found.
func (x *exchange) admitted(in *SignIn, r *arrival) (err error) {
	keeps := (in.Provider.Accounts || in.Identity.Tokens != nil) && x.a.config.Stores.Users != nil && x.a.config.Stores.Accounts != nil
	if keeps {
		in.User, _, err = r.preview(x.context())
	} else if in.Provider.Accounts {
		in.User = r.stranger()
	} else {
		in.User, err = x.a.userOf(x.context(), in.Identity)
	}
	if err != nil {
		return err
	}
	if err := x.a.mayEnter(x.context(), in); err != nil {
		return err
	}
	trigger := "signIn"
	if keeps {
		if in.User, in.NewUser, err = r.person(x.context()); err != nil {
			return err
		}
		if in.NewUser {
			trigger = "signUp"
		}
	}
	return x.enter(in, trigger)
}

// enter admits somebody and gives the browser a CSRF token of the new session.
func (x *exchange) enter(in *SignIn, trigger string) error {
	token, err := newCSRFToken(x.a.world.Rand) // first: nothing may fail once somebody is in
	if err != nil {
		return err
	}
	if err := x.admit(x.context(), x.w.Header(), in, trigger, x.client()); err != nil {
		return err
	}
	return x.setToken(token, x.sid())
}

// userOf finds the user behind an identity. One whom the store does not know is the
// application's own: the identity is all there is.
func (a *Auth) userOf(ctx context.Context, id Identity) (User, error) {
	userID := firstOf(id.UserID, id.Subject, id.Email)
	if userID == "" {
		return User{}, errors.New("signet: the provider gave neither UserID, Subject nor Email")
	}
	u := User{ID: userID, Name: id.Name, Email: id.Email, Image: id.Image}
	if a.config.Stores.Users == nil {
		return u, nil
	}
	known, err := a.config.Stores.Users.User(ctx, By{ID: userID})
	if errors.Is(err, ErrNotFound) {
		return u, nil
	}
	if err != nil {
		return User{}, fromStore(err)
	}
	if known.Disabled {
		// The same words as for a wrong password: who is locked out is nobody's business.
		return User{}, &Refused{Code: "credentials", Err: errors.New("user is disabled")}
	}
	known.Name, known.Email, known.Image = firstOf(id.Name, known.Name), firstOf(id.Email, known.Email), firstOf(id.Image, known.Image)
	return known, nil
}

// getError shows what went wrong. The codes that a sign-in can mend are shown where it can.
func (x *exchange) getError(string) {
	kind := x.r.URL.Query().Get("error")
	q := map[string][]string{}
	if kind != "" {
		q["error"] = []string{kind}
	}
	if mendable[kind] {
		x.redirect(x.base+"/signin?error="+kind, http.StatusOK, false)
		return
	}
	if x.custom("error", x.a.config.Pages.Error, q) {
		return
	}
	x.draw(errorStatus(kind), x.errorPage(kind))
}

// mendable are the errors that next-auth@4 shows on its sign-in page.
var mendable = map[string]bool{
	"Signin": true, "OAuthSignin": true, "OAuthCallback": true, "OAuthCreateAccount": true,
	"EmailCreateAccount": true, "Callback": true, "OAuthAccountNotLinked": true,
	"EmailSignin": true, "CredentialsSignin": true, "SessionRequired": true,
}
