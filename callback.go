package signet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// getCallback: no provider so far comes back with a GET.
func (x *exchange) getCallback(string) { x.fail("error", kindConfiguration, nil) }

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
	case !x.verified():
		x.noToken("signin")
		return
	}
	err := x.finish(p)
	switch {
	case err == nil:
		x.send(x.back)
	case errors.Is(err, ErrSignOut):
		x.leave() // @auth/core: a jwt callback that returns null at sign-in goes on, signed out
	default:
		x.refused(p, err)
	}
}

// finish takes the visitor's answer to the provider and signs in whom it names.
func (x *exchange) finish(p registered) error {
	t := x.newTry()
	step, err := p.Finish(x.context(), x.attempt(p, t))
	if err != nil {
		t.failed(x.context(), err)
		return err
	}
	id, ok := step.(Identity)
	if !ok {
		return fmt.Errorf("signet: provider %q asks for another step, which %T is not", p.info.ID, step)
	}
	user, err := x.a.userOf(x.context(), id)
	if err != nil {
		return err
	}
	in := &SignIn{User: user, Identity: id, Provider: p.info}
	if err := x.a.mayEnter(x.context(), in); err != nil {
		return err
	}
	if err := x.enter(in, "signIn"); err != nil {
		return err
	}
	if err := t.succeed(x.context(), x.w.Header()); err != nil {
		x.a.log.Warn("tries not given back", "error", err) // the session is made all the same
	}
	return nil
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
