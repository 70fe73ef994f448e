package pages

import "strconv"

// A form is one plain post of a page.
type form struct {
	Action, CSRF, CallbackURL string
	Hidden                    []pair
	Inputs                    []input
	User                      string // for password managers: whose password it is, where that is not asked
	Button                    string
	Quiet                     bool // its button has less weight than another on the page
}

// A pair is a hidden input.
type pair struct{ Name, Value string }

// carry adds a hidden input, unchanged, unless there is nothing to carry or more than
// anybody needs.
func (fm *form) carry(name, value string) {
	if value = carried(value); value != "" {
		fm.Hidden = append(fm.Hidden, pair{name, value})
	}
}

// A question is a page with one form.
type question struct {
	Title    string
	Lead     string
	LeadName string // what stands for {} in Lead
	Problem  *problem
	Form     form
	Aside    string // before the link
	AsideIs  string // the words of the link
	AsideURL string
}

func (q question) view() view {
	focusWrong(q.Form.Inputs)
	return view{template: "question", title: q.Title, alarm: q.Problem.alarms(), data: q}
}

// newPassword are the inputs for a password that is chosen, twice if again. id begins
// their ids.
func (w *words) newPassword(id string, least int, again bool, pb *problem) []input {
	fields := []Field{{Name: "password", Label: w.NewPassword, Autocomplete: "new-password"}}
	if again {
		fields = append(fields, Field{Name: "passwordAgain", Label: w.PasswordAgain})
	}
	ins := make([]input, 0, len(fields))
	for i, fd := range fields {
		in := w.input(id+strconv.Itoa(i+1), fd)
		w.choose(&in, least)
		in.ask(pb, pb.about(in.Name))
		ins = append(ins, in)
	}
	return ins
}

// choose makes an input ready for a password that is new. There is no greatest length: it
// would cut a pasted password without a word.
func (w *words) choose(in *input, least int) {
	in.Type, in.Autocomplete, in.MinLength = "password", "new-password", max(least, 0)
	if in.Name == "password" && least > 0 {
		in.Hint = fill(w.LengthHint, strconv.Itoa(least))
		in.DescribedBy = in.ID + "-hint"
	}
}
