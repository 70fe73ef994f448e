package pages

import (
	"strconv"
	"time"
)

// emailLimit is the longest address that can be sent to (RFC 5321 section 4.5.3.1.3).
const emailLimit = 254

// SignUp asks for a new account. Its form posts csrfToken, callbackUrl, name, email and
// password, and passwordAgain if Again is set.
type SignUp struct {
	Action      string // where the form is posted
	CSRF        string // hidden field csrfToken
	CallbackURL string // hidden field callbackUrl, unchanged; left out beyond 4 KiB

	// Error is as in [SignIn]; the reason against a password says more than WeakPassword.
	// The text is tied to the input that it is about.
	Error      string
	Said       string // as in [SignIn]
	RetryAfter time.Duration

	Email, Name string // fill in the form after an error
	SignInURL   string // for people who have an account; empty offers none

	// MinLength is how many characters a password needs; 0 gives no hint.
	MinLength int

	// Again asks for the password twice. Worth it while no mail can be sent: a slip of
	// the finger would then shut its owner out for good.
	Again bool
}

func (p SignUp) view(f Frame, w *words) view {
	q := question{
		Title:    w.SignUp,
		Problem:  w.problem(p.Error, p.Said, p.RetryAfter),
		Form:     form{Action: target(p.Action), CSRF: p.CSRF, CallbackURL: carried(p.CallbackURL), Button: w.CreateIt},
		Aside:    w.HaveOne,
		AsideIs:  w.SignIn,
		AsideURL: target(p.SignInURL),
	}
	if q.LeadName = plain(f.Site, nameLimit); q.LeadName != "" {
		q.Lead = w.SignUpTo
	}
	fields := []Field{
		{Name: "name", Value: plain(p.Name, nameLimit), Optional: true},
		{Name: "email", Value: plain(p.Email, emailLimit)},
		{Name: "password"},
	}
	if p.Again {
		fields = append(fields, Field{Name: "passwordAgain", Label: w.PasswordAgain, Type: "password"})
	}
	for i, fd := range fields {
		in := w.input("f"+strconv.Itoa(i+1), fd)
		if in.Type == "password" {
			w.choose(&in, p.MinLength)
		}
		in.ask(q.Problem, q.Problem.about(in.Name))
		q.Form.Inputs = append(q.Form.Inputs, in)
	}
	return q.view()
}
