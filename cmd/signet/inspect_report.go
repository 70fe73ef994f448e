package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/jwt"
	"github.com/signet-auth/signet/seal/lucia"
)

// json writes the finding as one object. Header and claims go in as they are, byte for
// byte: a number keeps its digits and a string its escapes.
func (f *finding) json() []byte {
	b := []byte(`{"format":`)
	b = strconv.AppendQuote(b, f.Format)
	b = append(b, `,"valid":`...)
	b = strconv.AppendBool(b, f.Err == nil)
	b = append(b, `,"reason":`...)
	b = strconv.AppendQuote(b, seal.Reason(f.Err))
	b = append(b, `,"header":`...)
	b = append(b, orNull(f.Header)...)
	b = append(b, `,"claims":`...)
	b = append(b, orNull(f.Claims)...)
	b = append(b, `,"issued_at":`...)
	b = append(b, secondsOf(f.Issued)...)
	b = append(b, `,"expires_at":`...)
	b = append(b, secondsOf(f.Expires)...)
	b = append(b, `,"key":`...)
	if f.Key == "" {
		b = append(b, "null"...)
	} else {
		b = appendText(b, keyID(f.Key))
	}
	return append(b, '}', '\n')
}

// appendText adds a JSON string.
func appendText(b []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // texts have no reason to fail
		return append(b, "null"...)
	}
	return append(b, text...)
}

func orNull(raw []byte) []byte {
	if raw == nil {
		return []byte("null")
	}
	return raw
}

func secondsOf(t time.Time) string {
	if t.IsZero() {
		return "null"
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// formatWords explain the formats.
var formatWords = map[string]string{
	authjs.FormatV5: "encrypted cookie of Auth.js v5",
	authjs.FormatV4: "encrypted cookie of next-auth 4",
	jwt.Format:      "signed token",
	iron.Format:     "seal of iron-session",
	lucia.Format:    "session token of Lucia",
	"signet":        "key to a session in Signet's database",
}

// print writes the finding for people: the verdict first, then what is wrong and what to
// do, then what is inside.
func (f *finding) print(w io.Writer, now time.Time) error {
	var b bytes.Buffer
	f.printVerdict(&b, now)
	line := func(label, text string) { fmt.Fprintf(&b, "%-9s %s\n", label, text) }
	if words := formatWords[f.Format]; words != "" {
		line("format", f.Format+", "+words)
	} else {
		line("format", f.Format)
	}
	if f.Verified {
		if f.Key != "" {
			line("key", visible(secretName(f.Key)))
		}
		if f.Cookie != "" {
			line("cookie", visible(f.Cookie))
		}
	}
	for _, fact := range f.Facts {
		line(fact.label, fact.text)
	}
	for _, t := range f.times() {
		line(t.label, localTime(t.at, now)+" ("+relative(t.at, now)+")")
	}
	if f.Endless {
		line("expires", "never")
	}
	f.printSession(line)
	if f.Header != nil {
		fmt.Fprintf(&b, "\nheader\n%s\n", visibleJSON(f.Header, "  "))
	}
	if f.Claims != nil {
		title := "claims"
		if !f.Verified {
			title = "claims, not verified"
		}
		fmt.Fprintf(&b, "\n%s\n%s\n", title, visibleJSON(f.Claims, "  "))
	}
	printClaims(&b, f.Claims, now)
	_, err := w.Write(b.Bytes())
	return err
}

func (f *finding) printVerdict(b *bytes.Buffer, now time.Time) {
	left := f.Expires.Unix() - now.Unix()
	switch {
	case f.Opaque:
		fmt.Fprintln(b, "cannot be judged here: only the database knows")
	case f.Err != nil:
		fmt.Fprintf(b, "not valid: %s\n", seal.Reason(f.Err))
	case f.Endless:
		fmt.Fprintln(b, "valid, without an end")
	case left > 0:
		fmt.Fprintf(b, "valid for %s more\n", span(left))
	case f.Format == iron.Format:
		fmt.Fprintln(b, "valid only because iron-session allows 60 seconds for clocks that differ: its time is over")
	default:
		fmt.Fprintln(b, "valid only because clocks may differ by a few seconds: its time is over")
	}
	if f.What != "" {
		fmt.Fprintf(b, "  %s.\n  To do: %s.\n", upperFirst(f.What), f.Cure)
	}
	b.WriteByte('\n')
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

type namedTime struct {
	label string
	at    time.Time
}

// times are those that the token says, in the order in which they come.
func (f *finding) times() []namedTime {
	var list []namedTime
	add := func(label string, t time.Time) {
		if !t.IsZero() {
			list = append(list, namedTime{label, t})
		}
	}
	add("issued", f.Issued)
	begin, _ := seal.Seconds(memberOf(f.Claims, "nbf"))
	add("begins", begin)
	add("expires", f.Expires)
	return list
}

// printSession tells what the member that Signet adds says: which session it is.
func (f *finding) printSession(line func(label, text string)) {
	own := memberOf(f.Claims, "signet")
	var s struct {
		SID  string `json:"sid"`
		By   string `json:"by"`
		Auth int64  `json:"auth"`
	}
	if own == nil || json.Unmarshal(own, &s) != nil {
		return
	}
	if _, ok := signet.ParseSessionID(s.SID); ok {
		line("session", s.SID)
	}
	if s.By != "" {
		line("provider", visible(s.By))
	}
}
