package email_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/email"
)

func attempt(typed, keep string) *signet.Attempt {
	a := &signet.Attempt{Fields: url.Values{}, Keep: []byte(keep)}
	if typed != "" {
		a.Fields.Set("email", typed)
	}
	return a
}

func TestBeginAsksForALetter(t *testing.T) {
	p := (&sink{}).serve(t).provider(t)
	for typed, want := range map[string]string{
		"minsu@example.com": "minsu@example.com", " Minsu.Kim@EXAMPLE.com ": "Minsu.Kim@example.com", "a@예제.한국": "a@xn--2j5b21b.xn--3e0b707e",
	} {
		step, err := p.Begin(t.Context(), attempt(typed, ""))
		mail, ok := step.(signet.Mail)
		if err != nil || !ok || mail.To != want || string(mail.Keep) != want {
			t.Errorf("Begin(%q) = %v, %v", typed, step, err)
		}
	}
	for _, typed := range hostile {
		if strings.TrimSpace(typed) == "a@example.com" {
			continue // blanks around what somebody typed are no matter
		}
		_, err := p.Begin(t.Context(), attempt(typed, ""))
		var no *signet.Refused
		if !errors.As(err, &no) || no.Kind != "EmailSignin" {
			t.Errorf("Begin(%q): %v, want a refusal with EmailSignin", typed, err)
		}
	}
}

func TestFinishBelievesOnlyWhatWasKept(t *testing.T) {
	p := (&sink{}).serve(t).provider(t)
	for _, typed := range []string{"", "Minsu@example.com", "minsu@EXAMPLE.com"} {
		step, err := p.Finish(t.Context(), attempt(typed, "Minsu@example.com"))
		id, ok := step.(signet.Identity)
		if err != nil || !ok || id.Subject != "minsu@example.com" || id.Email != "Minsu@example.com" || !id.EmailVerified || !slices.Equal(id.Methods, []string{"otp"}) || id.UserID != "" {
			t.Errorf("Finish with the field %q = %+v, %v", typed, step, err)
		}
	}
	for _, test := range []struct{ name, typed, keep string }{
		{"nothing kept", "minsu@example.com", ""},
		{"another address", "other@example.com", "minsu@example.com"},
		{"no address", "nonsense", "minsu@example.com"},
		{"a look-alike", "mınsu@example.com", "minsu@example.com"},
		{"garbage kept", "", "minsu@example.com\x00"},
	} {
		_, err := p.Finish(t.Context(), attempt(test.typed, test.keep))
		var no *signet.Refused
		if !errors.As(err, &no) || no.Kind != "Verification" {
			t.Errorf("%s: %v, want a refusal with Verification", test.name, err)
		}
	}
}

func TestInfo(t *testing.T) {
	s := (&sink{}).serve(t)
	if i := s.provider(t).Info(); i.ID != "email" || i.Type != "email" || i.Name != "Email" || !i.TrustEmail || len(i.Fields) != 1 {
		t.Errorf("%+v", i)
	}
	if i := s.provider(t, func(c *email.Config) { c.ID, c.Name = "nodemailer", "Mail" }).Info(); i.ID != "nodemailer" || i.Name != "Mail" {
		t.Errorf("%+v", i)
	}
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	for field, change := range map[string]func(*email.Config){
		"email.From":            func(c *email.Config) { c.From = "hello" },
		"email.FromName":        func(c *email.Config) { c.FromName = "a\nb" },
		"email.Server.Host":     func(c *email.Config) { c.Server.Host = "smtp.example.com\r\n" },
		"email.Server.Port":     func(c *email.Config) { c.Server.Port = 70000 },
		"email.Server.Timeout":  func(c *email.Config) { c.Server.Timeout = -1 },
		"email.Server.Username": func(c *email.Config) { c.Server.Password = "p" },
		"email.Server.Security": func(c *email.Config) { c.Server.Security = "none" },
	} {
		c := email.Config{Server: email.Server{Host: "smtp.example.com"}, From: "hello@example.com"}
		if _, err := email.New(c); err != nil {
			t.Fatalf("before the change: %v", err)
		}
		change(&c)
		_, err := email.New(c)
		var wrong *signet.ConfigError
		if !errors.As(err, &wrong) || wrong.Field != field || wrong.Cure == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := email.New(email.Config{From: "민수@example.com", Server: email.Server{Host: "localhost"}}); err == nil {
		t.Error("a sender beyond ASCII")
	}
}

func TestParseServer(t *testing.T) {
	for _, test := range []struct {
		typed string
		want  email.Server
	}{
		{"smtp://localhost", email.Server{Host: "localhost", Port: 587}},
		{"smtp://user:p%40ss@smtp.example.com:2525/", email.Server{Host: "smtp.example.com", Port: 2525, Username: "user", Password: "p@ss"}},
		{"smtps://smtp.example.com", email.Server{Host: "smtp.example.com", Port: 465, Security: email.ImplicitTLS}},
		{"smtp://[::1]:1025", email.Server{Host: "::1", Port: 1025}},
	} {
		got, err := email.ParseServer(test.typed)
		if err != nil || got.Host != test.want.Host || got.Port != test.want.Port || got.Username != test.want.Username || got.Password != test.want.Password || got.Security != test.want.Security {
			t.Errorf("ParseServer(%q) = %v, %v", test.typed, got, err)
		}
	}
	for _, bad := range []string{"", "smtp.example.com", "smtp://", "https://user:sesame@example.com", "smtp://user:sesame@exa mple.com", "smtp://:sesame@example.com", "smtp://user:sesame@example.com/path", "smtp://user:sesame@example.com:99999", "smtp://user:sesame@example.com?x=1", "smtp://user:ses%zzame@example.com"} {
		if _, err := email.ParseServer(bad); err == nil || strings.Contains(err.Error(), "sesame") || !strings.HasPrefix(err.Error(), "email: ") {
			t.Errorf("ParseServer(%q): %v", bad, err)
		}
	}
}

func TestPasswordsDoNotPrint(t *testing.T) {
	c := email.Config{From: "hello@example.com", Server: email.Server{Host: "smtp.example.com", Username: "user", Password: "sesame"}}
	p, err := email.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{c, &c, c.Server, &c.Server, p, *p, []email.Server{c.Server}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, "sesame") || strings.Contains(s, fmt.Sprintf("%x", "sesame")) {
				t.Errorf("%s of %T: %s", verb, v, s)
			}
		}
		var b strings.Builder
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
		if strings.Contains(b.String(), "sesame") {
			t.Errorf("logged: %s", b.String())
		}
	}
}
