package pages

import "time"

// Error says what went wrong and what to do next.
type Error struct {
	Code       string // one that [ErrorStatus] lists; any other shows the general text
	Said       string // as in [SignIn]
	RetryAfter time.Duration
	SignInURL  string // offered as the next step; empty offers none
}

// VerifyRequest says that a sign-in link is on its way.
type VerifyRequest struct {
	Email     string        // where to; empty leaves it out
	Life      time.Duration // how long the link works; under a minute leaves it out
	SignInURL string        // for using another address; empty offers none
}

// Notice is a plain message in the caller's own words.
type Notice struct {
	Title, Text string

	// NextURL, if set, is the next step, and NextIs its words.
	NextURL, NextIs string
}

// A message is what the pages without a form show.
type message struct {
	Title, Text string
	Name        string // what stands for {} in Text
	More        []string
	Said        string
	Icon        string // wrong, calm or mail
	NextURL     string
	NextIs      string
	Mild        bool // the next step is only there for those who need it
}

func (p Error) view(f Frame, w *words) view {
	pb := w.problem(p.Code, p.Said, p.RetryAfter)
	if pb == nil { // no code at all is what Auth.js calls the default error
		pb = &problem{Title: w.Sayings[""].Title, Text: w.Sayings[""].Text}
	}
	m := message{Title: pb.Title, Text: pb.Text, Said: pb.Said, Icon: "wrong"}
	if pb.Calm {
		m.Icon = "calm"
	}
	if pb.Wait != "" {
		m.More = append(m.More, pb.Wait)
	}
	m.next(p.SignInURL, w.SignInElse)
	return view{template: "message", title: pb.Title, alarm: pb.alarms(), data: m}
}

func (p VerifyRequest) view(f Frame, w *words) view {
	m := message{Title: w.CheckMail, Text: w.LinkSent, Icon: "mail", Mild: true}
	if m.Name = plain(p.Email, emailLimit); m.Name != "" {
		m.Text = w.LinkSentTo
	}
	if life := w.life(p.Life); life != "" {
		m.More = append(m.More, life)
	}
	m.More = append(m.More, w.SameBrowser, w.NotThere)
	m.next(p.SignInURL, w.AnotherAddress)
	return view{template: "message", title: w.CheckMail, data: m}
}

func (p Notice) view(f Frame, w *words) view {
	m := message{Title: plain(p.Title, saidLimit), Text: plain(p.Text, 4*saidLimit), Icon: "calm"}
	m.next(p.NextURL, plain(p.NextIs, nameLimit))
	title := m.Title
	if title == "" {
		title = m.Text
	}
	return view{template: "message", title: title, data: m}
}

// next offers a link if it leads somewhere and has words.
func (m *message) next(to, is string) {
	if to = target(to); to != "" && is != "" {
		m.NextURL, m.NextIs = to, is
	}
}
