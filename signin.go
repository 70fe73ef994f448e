package signet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/signet-auth/signet/pages"
)

// getSignIn shows the ways to sign in.
func (x *exchange) getSignIn(provider string) {
	if provider != "" {
		x.fail("error", kindConfiguration, nil) // @auth/core: GET signin/<id> starts nothing
		return
	}
	q := x.r.URL.Query()
	if x.a.config.Pages.SignIn != "" {
		to := url.Values{"callbackUrl": {x.back}}
		if e := q.Get("error"); e != "" {
			to.Set("error", e)
		}
		x.custom("signin", x.a.config.Pages.SignIn, to)
		return
	}
	kind := q.Get("error")
	if q.Get("csrf") == "true" {
		kind = kindMissingCSRF
	}
	p := x.signInPage(kind)
	if kind != "" {
		p.Email = x.typedBefore()
	}
	if n, err := strconv.Atoi(q.Get("retry")); err == nil && 0 < n && n < 1e5 {
		p.RetryAfter = time.Duration(n) * time.Second
	}
	x.draw(http.StatusOK, p)
}

func (x *exchange) signInPage(kind string) pages.SignIn {
	p := pages.SignIn{CSRF: x.token, CallbackURL: x.back, Error: kind}
	if x.a.canReset() {
		p.ForgotURL = x.base + "/reset"
	}
	for _, r := range x.a.providers {
		action := x.base + "/signin/" + r.info.ID
		if r.info.Type == "credentials" {
			action = x.base + "/callback/" + r.info.ID
		}
		shown := pages.Provider{
			ID: r.info.ID, Name: r.info.Name, Type: r.info.Type, Action: action, Mark: r.info.Mark, Region: r.info.Region,
		}
		for _, f := range r.info.Fields {
			shown.Fields = append(shown.Fields, pages.Field{Name: f.Name, Label: f.Label, Type: f.Type})
		}
		p.Providers = append(p.Providers, shown)
	}
	if _, _, ok := x.a.registrar(); ok {
		p.SignUpURL = x.base + "/signup?" + url.Values{"callbackUrl": {x.back}}.Encode()
	}
	return p
}

// postSignIn starts a sign-in. Providers that only check a form begin at their callback;
// whoever posts them here is sent to the page that has the form.
func (x *exchange) postSignIn(id string) {
	if !x.verified() {
		x.noToken("signin")
		return
	}
	p, ok := x.a.provider(id)
	if id != "" && !ok {
		if x.style == clientV4 {
			x.redirect(x.base+"/signin?csrf=true", http.StatusOK, false)
			return
		}
		x.fail("error", kindConfiguration, nil)
		return
	}
	if ok {
		x.begin(p)
		return
	}
	x.redirect(x.pageURL("signin", nil), http.StatusOK, true)
}

// begin takes the first step with a provider.
func (x *exchange) begin(p registered) {
	w, err := x.newWaiting()
	if err != nil {
		x.fault(err)
		return
	}
	at := x.attempt(p, nil)
	at.ID = w.ID
	if at.User, err = x.linking(w); err != nil {
		x.refused(p, err)
		return
	}
	if at.User != nil {
		at.Purpose = ToLink
	}
	step, err := p.Begin(x.context(), at)
	if err != nil {
		x.refused(p, err)
		return
	}
	x.follow(p, w, step)
}

// newWaiting is an attempt that begins now. Whoever is signed in adds a way to sign in, as
// in Auth.js, and only in this session.
func (x *exchange) newWaiting() (waiting, error) {
	id, err := newAttemptID(x.a.world.Rand)
	w := waiting{ID: id, Back: x.back}
	if x.Session != nil {
		w.Link, w.Session = x.Session.UserID, x.Session.ID
	}
	return w, err
}

// follow carries out a step that is not the last.
func (x *exchange) follow(p registered, w waiting, step Step) {
	switch s := step.(type) {
	case Redirect:
		w.Keep = s.Keep
		if err := x.keep(p, w); err != nil {
			x.refused(p, err)
			return
		}
		x.redirect(s.To, http.StatusOK, true)
	case Mail:
		w.Keep = s.Keep
		x.mail(p, w, s)
	case Form:
		if s.Keep != nil {
			x.entered(p, x.ask(p, w, s, nil))
			return
		}
		x.redirect(x.pageURL("signin", nil), http.StatusOK, true)
	default:
		x.refused(p, fmt.Errorf("signet: provider %q begins with a %T", p.info.ID, step))
	}
}

