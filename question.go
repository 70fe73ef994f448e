package signet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/signet-auth/signet/pages"
)

// A further question: what a provider wants to know after the first answer, a code by
// message for example. What it keeps meanwhile is sealed in the browser, as an attempt like
// others. Each question has an ID of its own and is answered once; a wrong answer has a new
// question for its answer. Nobody is signed in before the last (security line S-121).

// Bounds of questions.
const (
	maxRounds    = 5    // answers to further questions in one attempt
	maxAskFields = 8    // of one question
	maxAskText   = 768  // bytes of the fields as JSON
	maxAskSaid   = 256  // bytes
	maxKeepAsk   = 1536 // bytes that a provider may keep
	maxAccount   = 320  // bytes of what a failure budget counts by
)

// ask is a question as the browser keeps it.
type ask struct {
	Fields  []Field `json:"f"`
	Code    string  `json:"c,omitempty"`
	Said    string  `json:"s,omitempty"`
	Round   int     `json:"r"`           // from 1
	Account string  `json:"a,omitempty"` // whose budget answers are taken from
	Right   int     `json:"n,omitempty"` // tries of that account that were right, and are given back in the end
}

// An Asked is the error of a sign-in that is not over: the provider wants to know more. The
// question is sealed in a cookie of the answer, and nobody is signed in. It lives 15 minutes
// from the beginning of the sign-in, and is answered once.
type Asked struct {
	// URL is our page with the question, absolute.
	URL string `json:"url"`

	// Attempt names the question. It comes back as the field attempt, beside Fields, to
	// where the first answer went.
	Attempt string  `json:"attempt"`
	Fields  []Field `json:"fields"`

	// Code and Said are those of the [Form]. A Code says that the last answer was wrong.
	Code string `json:"code,omitempty"`
	Said string `json:"said,omitempty"`
}

func (*Asked) Error() string { return "signet: the provider asks a further question" }

// status is what programs hear with a question: 202, or 401 after a wrong answer.
func (q *Asked) status() int {
	if q.Code != "" {
		return http.StatusUnauthorized
	}
	return http.StatusAccepted
}

// append writes the question as JSON.
func (q *Asked) append(dst []byte) []byte {
	b, _ := json.Marshal(q) // texts can always be written
	return append(dst, b...)
}

func isAsked(err error) bool { var q *Asked; return errors.As(err, &q) }

func isForm(s Step) bool { _, ok := s.(Form); return ok }

// ask puts a question to the visitor: it is kept, and the error is an [*Asked]. w is the
// attempt that goes on, t the try that the answer before it took; nil where none was.
func (x *exchange) ask(p registered, w waiting, f Form, t *try) error {
	next, err := w.Ask.after(f, t)
	if err != nil {
		return err
	}
	if w.ID, err = newAttemptID(x.a.world.Rand); err != nil {
		return err
	}
	w.Ask, w.Keep = next, f.Keep
	if !w.fits() {
		w.Back = "" // the way back is the one thing that can be done without
	}
	if !w.fits() {
		return errors.New("signet: provider " + p.info.ID + " asks for more than a browser can keep")
	}
	if err := x.keep(p, w); err != nil {
		return err
	}
	return x.askedOf(p, w)
}

// fits tells whether an attempt fits into a cookie, if need be alone.
func (w waiting) fits() bool {
	plain, err := json.Marshal(w)
	return err == nil && len(plain) <= maxWaiting
}

// after is the question that follows one; q is nil for the first.
func (q *ask) after(f Form, t *try) (*ask, error) {
	next := &ask{Fields: f.Fields, Code: f.Code, Said: shortened(f.Said, maxAskSaid), Round: 1}
	if q != nil {
		next.Round, next.Account, next.Right = q.Round+1, q.Account, q.Right
	}
	if f.Code != "" && !plainWord(f.Code) {
		next.Code = "credentials"
	}
	if t != nil && t.account != "" {
		if t.account != next.Account {
			next.Account, next.Right = t.account, 0
		}
		if f.Code == "" {
			next.Right++
		}
	}
	text, err := json.Marshal(f.Fields)
	switch {
	case err != nil || len(f.Fields) == 0 || len(f.Fields) > maxAskFields || len(text) > maxAskText:
		return nil, errors.New("signet: a provider asks for no field, or for too much")
	case next.Round > maxRounds:
		return nil, &Refused{Code: "rounds", Err: errors.New("too many questions in one sign-in")}
	case len(next.Account) > maxAccount:
		return nil, &Refused{Code: "credentials", Err: errors.New("the account's name is too long")}
	}
	return next, nil
}

// shortened ends a text at a number of bytes, between two characters.
func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := 0
	for i := range s {
		if i > most {
			break
		}
		end = i
	}
	return s[:end]
}

// askedOf tells the visitor's side of a question.
func (x *exchange) askedOf(p registered, w waiting) *Asked {
	q := url.Values{"attempt": {w.ID}}
	if w.Ask.Code != "" {
		q.Set("code", w.Ask.Code)
	}
	to := x.pageURL("step", q)
	if x.a.config.Pages.Step != "" {
		q.Set("provider", p.info.ID)
		to = x.pageURL("step", q)
	}
	return &Asked{URL: to, Attempt: w.ID, Fields: w.Ask.Fields, Code: w.Ask.Code, Said: w.Ask.Said}
}

// answers tells whether the fields are the answer to a question: they name it.
func (x *exchange) answers() bool { return len(x.fields.Get("attempt")) == attemptIDLength }

