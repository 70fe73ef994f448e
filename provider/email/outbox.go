package email

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/pages"
)

// An Outbox is a [signet.Mailer] that sends nothing: it keeps the latest letters in memory
// and shows them on a page, which is also an [http.Handler], and in the log.
//
// It is for development and demonstrations. Page and log hold links and codes that let in
// whoever reads them, which nothing else of Signet ever writes to a log: serve the page on
// loopback only. The zero Outbox works. Its methods may be called from several goroutines.
type Outbox struct {
	// Keep is how many letters are kept; 50 when 0. The oldest go first.
	Keep int

	// Log gets a line for each letter; nil means [slog.Default].
	Log *slog.Logger

	// Address is where the page is, for the log: "http://localhost:8400/outbox".
	Address string

	// Render writes a letter; nil means [Render].
	Render func(l signet.Letter) (subject, text, html string, err error)

	// Now is the clock; nil means [time.Now].
	Now func() time.Time

	mu      sync.Mutex
	count   int
	letters []Kept // oldest first
}

var (
	_ signet.Mailer = (*Outbox)(nil)
	_ http.Handler  = (*Outbox)(nil)
)

// Kept is a letter in an [Outbox], as it would have been sent.
type Kept struct {
	signet.Letter
	Number              int // counts from 1
	At                  time.Time
	Subject, Text, HTML string
}

// Mail keeps a letter. It refuses the letters that a [Provider] would refuse.
func (o *Outbox) Mail(_ context.Context, l signet.Letter) error {
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	at := now()
	render := o.Render
	if render == nil {
		render = func(l signet.Letter) (string, string, string, error) { return Render(l, at) }
	}
	w, err := write(l, render)
	if err != nil {
		return err
	}
	o.put(Kept{Letter: w.Letter, At: at, Subject: w.subject, Text: w.text, HTML: w.html})
	log := o.Log
	if log == nil {
		log = slog.Default()
	}
	args := []any{"kind", string(w.Kind), "to", w.To}
	for _, a := range []struct{ name, value string }{{"link", w.Link}, {"code", w.Code}, {"open", o.Address}} {
		if a.value != "" {
			args = append(args, a.name, a.value)
		}
	}
	log.Info("letter kept in the outbox, not sent", args...)
	return nil
}

func (o *Outbox) put(k Kept) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count++
	k.Number = o.count
	o.letters = append(o.letters, k)
	keep := o.Keep
	if keep <= 0 {
		keep = 50
	}
	if over := len(o.letters) - keep; over > 0 {
		o.letters = slices.Delete(o.letters, 0, over)
	}
}

// Letters returns what is kept, newest first.
func (o *Outbox) Letters() []Kept {
	o.mu.Lock()
	defer o.mu.Unlock()
	letters := slices.Clone(o.letters)
	slices.Reverse(letters)
	return letters
}

// ServeHTTP shows the letters, newest first; with ?letter=3 the HTML of the third. The page
// works at any path.
func (o *Outbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	number := r.URL.Query().Get("letter")
	if number == "" {
		o.list(w, pages.Language(r.Header.Get("Accept-Language")))
		return
	}
	for _, k := range o.Letters() {
		if strconv.Itoa(k.Number) == number && k.HTML != "" {
			showLetter(w, k)
			return
		}
	}
	http.Error(w, "no such letter", http.StatusNotFound)
}

// showLetter serves a letter as a mail program would show it: styles and pictures, nothing
// else.
func showLetter(w http.ResponseWriter, k Kept) {
	pages.SetHeaders(w.Header(), "")
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
	w.Write([]byte(k.HTML))
}

// list serves the page.
func (o *Outbox) list(w http.ResponseWriter, lang string) {
	var random [16]byte
	rand.Read(random[:]) // never fails
	nonce := base64.StdEncoding.EncodeToString(random[:])
	words := outboxWords[lang]
	var b bytes.Buffer
	err := htmlTemplates().ExecuteTemplate(&b, "outbox.html", map[string]any{
		"Lang": lang, "W": words, "Nonce": nonce, "Letters": o.Letters(),
		"Style": template.CSS(pages.Stylesheet()), // our own file
	})
	if err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	pages.SetHeaders(w.Header(), nonce)
	w.Write(b.Bytes())
}

// outboxText are the words of the page.
type outboxText struct{ Title, Lead, Empty, To, Open, Code, Text, HTML, Newer string }

var outboxWords = map[string]outboxText{
	"en": {
		Title: "Outbox", Lead: "Letters end here instead of being sent. This page is for development only.",
		Empty: "No letters yet. Ask for one, then load this page again.", To: "To", Open: "Open the link",
		Code: "Code", Text: "Read the letter", HTML: "See it as a mail program shows it", Newer: "Look for newer letters",
	},
	"ko": {
		Title: "개발용 편지함", Lead: "메일을 실제로 보내지 않고 여기에 모아 두어요. 개발할 때만 쓰는 페이지예요.",
		Empty: "아직 편지가 없어요. 메일을 요청한 뒤 이 페이지를 새로 고쳐 주세요.", To: "받는 사람", Open: "링크 열기",
		Code: "인증 코드", Text: "편지 읽기", HTML: "메일 화면으로 보기", Newer: "새 편지 확인하기",
	},
}
