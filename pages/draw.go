package pages

import (
	"bytes"
	"embed"
	"html/template"
	"strings"
	"sync"
)

//go:embed html/*.html
var files embed.FS

//go:embed html/base.css
var base string

//go:embed html/style.css
var style string

//go:embed html/brands.css
var brands string

// templates are parsed when the first page is drawn: a program that draws none, such as
// the command line, does not pay for them.
var templates = sync.OnceValue(func() *template.Template {
	t := template.New("").Funcs(template.FuncMap{"around": around})
	return template.Must(t.ParseFS(files, "html/*.html"))
})

// Stylesheet is the part of our style sheet that pages beside ours can begin with, so that
// they look alike: the colors, light and dark, as custom properties (--paper, --card, --ink,
// --soft, --line, --edge, --accent, --accent-deep, --on-accent, --tint, --on-tint, --wrong,
// --wrong-tint and --shadow), the typeface, links and the focus ring. It stays the same
// while the program runs, and holds nothing that could end a style element.
func Stylesheet() string { return base }

// A view is a page made ready for its template: every text cleaned, every URL judged.
type view struct {
	template string
	title    string
	alarm    bool // the title says that something is wrong, so that it is the first thing read out
	footless bool // the page says itself who is signed in
	data     any
}

// A sheet is what templates are given.
type sheet struct {
	Lang, Title, Site, Mark, Home string
	Nonce                         string
	Base, Style, Brands           template.CSS
	W                             *words
	User, AccountURL, SignOutURL  string
	Page                          any
}

func draw(b *bytes.Buffer, f Frame, p Page) error {
	w := wordsFor(f.Lang)
	v := p.view(f, w)
	s := sheet{
		Lang:  w.Lang,
		Title: title(f, w, v),
		Site:  plain(f.Site, nameLimit),
		Mark:  monogram(f.Site),
		Home:  target(f.Home),
		// Our own files; nothing is ever put into them.
		Base: template.CSS(base), Style: template.CSS(style), Brands: template.CSS(brands),
		W:    w,
		Page: v.data,
	}
	if validNonce(f.Nonce) {
		s.Nonce = f.Nonce
	}
	if !v.footless {
		s.User = plain(f.User, nameLimit)
		s.AccountURL = target(f.AccountURL)
		s.SignOutURL = target(f.SignOutURL)
	}
	return templates().ExecuteTemplate(b, v.template, s)
}

// title is the text of the tab: what the page is, then whose it is.
func title(f Frame, w *words, v view) string {
	t := v.title
	if v.alarm {
		t = fill(w.AlarmTitle, t)
	}
	if site := plain(f.Site, nameLimit); site != "" {
		t += " · " + site
	}
	return t
}

// fill puts a value in the place of the {} of a sentence.
func fill(sentence, value string) string { return strings.Replace(sentence, "{}", value, 1) }

// around is fill for names inside of markup: the name is set apart, so that one written
// from right to left cannot turn the sentence around.
func around(sentence, name string) template.HTML {
	before, after, _ := strings.Cut(sentence, "{}")
	e := template.HTMLEscapeString
	return template.HTML(e(before) + "<bdi>" + e(name) + "</bdi>" + e(after))
}
