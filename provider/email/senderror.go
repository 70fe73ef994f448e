package email

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"unicode"

	"github.com/wneessen/go-mail"
)

// Stages of a letter on its way to the server.
const (
	StageConnect   = "connect"   // reach the server, encrypt, log in
	StageSender    = "sender"    // the sender was named
	StageRecipient = "recipient" // the recipient was named
	StageLetter    = "letter"    // the content was sent, and may have been taken
)

// A SendError says that a mail server did not take a letter. It holds neither address nor
// password nor anything of the letter, so it can be logged.
type SendError struct {
	Stage string

	// Code is the reply of the server (RFC 5321 section 4.2.3): 4xx means later, 5xx never;
	// 0 without one. Detail is the code of RFC 3463, "5.7.1", or empty.
	Code   int
	Detail string

	// Err is what went wrong where there is no Code, or more about it; it may be nil.
	Err error
}

func (e *SendError) Error() string {
	s := "email: not sent (" + e.Stage + ")"
	if e.Code != 0 {
		s += fmt.Sprintf(": the server answered %d", e.Code)
		if e.Detail != "" {
			s += " " + e.Detail
		}
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *SendError) Unwrap() error { return e.Err }

// notConnected makes the error of a connection that came to nothing. The server knows
// nothing of the letter yet, so its words are safe to keep but for the credentials; they
// are what the operator needs.
func (p *Provider) notConnected(ctx context.Context, err error) error {
	e := &SendError{Stage: StageConnect, Err: ctx.Err()}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		e.Code = reply.Code
	}
	if e.Err == nil {
		e.Err = errors.New(p.c.Server.discreet(err.Error()))
	}
	return e
}

// failed makes the error of a letter that was not taken. From the recipient on the server
// may quote addresses and content, so that only its numbers are kept.
func failed(ctx context.Context, err error) error {
	e := &SendError{Stage: StageLetter, Err: ctx.Err()}
	var sent *mail.SendError
	if !errors.As(err, &sent) {
		return e
	}
	e.Code, e.Detail = sent.ErrorCode(), sent.EnhancedStatusCode()
	switch sent.Reason {
	case mail.ErrGetSender, mail.ErrSMTPMailFrom, mail.ErrConnCheck:
		e.Stage = StageSender
	case mail.ErrGetRcpts, mail.ErrSMTPRcptTo, mail.ErrSMTPData:
		e.Stage = StageRecipient
	}
	if e.Code == 0 && e.Err == nil {
		e.Err = errors.New("the connection broke")
	}
	return e
}

// maxWords bounds what of a server's words is kept, in runes.
const maxWords = 200

// discreet is what a server said before it knew of a letter, on one line, without addresses
// and without what we logged in with, should it have been echoed.
func (s Server) discreet(said string) string {
	var hidden []string
	if s.Username != "" {
		for _, secret := range []string{s.Username, s.Password, "\x00" + s.Username + "\x00" + s.Password} {
			if secret != "" {
				hidden = append(hidden, secret, base64.StdEncoding.EncodeToString([]byte(secret)))
			}
		}
	}
	for _, h := range hidden {
		said = strings.ReplaceAll(said, h, "…")
	}
	words := strings.FieldsFunc(said, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	for i, w := range words {
		if strings.Contains(w, "@") {
			words[i] = "…"
		}
	}
	return cut(strings.Join(words, " "), maxWords)
}

// cut shortens a text to so many runes.
func cut(s string, runes int) string {
	n := 0
	for i := range s {
		if n == runes {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
