package pages

// SignOut asks whether to sign out. Its form posts csrfToken and callbackUrl.
type SignOut struct {
	Action      string // where the form is posted
	CSRF        string // hidden field csrfToken
	CallbackURL string // hidden field callbackUrl, unchanged; left out beyond 4 KiB
	User        string // who is signed in; empty means Frame.User
}

func (p SignOut) view(f Frame, w *words) view {
	if p.User == "" {
		p.User = f.User
	}
	p.User = plain(p.User, nameLimit)
	p.Action, p.CallbackURL = target(p.Action), carried(p.CallbackURL)
	return view{template: "signout", title: w.SignOut, footless: true, data: p}
}
