package main

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/signet-auth/signet/seal"
)

// claimWords say what the claims mean that several formats share: RFC 7519, OpenID
// Connect, and what Auth.js and the tutorials put into their sessions.
var claimWords = map[string]string{
	"sub":            "who it is about: the id of the user",
	"iss":            "who made it",
	"aud":            "whom it is for",
	"azp":            "which client it was made for",
	"jti":            "the id of this very token",
	"sid":            "the id of the session",
	"auth_time":      "when the user signed in",
	"nonce":          "ties it to one sign-in",
	"at_hash":        "ties it to one access token",
	"scope":          "what it allows",
	"client_id":      "which client it was made for",
	"email":          "e-mail address",
	"email_verified": "whether that address is the user's",
	"name":           "name to show",
	"picture":        "address of a picture",
	"signet":         "what Signet adds: session, times, device",
	"persistent":     "the session in cookies of iron-session 5 and before",
	"accessToken":    "token for a back end: as good as a password while it lasts",
	"access_token":   "token for a back end: as good as a password while it lasts",
	"refreshToken":   "token that gets further ones: as good as a password",
	"refresh_token":  "token that gets further ones: as good as a password",
}

// ownTimes are those of the token itself, which stand above.
var ownTimes = []string{"iat", "nbf", "exp"}

// maxExplained bounds the claims that are explained.
const maxExplained = 40

// printClaims says of each claim that means something what that is, and puts times into
// words.
func printClaims(b *bytes.Buffer, claims []byte, now time.Time) {
	var rows []fact
	width := 0
	add := func(name, text string) {
		name = visible(name)
		if len(rows) < maxExplained && text != "" && len(name) <= 30 {
			rows, width = append(rows, fact{name, text}), max(width, columns(name))
		}
	}
	// A codec has checked what is shown; iron's takes more than Members, which then ends early.
	_ = seal.Members(claims, func(name string, value []byte) error {
		if !slices.Contains(ownTimes, name) {
			add(name, explain(name, value, now))
		}
		if name != "signet" || value[0] != '{' {
			return nil
		}
		return seal.Members(value, func(inner string, value []byte) error {
			if at, ok := momentIn(value); ok {
				add(name+"."+inner, inWords(at, now))
			}
			return nil
		})
	})
	if len(rows) == 0 {
		return
	}
	b.WriteString("\nwhat they mean\n")
	for _, r := range rows {
		fmt.Fprintf(b, "  %s%*s  %s\n", r.label, width-columns(r.label), "", r.text)
	}
}

// explain is what there is to say of one claim.
func explain(name string, value []byte, now time.Time) string {
	text := claimWords[name]
	if string(value) == "null" {
		return text
	}
	if at, ok := momentIn(value); ok {
		if text != "" {
			text += ": "
		}
		return text + inWords(at, now)
	}
	return text
}

func inWords(at, now time.Time) string { return localTime(at, now) + " (" + relative(at, now) + ")" }

// Numbers in this range are taken for times: from September 2001 to the year 2100.
const firstLikely, lastLikely = 1_000_000_000, 4_102_444_800

// momentIn reads a claim that is most likely a time: seconds, milliseconds, or a date as
// JavaScript writes it.
func momentIn(value []byte) (time.Time, bool) {
	if text, ok := seal.String(value); ok {
		at, err := time.Parse(time.RFC3339, text)
		return at, err == nil
	}
	at, ok := seal.Seconds(value)
	switch n := at.Unix(); {
	case !ok:
		return time.Time{}, false
	case firstLikely <= n && n <= lastLikely:
		return at, true
	case firstLikely*1000 <= n && n <= lastLikely*1000:
		return time.UnixMilli(n), true
	}
	return time.Time{}, false
}
