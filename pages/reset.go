package pages

import "time"

// Forgot asks for the address to which a link for a new password is sent. Its form posts
// csrfToken, callbackUrl and email; [VerifyRequest] of the kind "reset" comes next.
type Forgot struct {
	Action      string // where the form is posted
	CSRF        string // hidden field csrfToken
	CallbackURL string // hidden field callbackUrl, unchanged; left out beyond 4 KiB
	Email       string // fills in the form
	Error       string // as in [SignIn]
	RetryAfter  time.Duration
	SignInURL   string // for those who remember; empty offers none
}

// NewPassword asks for the password that takes the place of a forgotten one. Its form
// posts csrfToken, callbackUrl, token, email and password, and passwordAgain if Again is
// set.
type NewPassword struct {
	Action      string // where the form is posted
	CSRF        string // hidden field csrfToken
	CallbackURL string // hidden field callbackUrl, unchanged; left out beyond 4 KiB
	Token       string // hidden field token, the secret of the link, unchanged

	// Email is whose password it is: it is shown, and posted as email, and a password
	// manager files the new password under it. Empty leaves it out.
	Email string

	MinLength int  // as in [SignUp]
	Again     bool // as in [SignUp]

	Error      string // as in [SignUp]
	Said       string // as in [SignIn]
	RetryAfter time.Duration
	SignInURL  string // for those who remember; empty offers none
}

func (p Forgot) view(f Frame, w *words) view {
	pb := w.problem(p.Error, "", p.RetryAfter)
	in := w.input("f1", Field{Name: "email", Value: plain(p.Email, emailLimit)})
	in.ask(pb, pb.about("email") || pb.about("type:email"))
	return question{
		Title:    w.Forgot,
		Lead:     w.ForgotLead,
		Problem:  pb,
		Form:     form{Action: target(p.Action), CSRF: p.CSRF, CallbackURL: carried(p.CallbackURL), Inputs: []input{in}, Button: w.SendReset},
		Aside:    w.Remembered,
		AsideIs:  w.SignIn,
		AsideURL: target(p.SignInURL),
	}.view()
}

func (p NewPassword) view(f Frame, w *words) view {
	pb := w.problem(p.Error, p.Said, p.RetryAfter)
	fm := form{Action: target(p.Action), CSRF: p.CSRF, CallbackURL: carried(p.CallbackURL), Button: w.SavePassword}
	fm.carry("token", p.Token)
	if email := carried(p.Email); email != "" {
		in := w.input("f0", Field{Name: "email", Value: email})
		in.ReadOnly, in.Required = true, false
		fm.Inputs = append(fm.Inputs, in)
	}
	fm.Inputs = append(fm.Inputs, w.newPassword("f", p.MinLength, p.Again, pb)...)
	return question{
		Title:    w.ChooseNew,
		Lead:     w.ChooseNewLead,
		Problem:  pb,
		Form:     fm,
		Aside:    w.Remembered,
		AsideIs:  w.SignIn,
		AsideURL: target(p.SignInURL),
	}.view()
}
