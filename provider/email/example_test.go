package email_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/email"
)

// Sign-in by a letter, sent through a mail service.
func ExampleNew() {
	p, err := email.New(email.Config{
		Server: email.Server{Host: "smtp.example.com", Username: "gamja", Password: "…"},
		From:   "hello@gamja.example",
	})
	if err != nil {
		log.Fatal(err)
	}
	step, err := p.Begin(context.Background(), &signet.Attempt{Fields: url.Values{"email": {" Minsu@EXAMPLE.com "}}})
	fmt.Println(step.(signet.Mail).To, err)
	_, err = p.Begin(context.Background(), &signet.Attempt{Fields: url.Values{"email": {"a@example.com,b@example.com"}}})
	fmt.Println(err)
	fmt.Println(p)
	// Output:
	// Minsu@example.com <nil>
	// signet: refused (address): signet: not an e-mail address
	// email.Config{ID: "email", From: "hello@gamja.example", Server: email.Server{smtp.example.com:587, "starttls"}}
}

// The server as an app with Auth.js has it in its environment.
func ExampleParseServer() {
	s, err := email.ParseServer("smtps://gamja:p%40ss@smtp.example.com")
	fmt.Println(s, s.Username, err)
	// Output: email.Server{smtp.example.com:465, "tls"} gamja <nil>
}

func ExampleRender() {
	now := time.Date(2035, 11, 25, 12, 0, 0, 0, time.UTC)
	subject, text, _, err := email.Render(signet.Letter{
		Kind: signet.LetterReset, To: "minsu@example.com", Lang: "en", Site: "Gamja",
		Link: "https://gamja.example/api/auth/reset?token=0f3c", Ends: now.Add(30 * time.Minute),
	}, now)
	fmt.Println(subject, err)
	fmt.Println(text[:strings.Index(text, "\n\nWasn")])
	// Output:
	// Choose a new password for Gamja <nil>
	// Choose a new password
	//
	// We were asked for a new password for your account at Gamja. If it was you, please choose one now.
	//
	// https://gamja.example/api/auth/reset?token=0f3c
	//
	// It works once, for 30 minutes.
}

// A subject of one's own for one kind of letter, the rest as it is.
func ExampleConfig_render() {
	render := func(l signet.Letter) (subject, text, html string, err error) {
		subject, text, html, err = email.Render(l, time.Now())
		if l.Kind == signet.LetterSignIn {
			subject = "Come in"
		}
		return subject, text, html, err
	}
	box := &email.Outbox{Render: render, Log: slog.New(slog.DiscardHandler)}
	err := box.Mail(context.Background(), signet.Letter{Kind: signet.LetterSignIn, To: "minsu@example.com", Code: "048213"})
	fmt.Println(box.Letters()[0].Subject, err)
	// Output: Come in <nil>
}

// In development letters end on a page.
func ExampleOutbox() {
	box := &email.Outbox{Log: slog.New(slog.DiscardHandler)}
	p, err := email.New(email.Config{Mailer: box})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/outbox", box)

	err = p.Mail(context.Background(), signet.Letter{
		Kind: signet.LetterSignIn, To: "minsu@example.com", Lang: "ko", Site: "감자마켓", Code: "048213",
	})
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/outbox", nil))
	fmt.Println(err, w.Code, strings.Contains(w.Body.String(), "048213"), box.Letters()[0].Subject)
	// Output: <nil> 200 true [감자마켓] 로그인을 이어서 해 주세요
}
