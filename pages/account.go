package pages

import "time"

// Account shows who is signed in and where, and lets them change how they sign in.
type Account struct {
	Name, Email string
	Provider    string // the name of the way they signed in; empty leaves it out
	SignedInAt  time.Time
	Sessions    []AccountSession
	CSRF        string // hidden field csrfToken of each form
	CallbackURL string // hidden field callbackUrl of the forms of Ways, unchanged; left out beyond 4 KiB

	EndAction       string // POST csrfToken and session=<ID>: ends one
	EndOthersAction string // POST csrfToken: ends all but the current one
	SignOutURL      string // the sign-out page
	SignInURL       string // where they sign in anew, offered with the error SessionRequired

	Ways []Way // ways to sign in; those that can be added, too

	// EmailVerified says that Email is proven to be theirs. It is shown, or its absence,
	// where VerifyAction or ChangeEmailAction is set.
	EmailVerified     bool
	VerifyAction      string // POST csrfToken: sends a link to verify Email; offered while it is not
	ChangeEmailAction string // POST csrfToken and email: sends a link to the new address; empty offers none
	NewEmail          string // fills in that form after an error

	// PasswordAction takes POST csrfToken and password, and passwordAgain if Again is set.
	// Empty offers no change.
	PasswordAction string
	HasPassword    bool // chooses the words: change it, or set one
	MinLength      int  // as in [SignUp]
	Again          bool // as in [SignUp]

	// Done is the code of what has just been done: SessionEnded, OthersEnded, SignedUp,
	// Updated, WayAdded, WayRemoved, MailSent, EmailVerified, EmailChanged or
	// PasswordChanged. Anything else shows nothing.
	Done string

	// Error is as in [SignUp]. Here SessionRequired means that they signed in too long ago,
	// and OAuthAccountNotLinked that somebody else signs in with what was to be added.
	Error      string
	Said       string // as in [SignIn]
	RetryAfter time.Duration
}

// An AccountSession is one place where somebody is signed in.
type AccountSession struct {
	ID      string // posted back as it is, so not a secret
	Current bool   // the one that is asking
	Agent   string // the User-Agent header as received; [Describe] puts it in words
	Network string // where it came from, such as 203.0.113.0/24
	Started time.Time
	Seen    time.Time
}

type accountData struct {
	Problem         *problem
	SignInURL       string
	Done            string
	Mark            string
	Name, Email     string
	Standing        string // whether Email is proven, in words
	Proven          bool
	Provider        string
	SignedIn        moment
	Ways            []wayData
	Verify          *form
	ChangeEmail     *fold
	Password        *fold
	Sessions        []sessionData
	Others          bool // there is another session to end
	CSRF            string
	EndAction       string
	EndOthersAction string
	SignOutURL      string
}

// A fold is a form that is shown when its title is chosen, or at once if Open.
type fold struct {
	Title, Hint string
	Open        bool
	Form        form
}

type sessionData struct {
	ID            string
	Current       bool
	Agent         string
	EndLabel      string
	Network       string
	Started, Seen moment
}

// elsewhere are codes that mean another thing to somebody who is signed in.
var elsewhere = map[string]string{"sessionrequired": "signinagain", "oauthaccountnotlinked": "waytaken"}

func (p Account) view(f Frame, w *words) view {
	if code, ok := elsewhere[known(p.Error)]; ok {
		p.Error = code
	}
	d := accountData{
		Problem:         w.problem(p.Error, p.Said, p.RetryAfter),
		Done:            w.done(p.Done),
		Name:            plain(p.Name, nameLimit),
		Email:           plain(p.Email, emailLimit),
		Provider:        plain(p.Provider, nameLimit),
		SignedIn:        w.moment(p.SignedInAt, f.Now),
		Ways:            p.ways(w),
		CSRF:            p.CSRF,
		EndAction:       target(p.EndAction),
		EndOthersAction: target(p.EndOthersAction),
		SignOutURL:      target(p.SignOutURL),
	}
	if known(p.Error) == "signinagain" {
		d.SignInURL = target(p.SignInURL)
	}
	p.address(&d, w)
	p.password(&d, w)
	if d.Name == "" {
		d.Name, d.Email = d.Email, ""
	}
	if d.Mark = monogram(d.Name); d.Name == "" {
		d.Name = w.UnknownAccount
	}
	for _, s := range p.Sessions {
		d.Sessions = append(d.Sessions, s.ready(f, w))
		d.Others = d.Others || !s.Current
	}
	return view{template: "account", title: w.Account, alarm: d.Problem.alarms(), footless: true, data: d}
}

func (s AccountSession) ready(f Frame, w *words) sessionData {
	agent := Describe(s.Agent, w.Lang)
	return sessionData{
		ID:       s.ID,
		Current:  s.Current,
		Agent:    agent,
		EndLabel: fill(w.EndNamed, agent),
		Network:  plain(s.Network, nameLimit),
		Started:  w.moment(s.Started, f.Now),
		Seen:     w.moment(s.Seen, f.Now),
	}
}

// form is a post from the account page.
func (p Account) form(action, button string) *form {
	return &form{Action: action, CSRF: p.CSRF, CallbackURL: carried(p.CallbackURL), Button: button, Quiet: true}
}

// address is what can be done about the address: prove it, change it.
func (p Account) address(d *accountData, w *words) {
	verify, change := target(p.VerifyAction), target(p.ChangeEmailAction)
	if d.Email != "" && (verify != "" || change != "") {
		d.Standing, d.Proven = w.NotVerified, p.EmailVerified
		if p.EmailVerified {
			d.Standing = w.Verified
		}
	}
	if verify != "" && d.Email != "" && !p.EmailVerified {
		d.Verify = p.form(verify, w.SendVerify)
		d.Verify.CallbackURL = ""
	}
	if change == "" {
		return
	}
	in := w.input("new-email", Field{Name: "email", Label: w.NewEmail, Autocomplete: "email", Value: plain(p.NewEmail, emailLimit)})
	in.Hint, in.DescribedBy = w.ChangeEmailHint, in.ID+"-hint"
	in.ask(d.Problem, d.Problem.about("email"))
	fm := p.form(change, w.SendChange)
	fm.CallbackURL, fm.Inputs = "", []input{in}
	d.ChangeEmail = &fold{Title: w.ChangeEmail, Open: focusWrong(fm.Inputs), Form: *fm}
}

func (p Account) password(d *accountData, w *words) {
	action := target(p.PasswordAction)
	if action == "" {
		return
	}
	fm := p.form(action, w.SavePassword)
	fm.User = d.Email
	fm.CallbackURL, fm.Inputs = "", w.newPassword("new-password", p.MinLength, p.Again, d.Problem)
	d.Password = &fold{Title: w.SetPassword, Open: focusWrong(fm.Inputs), Form: *fm}
	if p.HasPassword {
		d.Password.Title = w.ChangePassword
	}
}

// done puts the code of something that went well in words.
func (w *words) done(code string) string {
	switch code {
	case "SessionEnded":
		return w.SessionEnded
	case "OthersEnded":
		return w.OthersEnded
	case "SignedUp":
		return w.SignedUp
	case "Updated":
		return w.Updated
	case "WayAdded":
		return w.WayAdded
	case "WayRemoved":
		return w.WayRemoved
	case "MailSent":
		return w.MailSent
	case "EmailVerified":
		return w.EmailVerified
	case "EmailChanged":
		return w.EmailChanged
	case "PasswordChanged":
		return w.PasswordChanged
	}
	return ""
}
