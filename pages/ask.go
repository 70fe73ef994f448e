package pages

import (
	"strconv"
	"time"
)

// Ask is a further question of a provider, such as a code after the password. Its form
// posts csrfToken, callbackUrl, attempt and the fields.
type Ask struct {
	Action      string // where the form is posted
	CSRF        string // hidden field csrfToken
	CallbackURL string // hidden field callbackUrl, unchanged; left out beyond 4 KiB
	Attempt     string // hidden field attempt, unchanged

	Title    string // empty means our own words
	Provider string // who asks, "GitHub"; empty leaves it out

	// Fields are the inputs. One that is called attempt is left out.
	Fields []Field

	Error      string // as in [SignIn]
	Said       string // as in [SignIn]
	RetryAfter time.Duration
	SignInURL  string // for starting again; empty offers none
}

func (p Ask) view(f Frame, w *words) view {
	q := question{
		Title:    plain(p.Title, saidLimit),
		Lead:     w.OneMoreLead,
		Problem:  w.problem(p.Error, p.Said, p.RetryAfter),
		Form:     form{Action: target(p.Action), CSRF: p.CSRF, CallbackURL: carried(p.CallbackURL), Button: w.Continue},
		AsideIs:  w.StartAgain,
		AsideURL: target(p.SignInURL),
	}
	if q.Title == "" {
		q.Title = w.OneMore
	}
	if q.LeadName = plain(p.Provider, nameLimit); q.LeadName != "" {
		q.Lead = w.OneMoreFor
	}
	q.Form.carry("attempt", p.Attempt)
	for i, fd := range p.Fields {
		if reserved(fd.Name) || fd.Name == "attempt" {
			continue
		}
		in := w.input("f"+strconv.Itoa(i+1), fd)
		if in.Type == "hidden" {
			q.Form.carry(in.Name, in.Value)
			continue
		}
		in.ask(q.Problem, q.Problem.about("type:credentials") || q.Problem.about(in.Name))
		q.Form.Inputs = append(q.Form.Inputs, in)
	}
	return q.view()
}
