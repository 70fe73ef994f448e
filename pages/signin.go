package pages

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// SignIn lists the ways to sign in: those of type credentials first, as forms, then a
// divider and the others. Both are in the order given, after those of the reader's region.
type SignIn struct {
	CSRF        string // hidden field csrfToken of each form
	CallbackURL string // hidden field callbackUrl of each form, unchanged; left out beyond 4 KiB

	// Error is a code that [ErrorStatus] lists; its text is shown. Empty means none. An
	// unknown one shows the general text and is not repeated.
	Error string

	// Said is what a back end said in its own words, shown below the text of Error. It
	// must come from the back end, never from the URL: anyone could write into that.
	Said string

	// RetryAfter, if positive, says how long to wait before trying again.
	RetryAfter time.Duration

	Providers []Provider
	SignUpURL string // where an account is made; empty offers none
	ForgotURL string // where a new password is asked for, below the first form; empty offers none
	Email     string // fills in the address or user name
}

// A Provider is one way to sign in.
type Provider struct {
	ID   string // as in the URL, "github"; never shown if there is a Name
	Name string // as shown, "GitHub"
	Type string // the word of Auth.js: oauth, oidc, email, credentials or webauthn

	// Mark is the name of the drawing on the button, "kakao"; empty means ID. Without a
	// drawing of that name the button has the first letter of Name.
	Mark string

	// Region is a language, "ko": its readers see the provider before the others.
	Region string

	// Action is where the form is posted: signin/<id>, or callback/<id> for credentials.
	// One that is neither http(s) nor a path leaves the provider out.
	Action string

	// Fields are the inputs. Providers of type credentials and webauthn are left out when
	// they have none, as in Auth.js; type email then has its one field, email.
	Fields []Field
}

// A way is a provider made ready for its template.
type way struct {
	ID, Action  string // ID is ours and safe in an attribute
	Mark        mark
	Heading     string // tells several forms with fields apart
	Button      string
	Main        bool // its button is the page's main one
	Inputs      []input
	CSRF        string
	CallbackURL string
	Hidden      []input
	ForgotURL   string
}

type signInData struct {
	Problem   *problem
	Forms     []way
	Others    []way
	SignUpURL string
}

func (p SignIn) view(f Frame, w *words) view {
	d := signInData{Problem: w.problem(p.Error, p.Said, p.RetryAfter), SignUpURL: target(p.SignUpURL)}
	for i, pr := range nearFirst(p.Providers, w.Lang) {
		wy, ok := p.way(i, pr, w, d.Problem)
		if !ok {
			continue
		}
		if pr.Type == "credentials" {
			d.Forms = append(d.Forms, wy)
		} else {
			d.Others = append(d.Others, wy)
		}
	}
	d.arrange(w)
	if len(d.Forms) > 0 {
		d.Forms[0].ForgotURL = target(p.ForgotURL)
	}
	return view{template: "signin", title: w.SignIn, alarm: d.Problem.alarms(), data: d}
}

// nearFirst puts the providers of a language before the others, and keeps the order
// otherwise.
func nearFirst(all []Provider, lang string) []Provider {
	far := func(pr Provider) int {
		if pr.Region == lang {
			return 0
		}
		return 1
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Provider) int { return far(a) - far(b) })
	return all
}

// way makes one provider ready, or says that it cannot be offered on a page.
func (p SignIn) way(i int, pr Provider, w *words, pb *problem) (way, bool) {
	fields := pr.Fields
	if pr.Type == "email" && len(fields) == 0 {
		fields = []Field{{Name: "email", Autocomplete: "email"}}
	}
	wy := way{
		ID:          "w" + strconv.Itoa(i+1),
		Action:      target(pr.Action),
		CSRF:        p.CSRF,
		CallbackURL: carried(p.CallbackURL),
	}
	name := providerName(pr, w)
	wy.Mark = markOf(pr.Mark, pr.ID, name)
	if len(fields) > 0 && pr.Type != "email" {
		wy.Heading = name
	}
	for j, fd := range fields {
		if reserved(fd.Name) {
			continue
		}
		in := w.input(wy.ID+"-"+strconv.Itoa(j+1), fd)
		if in.Type == "hidden" {
			wy.Hidden = append(wy.Hidden, in)
			continue
		}
		in.ask(pb, pb.about("type:"+pr.Type) || pb.about(in.Name))
		if in.Value == "" && (in.Type == "email" || in.Name == "username") {
			in.Value = plain(p.Email, emailLimit)
		}
		wy.Inputs = append(wy.Inputs, in)
	}
	switch {
	case pr.Type == "credentials":
		wy.Button = w.SignIn
	case pr.Type == "email":
		wy.Button = w.SendLink
	default:
		wy.Button = fill(w.ContinueWith, name)
	}
	needsFields := pr.Type == "credentials" || pr.Type == "webauthn"
	return wy, wy.Action != "" && !(needsFields && len(wy.Inputs) == 0)
}

// arrange names the forms where there are several, gives one button the weight of the
// main one, and puts the cursor where an error has to be mended.
func (d *signInData) arrange(w *words) {
	if len(d.Forms) == 1 {
		d.Forms[0].Heading = ""
	} else {
		for i := range d.Forms {
			d.Forms[i].Button = fill(w.SignInWith, d.Forms[i].Heading)
		}
	}
	switch {
	case len(d.Forms) > 0:
		d.Forms[0].Main = true
	case len(d.Others) > 0 && len(d.Others[0].Inputs) > 0:
		d.Others[0].Main = true
	}
	for _, ways := range [][]way{d.Forms, d.Others} {
		for _, wy := range ways {
			if focusWrong(wy.Inputs) {
				return
			}
		}
	}
}

// focusWrong puts the cursor into the first wrong input that is still to be filled in, or
// else the first wrong one.
func focusWrong(ins []input) bool {
	first := -1
	for i, in := range ins {
		if !in.Invalid {
			continue
		}
		if in.Value == "" {
			ins[i].Focus = true
			return true
		}
		if first < 0 {
			first = i
		}
	}
	if first >= 0 {
		ins[first].Focus = true
	}
	return first >= 0
}

func providerName(pr Provider, w *words) string {
	for _, name := range []string{pr.Name, pr.ID} {
		if name = plain(strings.TrimSpace(name), nameLimit); name != "" {
			return name
		}
	}
	return w.DefaultProvider
}
