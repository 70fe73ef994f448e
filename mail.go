package signet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"

	"github.com/signet-auth/signet/pages"
)

// Sign-in by a letter: with a link, for the browser that asked for it, or with a code of
// six digits.

const kindEmail = "EmailSignin"

// mail writes to somebody who asks to sign in.
func (x *exchange) mail(p registered, w waiting, m Mail) {
	if _, ok := p.Provider.(Mailer); !ok || x.a.config.Stores.Tickets == nil {
		x.refused(p, fmt.Errorf("signet: provider %q writes mail, which takes a Mailer and Stores.Tickets", p.info.ID))
		return
	}
	known, err := x.mailable(m.To)
	if err == nil {
		err = x.a.mayEnter(x.context(), &SignIn{User: known, Identity: Identity{Email: m.To}, Provider: p.info, Asked: true})
	}
	if err == nil {
		err = x.mayMail(m.To)
	}
	if err == nil && (known.ID != "" || p.info.SignUp) && !known.Disabled {
		err = x.mailSignIn(p, &w, m.To)
	}
	if err == nil {
		w.To = m.To
		err = x.keep(p, w)
	}
	if err != nil {
		x.refused(p, err)
		return
	}
	x.redirect(x.pageURL("verify-request", url.Values{"provider": {p.info.ID}, "type": {"email"}}), http.StatusOK, true)
}

// mailable is the user of an address; the zero one where there is none.
func (x *exchange) mailable(email string) (User, error) {
	if x.a.config.Stores.Users == nil {
		return User{Email: email}, nil
	}
	u, err := x.a.config.Stores.Users.User(x.context(), By{Email: email})
	if errors.Is(err, ErrNotFound) {
		return User{Email: email}, nil
	}
	return u, fromStore(err)
}

// mailSignIn sends link and code. What they are held against goes into the attempt, which
// is sealed in this browser.
func (x *exchange) mailSignIn(p registered, w *waiting, email string) error {
	ends := x.now.Add(linkLife)
	token, err := x.a.newLink(x.context(), LetterSignIn, mailed{Email: email}, ends)
	if err != nil {
		return err
	}
	if w.Code, err = newCode(x.a.world.Rand); err != nil {
		return err
	}
	w.Proof, w.Token = proofOf(token), token
	link := x.callbackOf(p) + "?" + url.Values{"token": {token}, "email": {email}, "callbackUrl": {x.back}}.Encode()
	l := Letter{Kind: LetterSignIn, To: email, Link: link, Code: w.Code, Ends: x.now.Add(codeLife), Lang: x.lang, Site: x.a.config.Pages.Site}
	if !p.info.SignUp {
		// Only those who are known get a letter, and nobody is to learn who that is by
		// waiting for it.
		x.writeLater(func(context.Context) (Letter, error) { return l, nil })
		return nil
	}
	if err := p.Provider.(Mailer).Mail(x.context(), l); err != nil {
		x.a.log.Error("letter not sent", "kind", string(l.Kind), "error", err)
		return &Refused{Kind: kindEmail, Code: "mail", Err: errors.New("letter not sent")}
	}
	return nil
}

// newCode makes six digits.
func newCode(random io.Reader) (string, error) {
	n, err := rand.Int(random, big.NewInt(1e6))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", n), nil
}

// getMailed shows the button behind a mailed link. Programs that look into mail open links
// too, so opening one does nothing (security line S-53).
func (x *exchange) getMailed(p registered, fields url.Values) {
	token := fields.Get("token")
	if len(token) != 43 {
		x.fail("error", kindVerification, nil)
		return
	}
	if back, ok := x.a.returnTo(x.origin, fields.Get("callbackUrl")); ok {
		x.back = back
	}
	w, here := x.waitingFor(p, token)
	x.draw(http.StatusOK, pages.Confirm{
		Kind: "sign-in", Action: x.callbackOf(p), CSRF: x.token, Token: token, CallbackURL: x.back,
		Email: w.To, OtherBrowser: !here, SignInURL: x.pageURL("signin", nil),
	})
}

