package pages

// A Field is one labelled input of a [Provider].
type Field struct {
	Name  string // the form key; empty, csrfToken and callbackUrl leave the field out
	Label string // empty means our own word for the usual names, else Name

	// Type is text, email, password, tel, url, number or hidden. Empty goes by Name, and
	// anything else is text.
	Type string

	Autocomplete string // empty goes by Name and Type
	Placeholder  string
	Value        string // what stands there already; never used for a password
	Optional     bool
}

// An input is a field made ready for its template.
type input struct {
	ID, Name, Label, Type string
	Autocomplete, Mode    string
	Placeholder, Value    string
	Hint, DescribedBy     string
	MinLength, MaxLength  int
	Pattern, Class        string
	OptionalWord          string
	Required, Bare        bool // Bare: no capitals, no spelling
	ReadOnly              bool
	Invalid, Focus        bool
}

// kinds are the input types that a field may have.
var kinds = map[string]bool{
	"text": true, "email": true, "password": true, "tel": true, "url": true, "number": true, "hidden": true,
}

// A habit is what is usual for a field of that name or type.
type habit struct {
	kind, autocomplete, mode string
	label                    func(*words) string
}

// habits go by name first. The autocomplete words are those of the HTML standard's
// autofill section; "username" on the address is what lets password managers pair it
// with the password.
var habits = map[string]habit{
	"email":    {"email", "username", "", func(w *words) string { return w.Email }},
	"username": {"text", "username", "", func(w *words) string { return w.Username }},
	"password": {"password", "current-password", "", func(w *words) string { return w.Password }},
	"name":     {"text", "name", "", func(w *words) string { return w.Name }},
	"tel":      {"tel", "tel", "", func(w *words) string { return w.Phone }},
	"phone":    {"tel", "tel", "", func(w *words) string { return w.Phone }},
	"code":     {"text", "one-time-code", "numeric", func(w *words) string { return w.Code }},
}

// reserved are the form keys that every form has already.
func reserved(name string) bool { return name == "" || name == "csrfToken" || name == "callbackUrl" }

// input makes a field ready. id is unique on the page.
func (w *words) input(id string, f Field) input {
	usual, ok := habits[f.Name]
	if !ok {
		usual = habits[f.Type]
	}
	in := input{
		ID:           id,
		Name:         f.Name,
		Label:        plain(f.Label, nameLimit),
		Type:         f.Type,
		Autocomplete: f.Autocomplete,
		Mode:         usual.mode,
		Placeholder:  plain(f.Placeholder, nameLimit),
		Value:        f.Value,
		Required:     !f.Optional,
		Bare:         f.Name != "name",
	}
	if f.Optional {
		in.OptionalWord = w.Optional
	}
	if in.Type == "" {
		in.Type = usual.kind
	}
	if !kinds[in.Type] {
		in.Type = "text"
	}
	if in.Type == "password" {
		in.Value = "" // a page may be seen by others, and kept
	}
	if in.Autocomplete == "" {
		in.Autocomplete = usual.autocomplete
	}
	if in.Label == "" && usual.label != nil {
		in.Label = usual.label(w)
	}
	if in.Label == "" {
		in.Label = plain(f.Name, nameLimit)
	}
	return in
}

// ask ties the problem of the page to an input that is wrong, or to all of them if it is
// about none.
func (in *input) ask(p *problem, wrong bool) {
	if p == nil || !wrong && p.field != "" {
		return
	}
	in.DescribedBy = join(in.DescribedBy, problemID)
	in.Invalid = wrong
}

// problemID is the id of the box that says what went wrong.
const problemID = "problem"

// join puts ids in a list for aria-describedby.
func join(ids, id string) string {
	if ids == "" {
		return id
	}
	return ids + " " + id
}
