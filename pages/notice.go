package pages

import "time"

// Error says what went wrong and what to do next.
type Error struct {
	Code       string // one that [ErrorStatus] lists; any other shows the general text
	Said       string // as in [SignIn]
	RetryAfter time.Duration
	SignInURL  string // offered as the next step; empty offers none
}

// Notice is a plain message in the caller's own words.
type Notice struct {
	Title, Text string

	// Wrong says that something did not work, and shows it.
	Wrong bool

	// NextURL, if set, is the next step, and NextIs its words.
	NextURL, NextIs string
}

// A message is what pages show that have more to say than to ask.
type message struct {
	Title, Text string
	Name        string // what stands for {} in Text
	Problem     *problem
	Form        *form
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

func (p Notice) view(f Frame, w *words) view {
	m := message{Title: plain(p.Title, saidLimit), Text: plain(p.Text, 4*saidLimit), Icon: "calm"}
	if p.Wrong {
		m.Icon = "wrong"
	}
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
