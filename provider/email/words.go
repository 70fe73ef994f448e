package email

import (
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// words are all words of the letters in one language. A part in braces is there only where
// the site has a name, which then stands for its underscore; after a bar comes what stands
// there otherwise: "Sign in{ to _}", "{_|the site}".
type words struct {
	lang     string
	linkLead string // before the link as text
	codeOnly string // before a code that comes alone
	codeToo  string // before a code that comes with a link
	minutes  plural
	hours    plural
	wasLabel string
	footer   string
	letters  map[signet.LetterKind]saying
}

// A saying is what one kind of letter says.
type saying struct {
	acts     bool // by a link or a code, which end
	subject  string
	title    string
	lead     string
	button   string
	stranger string // for somebody who knows nothing of it
}

// plural are the words for one, and for more with {} for the number.
type plural struct{ one, more string }

func (p plural) of(n int) string {
	if n == 1 {
		return p.one
	}
	return strings.ReplaceAll(p.more, "{}", strconv.Itoa(n))
}

func wordsFor(lang string) *words {
	if lang == "ko" {
		return &korean
	}
	return &english
}

// sheet puts the words of a letter together.
func (w *words) sheet(says saying, l signet.Letter, now time.Time) sheet {
	s := sheet{
		Lang: w.lang, Subject: named(says.subject, l.Site), Title: named(says.title, l.Site), Lead: named(says.lead, l.Site),
		Stranger: named(says.stranger, l.Site), Footer: named(w.footer, l.Site), Code: l.Code,
	}
	if l.Link != "" {
		s.Link, s.Button, s.LinkLead = l.Link, says.button, w.linkLead
	}
	if l.Code != "" {
		s.CodeLead = w.codeToo
		if l.Link == "" {
			s.CodeLead = w.codeOnly
		}
	}
	if says.acts && !l.Ends.IsZero() {
		s.Ends = w.life(l.Ends.Sub(now))
	}
	// The other letter about a change goes to an address that nobody has proved yet, so it
	// does not tell the one before.
	if l.Kind == signet.LetterChanged && l.Was != "" {
		s.WasLabel, s.Was = w.wasLabel, l.Was
	}
	return s
}

// life tells how long something is left, in whole hours from two on.
func (w *words) life(left time.Duration) string {
	minutes := max(1, int(left.Round(time.Minute)/time.Minute))
	if minutes < 120 {
		return w.minutes.of(minutes)
	}
	return w.hours.of(minutes / 60)
}

// named fills in the name of the site.
func named(pattern, site string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		part, after, _ := strings.Cut(rest, "}")
		with, without, _ := strings.Cut(part, "|")
		if site == "" {
			b.WriteString(without)
		} else {
			b.WriteString(strings.ReplaceAll(with, "_", site))
		}
		pattern = after
	}
}
