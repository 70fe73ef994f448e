package pages

import "time"

// Account shows who is signed in and where.
type Account struct {
	Name, Email string
	Provider    string // the name of the way they signed in; empty leaves it out
	SignedInAt  time.Time
	Sessions    []AccountSession
	CSRF        string // hidden field csrfToken of each form

	EndAction       string // POST csrfToken and session=<ID>: ends one
	EndOthersAction string // POST csrfToken: ends all but the current one
	SignOutURL      string // the sign-out page

	// Done is the code of what has just been done: SessionEnded, OthersEnded, SignedUp or
	// Updated. Anything else shows nothing.
	Done  string
	Error string // as in [SignIn]
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
	Done            string
	Mark            string
	Name, Email     string
	Provider        string
	SignedIn        moment
	Sessions        []sessionData
	Others          bool // there is another session to end
	CSRF            string
	EndAction       string
	EndOthersAction string
	SignOutURL      string
}

type sessionData struct {
	ID            string
	Current       bool
	Agent         string
	EndLabel      string
	Network       string
	Started, Seen moment
}

func (p Account) view(f Frame, w *words) view {
	d := accountData{
		Problem:         w.problem(p.Error, "", 0),
		Done:            w.done(p.Done),
		Name:            plain(p.Name, nameLimit),
		Email:           plain(p.Email, emailLimit),
		Provider:        plain(p.Provider, nameLimit),
		SignedIn:        w.moment(p.SignedInAt, f.Now),
		CSRF:            p.CSRF,
		EndAction:       target(p.EndAction),
		EndOthersAction: target(p.EndOthersAction),
		SignOutURL:      target(p.SignOutURL),
	}
	if d.Name == "" {
		d.Name, d.Email = d.Email, ""
	}
	if d.Mark = monogram(d.Name); d.Name == "" {
		d.Name = w.UnknownAccount
	}
	for _, s := range p.Sessions {
		agent := Describe(s.Agent, w.Lang)
		d.Sessions = append(d.Sessions, sessionData{
			ID:       s.ID,
			Current:  s.Current,
			Agent:    agent,
			EndLabel: fill(w.EndNamed, agent),
			Network:  plain(s.Network, nameLimit),
			Started:  w.moment(s.Started, f.Now),
			Seen:     w.moment(s.Seen, f.Now),
		})
		d.Others = d.Others || !s.Current
	}
	return view{template: "account", title: w.Account, alarm: d.Problem.alarms(), footless: true, data: d}
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
	}
	return ""
}
