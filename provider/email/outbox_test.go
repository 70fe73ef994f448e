package email_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/email"
	"github.com/signet-auth/signet/signettest"
)

// quiet is a log into w, or into nothing.
func quiet(w io.Writer) *slog.Logger {
	if w == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

func get(box *email.Outbox, target, lang string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Accept-Language", lang)
	w := httptest.NewRecorder()
	box.ServeHTTP(w, r)
	return w
}

func TestOutboxShowsAndLogs(t *testing.T) {
	var log strings.Builder
	box := &email.Outbox{Log: quiet(&log), Address: "http://localhost:8400/outbox", Now: signettest.NewClock(noon).Now}
	if page := get(box, "/outbox", "en").Body.String(); !strings.Contains(page, "No letters yet") {
		t.Errorf("empty: %s", page)
	}
	for _, lang := range []string{"ko", "en"} {
		for _, l := range samples(lang) {
			if err := box.Mail(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 16 || !strings.Contains(log.String(), `link="`+link+`" code=048213 open=http://localhost:8400/outbox`) {
		t.Errorf("%d lines: %s", n, log.String())
	}
	w := get(box, "/outbox", "ko")
	page := w.Body.String()
	for _, want := range []string{"개발용 편지함", "[감자마켓] 로그인을 이어서 해 주세요", "048213", "12:00:00", `href="?letter=1"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || w.Header().Get("Cache-Control") == "" || w.Header().Get("X-Frame-Options") != "DENY" {
		t.Errorf("headers %v", w.Header())
	}
	if first, last := strings.Index(page, "letter=16"), strings.Index(page, "letter=1\""); first < 0 || first > last {
		t.Error("the newest letter is not on top")
	}
	found := false
	for _, n := range nodes(t, page) {
		for _, a := range n.Attr {
			found = found || a.Key == "href" && a.Val == link
		}
		if n.Data == "script" {
			t.Error("the page has a script")
		}
	}
	if !found {
		t.Error("the link of the letter cannot be opened")
	}
}

func TestOutboxShowsOneLetter(t *testing.T) {
	box := &email.Outbox{Log: quiet(nil), Now: signettest.NewClock(noon).Now}
	if err := box.Mail(t.Context(), signInLetter("ko")); err != nil {
		t.Fatal(err)
	}
	_, _, markup, err := email.Render(signInLetter("ko"), noon)
	w := get(box, "/?letter=1", "ko")
	if err != nil || w.Code != 200 || w.Body.String() != markup || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src") {
		t.Errorf("%d %v %v", w.Code, w.Header(), err)
	}
	for _, bad := range []string{"2", "0", "-1", "x", "01", "%00"} {
		if w := get(box, "/?letter="+bad, "ko"); w.Code != 404 {
			t.Errorf("letter %s: %d", bad, w.Code)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	w = httptest.NewRecorder()
	if box.ServeHTTP(w, r); w.Code != 405 || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestOutboxEscapes(t *testing.T) {
	box := &email.Outbox{Log: quiet(nil), Render: func(signet.Letter) (string, string, string, error) {
		return `<script>alert("subject")</script>`, `</pre><img src=x onerror=alert(1)>`, "", nil
	}}
	l := signInLetter("ko")
	l.Site = `"><svg onload=alert(1)>`
	if err := box.Mail(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	page := get(box, "/", "ko").Body.String()
	for _, n := range nodes(t, page) {
		if n.Data == "script" || n.Data == "img" || n.Data == "svg" {
			t.Errorf("an element %q got in", n.Data)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the subject is not shown")
	}
	if w := get(box, "/?letter=1", "ko"); w.Code != 404 {
		t.Errorf("a letter without HTML: %d", w.Code)
	}
}

func TestOutboxKeepsTheLatest(t *testing.T) {
	box := &email.Outbox{Log: quiet(nil), Keep: 3}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			l := signInLetter("en")
			l.To = fmt.Sprintf("u%d@example.com", i)
			if err := box.Mail(t.Context(), l); err != nil {
				t.Error(err)
			}
			get(box, "/", "en")
		})
	}
	wg.Wait()
	kept := box.Letters()
	if len(kept) != 3 || kept[0].Number != 20 || kept[2].Number != 18 {
		t.Errorf("%d letters, %d … %d", len(kept), kept[0].Number, kept[len(kept)-1].Number)
	}
}