// answer takes the answer to a question to the provider and signs in whom it names. Where
// there is another question the error is an [*Asked].
func (x *exchange) answer(p registered) (*SignIn, error) {
	id := x.fields.Get("attempt")
	this := func(w waiting) bool { return w.Ask != nil && sameText(w.ID, id) }
	t := x.newTry()
	if w, ok := x.waits(p, this); ok {
		// Before it is used up: who has to wait may still answer then.
		if err := t.take(x.context(), w.Ask.Account); err != nil {
			return nil, err
		}
	}
	w, err := x.take(p, this)
	if x.cameBefore(p, err) {
		s := x.Session
		return &SignIn{User: User{ID: s.UserID, Name: s.Name, Email: s.Email, Image: s.Image}, Provider: p.info}, nil
	}
	if errors.Is(err, errNoAttempt) || errors.Is(err, ErrSpent) {
		return nil, &Refused{Kind: kindCallback, Code: "attempt", Err: err}
	}
	if err != nil {
		return nil, err
	}
	x.back = x.home(w.Back)
	in, err := x.round(p, w, t)
	if err != nil {
		t.failed(x.context(), err)
		return nil, x.askAgain(p, w, t, err)
	}
	if err := t.succeed(x.context(), x.w.Header()); err != nil {
		x.a.log.Warn("tries not given back", "error", err) // the session is made all the same
	}
	t.giveBack(x.context(), w.Ask.Right)
	return in, nil
}

// waits finds an attempt of this browser that is still to be answered.
func (x *exchange) waits(p registered, which func(waiting) bool) (waiting, bool) {
	list := x.attempts(x.wire.attemptsName(p.info))
	i := slices.IndexFunc(list, func(w waiting) bool { return w.Provider == p.info.ID && which(w) })
	if i < 0 {
		return waiting{}, false
	}
	return list[i], true
}

// round is one answer: the provider judges it, and then asks on or names somebody.
func (x *exchange) round(p registered, w waiting, t *try) (*SignIn, error) {
	at := x.attempt(p, t)
	at.ID, at.Keep, at.Extra = w.ID, w.Keep, nil
	at.Fields = url.Values{}
	for name, values := range x.fields {
		if name != "attempt" {
			at.Fields[name] = values
		}
	}
	at.guard = func(ctx context.Context, account string) error {
		if account == w.Ask.Account {
			return nil // taken already
		}
		return t.take(ctx, account)
	}
	checks := p.info.Type == "credentials" // whoever types is the one who signs in, whoever was before
	if !checks {
		var err error
		if at.User, err = x.linking(w); err != nil {
			return nil, err
		}
		if at.User != nil {
			at.Purpose = ToLink
		}
	}
	step, err := p.Finish(x.context(), at)
	if err != nil {
		return nil, err
	}
	in := &SignIn{Provider: p.info}
	switch s := step.(type) {
	case Form:
		return nil, x.ask(p, w, s, t)
	case Identity:
		in.Identity = s
	default:
		return nil, fmt.Errorf("signet: provider %q answers a question with a %T", p.info.ID, step)
	}
	if checks {
		return in, x.admitted(in, &arrival{a: x.a, p: p, id: in.Identity, now: x.now})
	}
	return in, x.arrive(p, at.User, in.Identity)
}

// askAgain asks the same after a wrong answer, as often as there are rounds. Every other
// error ends the attempt.
func (x *exchange) askAgain(p registered, w waiting, t *try, err error) error {
	var no *Refused
	if !errors.As(err, &no) || no.RetryAfter > 0 || firstOf(no.Kind, kindCredentials) != kindCredentials || w.Ask.Round >= maxRounds {
		return err
	}
	x.a.stats.signInsRefused.Add(1)
	x.a.log.Info("answer refused", "provider", p.info.ID, "code", no.Code, "reason", no.Err)
	return x.ask(p, w, Form{Fields: w.Ask.Fields, Code: firstOf(no.Code, "credentials"), Said: no.Said, Keep: w.Keep}, t)
}

// giveBack returns tries of the same account that earlier answers took and that were right.
func (t *try) giveBack(ctx context.Context, n int) {
	if t.store == nil || t.account == "" || len(t.taken) == 0 {
		return
	}
	key := t.taken[len(t.taken)-1]
	for range n {
		if _, err := t.store.Consume(ctx, key, Use{Now: t.v.now, Back: true}); err != nil && !errors.Is(err, ErrNotFound) {
			t.a.log.Warn("tries not given back", "error", err)
			return
		}
	}
}

// getStep shows a question, to the browser that was asked. Programs get it as JSON.
func (x *exchange) getStep(string) {
	id := x.r.URL.Query().Get("attempt")
	for _, p := range x.a.providers {
		w, ok := x.waits(p, func(w waiting) bool { return w.Ask != nil && sameText(w.ID, id) })
		if !ok {
			continue
		}
		if !navigation(x.r) {
			x.json(http.StatusOK, x.askedOf(p, w).append(nil))
			return
		}
		x.draw(http.StatusOK, x.stepPage(p, w))
		return
	}
	x.fail("signin", kindCallback, nil)
}

func (x *exchange) stepPage(p registered, w waiting) pages.Ask {
	page := pages.Ask{
		Action: x.callbackOf(p), CSRF: x.token, CallbackURL: x.home(w.Back), Attempt: w.ID,
		Provider: p.info.Name, Said: w.Ask.Said, SignInURL: x.pageURL("signin", nil),
	}
	if w.Ask.Code != "" {
		page.Error = kindCredentials
	}
	for _, f := range w.Ask.Fields {
		page.Fields = append(page.Fields, pages.Field{Name: f.Name, Label: f.Label, Type: f.Type})
	}
	return page
}
