package main

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/lucia"
)

// Tokens with nothing inside: they name a row in a database, and without it nobody can
// tell whether they are good.

func unsupported(format, detail string) error {
	return &seal.OpenError{Codec: format, Reason: seal.ErrUnsupported, Detail: detail}
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 10 && strings.Trim(s, "0123456789") == ""
}

// isKey tells the cookie of a session that Signet keeps in its database: an id of 11
// characters, a dot, a secret of 43.
func isKey(value string) bool {
	id, secret, ok := strings.Cut(value, ".")
	if _, isID := signet.ParseSessionID(id); !ok || !isID {
		return false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	return err == nil && len(raw) == 32
}

func lookAtKey(value string) finding {
	return finding{
		Format: "signet", Err: unsupported("signet", "sessions of the database"), Opaque: true,
		What: "it is the key to a session in Signet's database, id and secret: nothing is inside, and the database has all of it",
		Cure: "find it with `signet session list`, end it with `signet session revoke " + shownHandle(value[:11]) + "`; it is as good as a password, so give it to nobody",
	}
}

func isLucia(value string) bool {
	_, err := lucia.ParseCookie(value)
	return err == nil
}

// luciaForms say where each form comes from and how its row is found.
var luciaForms = map[lucia.Form]struct{ origin, row string }{
	lucia.PlainID:    {"Lucia 3", "the row whose id is the token itself"},
	lucia.HashedID:   {"the guide of October 2024", "the row whose id is the SHA-256 of the token"},
	lucia.TextSecret: {"the guide of 2025", "the row of its first half, whose secret_hash is the SHA-256 of the second"},
	lucia.ByteSecret: {"the file of July 2026", "the row of its first part, whose secret_hash is the SHA-256 of the decoded second"},
}

func lookAtLucia(value string) finding {
	token, _ := lucia.ParseCookie(value) // recognised by it
	words := luciaForms[token.Form()]
	f := finding{
		Format: lucia.Format, Err: unsupported(lucia.Format, "sessions of a database"), Opaque: true,
		What:  "it looks like a session token of Lucia (" + words.origin + "): nothing is inside, and the database of that site has all of it",
		Cure:  "look there, in the table of sessions, for " + words.row + "; the token is as good as a password, so give it to nobody",
		Facts: []fact{{"form", token.Form().String()}},
	}
	if token.Form() != lucia.PlainID { // there the row is the token
		f.Facts = append(f.Facts, fact{"row", token.Row()})
	}
	return f
}

// unknownWhat says what an unknown value looks like.
func unknownWhat(value string) string {
	switch {
	case value == "":
		return "there is nothing to look at"
	case len(value) > seal.MaxToken:
		return "it has " + strconv.Itoa(len(value)) + " bytes, and no token that a browser carries has more than " + strconv.Itoa(seal.MaxToken)
	case strings.Count(value, ".") == 4 || strings.HasPrefix(value, "eyJ"):
		return "it looks like an encrypted or signed token, but its header cannot be read"
	case strings.HasPrefix(value, "$argon2") || strings.HasPrefix(value, "$2"):
		return "it is the hash of a password, and no token"
	}
	return "it is none of the formats that signet knows"
}
