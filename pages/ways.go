package pages

// A Way is one way to sign in, as [Account] lists it.
type Way struct {
	ID   string // as in the URL, "github"; posted as provider, never shown if there is a Name
	Name string // as shown, "GitHub"
	Mark string // as in [Provider]
	Who  string // the address or name that they have there; empty leaves it out

	Linked    bool // they can sign in with it
	Removable bool // not the last one, so that it may be removed
	Confirm   bool // removing it asks once more

	LinkAction   string // POST csrfToken, callbackUrl and provider: adds it; empty offers nothing
	UnlinkAction string // POST csrfToken, callbackUrl and provider: removes it; empty offers nothing
}

// A wayData is a way made ready for its template.
type wayData struct {
	Mark      mark
	Name, Who string
	Linked    bool
	OnlyOne   bool   // linked, and the last
	Confirm   bool   // Form stands behind a fold
	Label     string // of its button, or of the fold, for those who hear buttons one by one
	Form      *form
}

// ways makes the list ready, those that are linked first.
func (p Account) ways(w *words) []wayData {
	linked, others := []wayData{}, []wayData{}
	for _, y := range p.Ways {
		d := p.way(y, w)
		switch {
		case y.Linked:
			linked = append(linked, d)
		case d.Form != nil: // what cannot be added is of no use to them
			others = append(others, d)
		}
	}
	return append(linked, others...)
}

func (p Account) way(y Way, w *words) wayData {
	name := providerName(Provider{ID: y.ID, Name: y.Name}, w)
	d := wayData{
		Mark:    markOf(y.Mark, y.ID, name),
		Name:    name,
		Who:     plain(y.Who, emailLimit),
		Linked:  y.Linked,
		OnlyOne: y.Linked && !y.Removable,
	}
	action, button, label := target(y.LinkAction), w.Add, w.AddNamed
	if y.Linked {
		action, button, label = "", w.Remove, w.RemoveNamed
		if y.Removable {
			action = target(y.UnlinkAction)
		}
		if d.Confirm = y.Confirm; d.Confirm {
			button = w.RemoveYes
		}
	}
	d.Label = fill(label, name)
	if action != "" {
		d.Form = p.form(action, button)
		d.Form.carry("provider", y.ID)
	}
	return d
}
