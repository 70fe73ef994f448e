package pages

import "time"

// VerifyRequest says that a mail with a link is on its way. With CodeAction it also has a
// form for the six digits that stand in the mail: it posts csrfToken, callbackUrl and code.
type VerifyRequest struct {
	// Kind is what the mail is for: "sign-in", "reset" of a password, "verify" or "change"
	// of an address. Anything else means "sign-in". The words for "reset" do not tell
	// whether there is an account.
	Kind string

	Email     string        // where to; empty leaves it out
	Life      time.Duration // how long the link works; under a minute leaves it out
	SignInURL string        // for using another address; empty offers none

	CodeAction  string // where the code is posted; empty means that the mail has none
	CSRF        string // hidden field csrfToken
	CallbackURL string // hidden field callbackUrl, unchanged; left out beyond 4 KiB

	// Error is as in [SignIn]; Verification is told as a wrong code where there is a form.
	Error      string
	RetryAfter time.Duration
}

// Confirm is the page behind a mailed link. Programs that look into mail open links too,
// so the link alone does nothing: the form posts csrfToken, callbackUrl, token and email.
type Confirm struct {
	Kind        string // as in [VerifyRequest]
	Action      string // where the form is posted
	CSRF        string // hidden field csrfToken
	Token       string // hidden field token, the secret of the link, unchanged
	CallbackURL string // hidden field callbackUrl, unchanged; left out beyond 4 KiB
	Email       string // hidden field email, unchanged, and shown; empty leaves it out

	// OtherBrowser says that this is not the browser in which the mail was asked for.
	// The page then has no form and tells where the link or the code belongs.
	OtherBrowser bool

	// SignInURL is offered for starting a sign-in again, and for signing in before the link
	// of another kind is opened here; empty offers neither.
	SignInURL string

	Error      string // as in [SignIn]
	RetryAfter time.Duration
}

// A mailing is what is said about one kind of mailed link.
type mailing struct {
	Sent, SentTo string // it is on its way; {} is an address
	Open         string // what to do with it

	Title         string // of the page behind it
	Ask, AskOf    string // what the button will do; {} is an address
	Button        string
	NotMe         string // for somebody who did not ask for it
	ElsewhereText string // in another browser
}

func (w *words) mailing(kind string) mailing {
	if m, ok := w.Mailings[kind]; ok {
		return m
	}
	return w.Mailings["sign-in"]
}

func (p VerifyRequest) view(f Frame, w *words) view {
	says, action := w.mailing(p.Kind), target(p.CodeAction)
	if action != "" && known(p.Error) == "verification" {
		p.Error = "wrongcode"
	}
	m := message{Title: w.CheckMail, Text: says.Sent, Icon: "mail", Mild: true, Problem: w.problem(p.Error, "", p.RetryAfter)}
	if m.Name = plain(p.Email, emailLimit); m.Name != "" {
		m.Text = says.SentTo
	}
	if action != "" {
		m.Text += " " + w.CodeOrLink
		m.Form = w.codeForm(action, p.CSRF, p.CallbackURL, m.Problem)
	} else {
		m.Text += " " + says.Open
	}
	if action == "" && p.Kind != "reset" { // which may be opened anywhere
		m.More = append(m.More, w.SameBrowser)
	}
	if life := w.life(p.Life); life != "" {
		m.More = append(m.More, life)
	}
	m.More = append(m.More, w.NotThere)
	m.next(p.SignInURL, w.AnotherAddress)
	return view{template: "message", title: w.CheckMail, alarm: m.Problem.alarms(), data: m}
}

// codeForm asks for the six digits of a mail.
func (w *words) codeForm(action, csrf, back string, pb *problem) *form {
	in := w.input("code", Field{Name: "code"})
	in.Pattern, in.MaxLength = "[0-9]{6}", 6
	in.Class = "digits"
	in.ask(pb, pb.about("code"))
	fm := form{Action: action, CSRF: csrf, CallbackURL: carried(back), Inputs: []input{in}, Button: w.Continue}
	if pb == nil {
		fm.Inputs[0].Focus = true // nothing else is to be done here
	}
	focusWrong(fm.Inputs)
	return &fm
}

func (p Confirm) view(f Frame, w *words) view {
	says := w.mailing(p.Kind)
	m := message{Title: says.Title, Text: says.Ask, Icon: "mail", Mild: true, Problem: w.problem(p.Error, "", p.RetryAfter)}
	if m.Name = plain(p.Email, emailLimit); m.Name != "" {
		m.Text = says.AskOf
	}
	action := target(p.Action)
	switch {
	case p.OtherBrowser:
		m.Title, m.Text, m.Name, m.Icon = w.Elsewhere, says.ElsewhereText, "", "calm"
		m.More = append(m.More, w.ElsewhereWhy)
	case action != "":
		m.Form = &form{Action: action, CSRF: p.CSRF, CallbackURL: carried(p.CallbackURL), Button: says.Button}
		m.Form.carry("token", p.Token)
		m.Form.carry("email", p.Email)
	}
	m.More = append(m.More, says.NotMe)
	switch {
	case p.Kind != "verify" && p.Kind != "change" && p.Kind != "reset":
		m.next(p.SignInURL, w.StartAgain)
	case p.OtherBrowser:
		m.next(p.SignInURL, w.SignInElse)
	}
	return view{template: "message", title: m.Title, alarm: m.Problem.alarms(), data: m}
}
