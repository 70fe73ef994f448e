package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

// advise says of an Auth.js cookie what is wrong and what to do about it.
func (in *inspector) advise(f *finding, value string) {
	switch {
	case f.Err == nil:
		f.What, f.Cure = in.remarks(f)
	case errors.Is(f.Err, seal.ErrExpired):
		f.What = "its time is over"
		if f.Claims != nil {
			f.What = "its time was over " + relative(f.Expires, in.now)
		}
		f.Cure = "sign in again; if this happens to people who come every day, compare session.max_age with what they expect, and the clocks of your machines"
	case errors.Is(f.Err, seal.ErrNotYet):
		f.What = "its time has not begun (claim nbf)"
		f.Cure = "compare the clock of this machine with that of the machine that wrote it"
	case errors.Is(f.Err, seal.ErrNoKey):
		f.What = "there is no secret to open it with; its form and its header are in order"
		f.Cure = "give the secret of the program that wrote it: --secret S, --secret-file FILE, AUTH_SECRET in the environment, or --data DIR for a site of Signet"
	case errors.Is(f.Err, seal.ErrForeign):
		f.What, f.Cure = in.whyForeign(f.Format, f.Header, value)
	case errors.Is(f.Err, seal.ErrUnsupported):
		f.What, f.Cure = whyUnsupported(f)
	default:
		f.What, f.Cure = whyMalformed(f.Err, value)
	}
}

// remarks are what there is to say of a token although it is valid.
func (in *inspector) remarks(f *finding) (what, cure string) {
	session := f.Cookie == "" || slices.Contains(sessionCookies, f.Cookie)
	if session && memberOf(f.Claims, "sub") == nil && memberOf(f.Claims, "email") == nil {
		// CVE-2023-48309: next-auth before 4.24.5 sealed its check cookies with the keys of
		// sessions.
		return "it names nobody: neither sub nor email is there, so Signet does not take it for a session",
			"if it should be one, look at what the jwt callback returns"
	}
	if f.Stale && len(in.ring) > 1 && f.Key != in.ring[0].ID {
		return "it was sealed with an older secret, and a server with these secrets writes it anew at the next visit",
			"keep " + secretName(f.Key) + " until the last session it sealed is over"
	}
	return "", ""
}

// whyForeign finds out why no secret opens it.
func (in *inspector) whyForeign(format string, header []byte, value string) (what, cure string) {
	if t, key, ok := in.elsewhere(value); ok {
		what = "it is sealed with " + secretName(key) + ", but for the cookie " + t.cookie
		cure = "use --salt " + t.cookie
		switch {
		case t.cookie == "":
			what, cure = "it is a session of next-auth 4, which is sealed without the name of a cookie", `use --salt ""`
		case !slices.Contains(sessionCookies, t.cookie):
			what += ", which is no session"
		}
		return what, cure
	}
	for _, name := range in.names() {
		for _, k := range in.ring {
			if kid := keyIDOf(k, name); kid != nil && bytes.Equal(kid, memberOf(header, "kid")) {
				return "the header names the key of " + secretName(k.ID) + " and the cookie " + name + ", but the rest was changed or is not whole",
					"copy it again, all of it; if it still does not open, somebody has changed it"
			}
		}
	}
	secrets := "the secret does not open it"
	if n := len(in.ring); n > 1 {
		secrets = fmt.Sprintf("none of the %d secrets opens it", n)
	}
	if len(in.ring) > 0 && !isNumber(in.ring[0].ID) {
		secrets += " (" + secretNames(in.ring) + ")"
	}
	cure = "take the secret of the program that wrote it"
	if format == authjs.FormatV4 && in.salt == nil {
		return secrets, cure
	}
	if in.salt != nil && *in.salt == "" {
		return secrets + " as a session of next-auth 4", cure
	}
	return secrets + " as the cookie " + orList(in.names()),
		cure + ", and the full name of the cookie as --salt, prefix included"
}

// elsewhere looks for another cookie of Auth.js that the token opens as.
func (in *inspector) elsewhere(value string) (trial, string, bool) {
	var list []trial
	for _, prefix := range []string{"", "__Secure-", "__Host-"} {
		for _, cookie := range []string{"session-token", "pkce.code_verifier", "state", "nonce", "challenge"} {
			if c, err := authjs.V5(in.ring, prefix+"authjs."+cookie); err == nil {
				list = append(list, trial{c, prefix + "authjs." + cookie})
			}
			list = append(list, v4Trials(in.ring, prefix+"next-auth."+cookie)...)
		}
	}
	t, opened, _ := openAny(append(list, v4Trials(in.ring, "")...), value, in.now)
	return t, opened.Key, opened.Claims != nil
}

// keyIDOf is the kid, as JSON, that Auth.js v5 writes for a secret and a cookie; nil if
// there is none.
func keyIDOf(k seal.Key, cookie string) []byte {
	c, err := authjs.V5(seal.Ring{k}, cookie)
	if err != nil {
		return nil
	}
	sample, err := c.Seal([]byte("{}"), seal.Life{Issued: time.Unix(0, 0), Expires: time.Unix(1, 0)})
	if err != nil {
		return nil
	}
	return memberOf(headerOf(sample), "kid")
}

// memberOf is one member of a JSON object as it is written, or nil.
func memberOf(object []byte, name string) []byte {
	var found [1][]byte
	if seal.Pick(object, []string{name}, found[:]) != nil {
		return nil
	}
	return found[0]
}

func whyUnsupported(f *finding) (what, cure string) {
	alg, _ := seal.String(memberOf(f.Header, "alg"))
	enc, _ := seal.String(memberOf(f.Header, "enc"))
	if f.Format == authjs.FormatV5 && alg == "dir" && enc == "A256CBC-HS512" {
		return "it is a cookie of Auth.js v5, and --salt \"\" asks for a session of next-auth 4",
			"leave --salt out, or give the full name of the cookie"
	}
	return "its header asks for something that Auth.js never writes and Signet refuses (" + detailOf(f.Err) + ")",
		"no server should take it; find out where it comes from"
}

// malformedWords put the details of the codec in plain words.
var malformedWords = map[string]string{
	"exp": "it was opened, but its claim exp is missing or no number: Auth.js takes that for a session without an end, Signet refuses it",
	"iat": "it was opened, but its claim iat is no number",
	"nbf": "it was opened, but its claim nbf is no number",
}

func whyMalformed(err error, value string) (what, cure string) {
	const again = "copy it again, all of it"
	detail := detailOf(err)
	if words, ok := malformedWords[detail]; ok {
		return words, "look at what writes it: a jwt callback or encode function of the site's own"
	}
	if n := strings.Count(value, ".") + 1; n != 5 {
		return fmt.Sprintf("an encrypted token has five parts between dots, this one has %d", n), again
	}
	what = "it is not whole, or was changed on the way"
	if detail != "" {
		what += " (" + detail + ")"
	}
	return what, again
}

func detailOf(err error) string {
	var e *seal.OpenError
	if errors.As(err, &e) {
		return e.Detail
	}
	return ""
}

// secretName is how people are told of a secret: by its place on the command line, or by the
// variable it stands in.
func secretName(id string) string {
	if isNumber(id) {
		return "secret " + id
	}
	return id
}

// orList is "a, b or c".
func orList(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
	return strings.Join(words, "")
}

func secretNames(ring seal.Ring) string {
	var names []string
	for _, k := range ring {
		names = append(names, secretName(k.ID))
	}
	return strings.Join(names, ", ")
}