// waitingFor finds the attempt of this browser that a token was mailed for.
func (x *exchange) waitingFor(p registered, token string) (waiting, bool) {
	proof := string(proofOf(token))
	for _, w := range x.attempts(x.wire.attemptsName(p.info)) {
		if w.Provider == p.info.ID && sameText(string(w.Proof), proof) {
			return w, true
		}
	}
	return waiting{}, false
}

// postMailed takes the secret of a link, or the code, from the browser that asked for it.
func (x *exchange) postMailed(p registered) {
	if code := x.fields.Get("code"); code != "" {
		x.postCode(p, code)
		return
	}
	w, ok := x.waitingFor(p, x.fields.Get("token"))
	if !ok {
		// Not used up: a stranger who saw the link cannot spoil it (ruling 10).
		x.notMailed(http.StatusForbidden)
		return
	}
	x.signInMailed(p, w)
}

// postCode compares what was typed with the newest code of this browser.
func (x *exchange) postCode(p registered, typed string) {
	var w waiting
	for _, a := range x.attempts(x.wire.attemptsName(p.info)) {
		if a.Provider == p.info.ID && a.To != "" {
			w = a
		}
	}
	ends := x.now.Add(attemptLife)
	if w.ID == "" {
		x.notMailed(http.StatusForbidden)
		return
	}
	_, err := x.a.config.Stores.Tickets.Consume(x.context(), "code tries "+hashed(w.ID), Use{
		Now: x.now, Fresh: &Ticket{Uses: codeTries, Expires: ends},
	})
	switch {
	case errors.Is(err, ErrSpent):
		x.askCode(p, w, http.StatusTooManyRequests, kindTooMany)
	case err != nil:
		x.fault(fromStore(err))
	case w.Code == "" || !sameText(typed, w.Code) || x.now.Unix() >= w.Ends-int64((attemptLife-codeLife).Seconds()):
		x.askCode(p, w, http.StatusForbidden, kindVerification)
	default:
		x.signInMailed(p, w)
	}
}

// askCode shows the form for the code once more.
func (x *exchange) askCode(p registered, w waiting, status int, kind string) {
	x.a.stats.signInsRefused.Add(1)
	if x.style != plain {
		x.fail("error", kindVerification, nil)
		return
	}
	page := x.verifyRequest(p, w)
	page.Error = kind
	x.draw(status, page)
}

func (x *exchange) verifyRequest(p registered, w waiting) pages.VerifyRequest {
	return pages.VerifyRequest{
		Email: w.To, Life: linkLife, SignInURL: x.pageURL("signin", nil),
		CodeAction: x.callbackOf(p), CSRF: x.token, CallbackURL: x.back,
	}
}

// notMailed answers a secret that is worth nothing here.
func (x *exchange) notMailed(status int) {
	x.a.stats.signInsRefused.Add(1)
	if x.style != plain || x.a.config.Pages.Error != "" {
		x.fail("error", kindVerification, nil)
		return
	}
	x.draw(status, x.errorPage(kindVerification))
}

// signInMailed signs in whoever showed the secret that was mailed to w.To.
func (x *exchange) signInMailed(p registered, w waiting) {
	found, err := x.take(p, func(o waiting) bool { return o.ID == w.ID })
	if err == nil {
		_, err = x.a.useLink(x.context(), LetterSignIn, found.Token, x.now)
	}
	switch {
	case errors.Is(err, errLink), errors.Is(err, ErrSpent), errors.Is(err, errNoAttempt):
		x.notMailed(http.StatusForbidden)
		return
	case err != nil:
		x.fault(err)
		return
	}
	x.back = x.home(found.Back)
	at := x.attempt(p, nil)
	at.ID, at.Keep, at.Fields = found.ID, found.Keep, url.Values{"email": {found.To}}
	step, err := p.Finish(x.context(), at)
	if err != nil {
		x.refused(p, err)
		return
	}
	id, ok := step.(Identity)
	if !ok {
		x.refused(p, fmt.Errorf("signet: provider %q asks for another step, which %T is not", p.info.ID, step))
		return
	}
	x.entered(p, x.arriveByMail(p, id, found.To))
}