// attempt is what a provider gets to see of this request.
func (x *exchange) attempt(p registered, t *try) *Attempt {
	at := &Attempt{
		Fields:   x.fields,
		Extra:    x.extra(),
		Callback: x.callbackOf(p),
		Accounts: Records{x.a.config.Stores.Accounts, p.info.ID},
		Client:   x.client(),
		World:    x.a.world,
	}
	if t != nil {
		at.guard = t.take
	}
	return at
}

// extra is the query of the request without what is ours.
func (x *exchange) extra() url.Values {
	if x.r.URL.RawQuery == "" || x.r.Method != http.MethodPost {
		return nil
	}
	q := x.r.URL.Query()
	for _, ours := range []string{"callbackUrl", "csrfToken", "json"} {
		q.Del(ours)
	}
	return q
}

func (x *exchange) client() Client {
	return x.a.Client(x.r)
}

// refused answers a provider's or the application's no.
func (x *exchange) refused(p registered, err error) {
	if isStoreFault(err) {
		x.fault(err)
		return
	}
	x.a.stats.signInsRefused.Add(1)
	var no *Refused
	var elsewhere GoTo
	switch {
	case errors.As(err, &elsewhere):
		x.elsewhere(elsewhere)
		return
	case !errors.As(err, &no):
		// A fault of provider or configuration: the log gets it, the visitor does not.
		x.a.log.Error("sign-in failed", "provider", p.info.ID, "error", err)
		x.fail("error", kindConfiguration, nil)
		return
	}
	kind := firstOf(no.Kind, kindCredentials)
	if no.Err != nil {
		x.a.log.Info("sign-in refused", "provider", p.info.ID, "code", no.Code, "reason", no.Err)
	}
	if no.RetryAfter > 0 {
		x.later(kind, no.RetryAfter)
		return
	}
	if no.Said != "" && x.style == plain && x.a.config.Pages.SignIn == "" {
		// The back end's own words, on the page and in no URL: anyone could write into that.
		page := x.signInPage(kind)
		page.Said, page.Email = no.Said, x.fields.Get("email")
		x.draw(pages.ErrorStatus(kind), page)
		return
	}
	switch {
	case kind == kindAccessDenied:
		x.fail("error", kind, nil)
	case kind != kindCredentials:
		x.fail("signin", kind, nil)
	case x.style == clientV4:
		x.redirect(x.base+"/error?"+url.Values{"error": {kind}, "provider": {p.info.ID}}.Encode(), x.failStatus(kind), false)
	default:
		code := no.Code
		if !plainWord(code) {
			code = "credentials"
		}
		x.rememberTyped()
		x.fail("signin", kind, url.Values{"code": {code}})
	}
}

// elsewhere takes somebody who may not sign in to a page of the application.
func (x *exchange) elsewhere(page GoTo) {
	to, ok := x.a.returnTo(x.origin, string(page))
	if !ok {
		to = x.origin
	}
	x.redirect(to, http.StatusOK, false)
}

// later answers with the time to wait. A browser gets the page at once, so that status and
// Retry-After are seen by whoever floods us with forms.
func (x *exchange) later(kind string, wait time.Duration) {
	x.a.stats.throttled.Add(1)
	x.w.Header().Set("Retry-After", seconds(wait))
	if x.style != plain || x.a.config.Pages.SignIn != "" {
		x.fail("signin", kind, url.Values{"retry": {seconds(wait)}})
		return
	}
	p := x.signInPage(kind)
	p.RetryAfter, p.Email = wait, firstOf(x.fields.Get("email"), x.fields.Get("username"))
	x.draw(x.failStatus(kind), p)
}

