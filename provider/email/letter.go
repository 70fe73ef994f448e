package email

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signet-auth/signet"
)

//go:embed html
var files embed.FS

var (
	htmlTemplates = sync.OnceValue(func() *template.Template {
		return template.Must(template.ParseFS(files, "html/*.html"))
	})
	textTemplate = sync.OnceValue(func() *texttemplate.Template {
		return texttemplate.Must(texttemplate.ParseFS(files, "html/letter.txt"))
	})
)

// Bounds of what stands in a letter.
const (
	maxSite    = 64   // runes of a site's name; more are cut off
	maxSubject = 200  // runes
	maxLink    = 2048 // bytes
)

// written is a letter in words.
type written struct {
	signet.Letter
	subject, text, html string
}

// write checks a letter and renders it.
func write(l signet.Letter, render func(signet.Letter) (subject, text, html string, err error)) (written, error) {
	l, err := checked(l)
	if err != nil {
		return written{}, err
	}
	w := written{Letter: l}
	if w.subject, w.text, w.html, err = render(l); err != nil {
		return written{}, fmt.Errorf("email: letter %q not written: %w", l.Kind, err)
	}
	if w.subject == "" || !oneLine(w.subject) || utf8.RuneCountInString(w.subject) > maxSubject {
		return written{}, errors.New("email: the subject is empty, too long or holds control characters")
	}
	if w.text == "" || !utf8.ValidString(w.text) || !utf8.ValidString(w.html) {
		return written{}, errors.New("email: the letter has no text, or it is not UTF-8")
	}
	return w, nil
}

// checked returns the letter as it may be sent: nothing in it can end a header or begin
// another, stand for two recipients, or run as a script.
func checked(l signet.Letter) (signet.Letter, error) {
	to, err := signet.ParseEmail(l.To)
	if err != nil || l.To != strings.TrimSpace(l.To) {
		return l, errors.New("email: the letter is to no single address")
	}
	l.To = to
	if l.Was != "" {
		if l.Was, err = signet.ParseEmail(l.Was); err != nil {
			return l, errors.New("email: the address before is none")
		}
	}
	if l.Lang != "ko" {
		l.Lang = "en"
	}
	if !oneLine(l.Site) {
		return l, errors.New("email: the name of the site holds control characters")
	}
	l.Site = cut(l.Site, maxSite)
	if l.Link != "" && !sound(l.Link) {
		return l, errors.New("email: the link is no absolute URL of http or https")
	}
	if l.Code != "" && (len(l.Code) != 6 || strings.Trim(l.Code, "0123456789") != "") {
		return l, errors.New("email: the code has not six digits")
	}
	return l, nil
}

// sound tells whether a link can stand in a letter: absolute, of the web, without user info,
// and in characters that no mail program breaks at.
func sound(link string) bool {
	if len(link) > maxLink || strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) }) {
		return false
	}
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// oneLine tells whether a text can stand in a header: no control characters, no line
// separators, nothing that turns the direction of what follows, and no encoded-word
// (RFC 2047), which would be read as what it encodes.
func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.Contains(s, "=?") && !strings.ContainsFunc(s, func(r rune) bool {
		const joiner = '\u200d' // holds emoji together
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Cf, r) && r != joiner
	})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// A sheet is what the templates of a letter are given.
type sheet struct {
	Lang, Subject, Title, Lead string
	Button, Link, LinkLead     string
	Code, CodeLead             string
	Ends                       string
	WasLabel, Was              string
	Stranger, Footer           string
}

// Render writes a letter in its language, as text and as HTML: what it is about, what to do,
// until when, and what to do for somebody who knows nothing of it. now is the time at which
// the letter is sent. The HTML loads nothing, runs nothing and suits a phone, light or dark.
func Render(l signet.Letter, now time.Time) (subject, text, html string, err error) {
	if l, err = checked(l); err != nil {
		return "", "", "", err
	}
	w := wordsFor(l.Lang)
	says, ok := w.letters[l.Kind]
	if !ok {
		return "", "", "", fmt.Errorf("email: no letter of the kind %q", l.Kind)
	}
	if says.acts && l.Link == "" && l.Code == "" {
		return "", "", "", fmt.Errorf("email: a letter of the kind %q needs a link or a code", l.Kind)
	}
	s := w.sheet(says, l, now)
	var b bytes.Buffer
	if err := textTemplate().ExecuteTemplate(&b, "letter.txt", s); err != nil {
		return "", "", "", fmt.Errorf("email: %w", err)
	}
	text = b.String()
	b.Reset()
	if err := htmlTemplates().ExecuteTemplate(&b, "letter.html", s); err != nil {
		return "", "", "", fmt.Errorf("email: %w", err)
	}
	return s.Subject, text, b.String(), nil
}