// mayEnter asks the application whether somebody may sign in.
func (a *Auth) mayEnter(ctx context.Context, in *SignIn) error {
	if a.config.Callbacks.SignIn == nil {
		return nil
	}
	err := a.config.Callbacks.SignIn(ctx, in)
	var no *Refused
	var elsewhere GoTo
	if err == nil || errors.As(err, &no) || errors.As(err, &elsewhere) {
		return err
	}
	return &Refused{Kind: kindAccessDenied, Code: "denied", Err: err}
}

// admit makes the session of somebody who proved to be in.User and may enter, in place of
// the one that the request brought, and writes its cookie.
func (v *Visit) admit(ctx context.Context, h http.Header, in *SignIn, trigger string, c Client) error {
	s, err := v.newSession(in)
	if err != nil {
		return err
	}
	if v.a.config.Callbacks.Claims != nil {
		if err := v.a.config.Callbacks.Claims(ctx, s, Change{Trigger: trigger, SignIn: in}); err != nil {
			return err
		}
	}
	old := SessionID(0)
	if v.Session != nil {
		old = v.Session.ID
	}
	v.sealBeside(s)
	value, err := v.a.keeper.create(ctx, v.wire, s, old, c)
	if err != nil {
		return fmt.Errorf("signet: session cannot be stored: %w", err)
	}
	if old != 0 {
		v.a.revoked.add(Revocation{Session: old, UserID: v.Session.UserID, At: v.now})
	}
	if v.Session == nil || v.Session.UserID != s.UserID {
		v.hideTokens(h) // those of somebody who was here before
	}
	v.Session, v.broken = s, false
	if err := v.set(h, value); err != nil {
		return fmt.Errorf("signet: session cannot be written: %w", err)
	}
	v.showToken(h, in.Provider.ID, in.Identity.Tokens)
	v.a.stats.signIns.Add(1)
	if v.a.config.Events.SignIn != nil {
		v.a.tell(func() { v.a.config.Events.SignIn(ctx, s, in) })
	}
	return nil
}

// newSession is a session that begins now. Its ID is always new: one that was planted in
// the browser before gets nobody in.
func (v *Visit) newSession(in *SignIn) (*Session, error) {
	id, err := newSessionID(v.now, v.a.world.Rand)
	if err != nil {
		return nil, err
	}
	now := v.now.Truncate(time.Second)
	s := &Session{
		ID: id, UserID: in.User.ID, Name: in.User.Name, Email: in.User.Email, Image: in.User.Image,
		Groups: in.User.Groups, Provider: in.Provider.ID, Methods: in.Identity.Methods,
		Start: now, AuthTime: now, Claims: in.carried.clone(), epoch: in.User.Epoch,
	}
	if len(s.Groups) == 0 {
		s.Groups = in.Identity.Groups
	}
	for _, m := range in.Identity.Claims.members {
		s.Claims.put(m.name, m.raw)
	}
	v.a.exposeTokens(s, in.Provider.ID, in.Identity.Tokens)
	if in.Identity.Tokens != nil && !v.a.keepsGrants() {
		if err := v.a.carry(s, *in.Identity.Tokens, v.now); err != nil {
			return nil, err
		}
	}
	if v.a.config.Stores.Sessions != nil && v.a.config.Session.Strategy == JWT {
		s.seen = now
	}
	v.a.extend(s, v.now)
	return s, nil
}

// SignIn signs the visitor of a request in through a provider that checks fields, as the
// sign-in form would, and writes the session's cookie into the answer. The caller has made
// sure that the request comes from its own page. A "no" is a [*Refused], a further question an
// [*Asked].
func (a *Auth) SignIn(w http.ResponseWriter, r *http.Request, provider string, fields url.Values) (*Session, error) {
	p, ok := a.provider(provider)
	if !ok {
		return nil, fmt.Errorf("signet: no provider %q", provider)
	}
	v, err := a.Visit(r)
	if err != nil {
		return nil, err
	}
	x := &exchange{Visit: v, w: w, r: r, fields: fields, base: v.origin + a.basePath, lang: pages.Language(r.Header.Get("Accept-Language"))}
	if err := x.finish(p); err != nil {
		if isAsked(err) {
			x.writeGuest()
		}
		return nil, err
	}
	x.writeGuest()
	return x.Session, nil
}
