package main

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
)

// Formats that are told apart but not opened. What can be read without a key is shown.

func unsupported(format, detail string) error {
	return &seal.OpenError{Codec: format, Reason: seal.ErrUnsupported, Detail: detail}
}

// lookAtJWT shows the claims of a signed token, which anybody can read and nobody has
// verified here.
func lookAtJWT(value string, header []byte) finding {
	f := finding{Format: "jwt", Header: header}
	parts, err := seal.Split(value, 3)
	if err != nil || !isObject(parts[1]) {
		f.Err = &seal.OpenError{Codec: "jwt", Reason: seal.ErrMalformed}
		f.What = "it begins like a signed token (JWT), which has three parts between dots: header, claims and signature, the first two JSON objects"
		f.Cure = "copy it again, all of it"
		return f
	}
	f.Claims, f.Life = parts[1], lifeIn(parts[1])
	f.Err = unsupported("jwt", "signed tokens")
	f.What = "it is a signed token (JWT): this version of signet shows its claims but does not check its signature"
	f.Cure = "do not rely on what it says; whoever made it can verify it"
	return f
}

// lifeIn reads iat and exp where they are what they should be.
func lifeIn(claims []byte) (life seal.Life) {
	found := make([][]byte, 2)
	if seal.Pick(claims, []string{"iat", "exp"}, found) == nil {
		life.Issued, _ = seal.Seconds(found[0])
		life.Expires, _ = seal.Seconds(found[1])
	}
	return life
}

// lookAtIron shows what an iron seal says in the clear:
// Fe26.2*passwordId*encSalt*iv*ciphertext*expiration*macSalt*mac (@hapi/iron 7).
func lookAtIron(value string) finding {
	f := finding{Format: "iron"}
	fields := strings.Split(value, "*")
	if len(fields) != 8 || fields[0] != "Fe26.2" {
		f.Err = &seal.OpenError{Codec: "iron", Reason: seal.ErrMalformed}
		f.What = "it begins like a seal of iron-session, which is Fe26.2 and seven more fields between asterisks"
		f.Cure = "copy it again, all of it"
		return f
	}
	f.Err = unsupported("iron", "seals of iron-session")
	f.What = "it is a seal of iron-session, encrypted with a password"
	if isNumber(fields[1]) {
		f.What += " that has the number " + fields[1]
	}
	if ms, err := strconv.ParseInt(fields[5], 10, 64); err == nil && 0 < ms && ms < 1<<48 {
		f.Expires = time.UnixMilli(ms)
	}
	f.What += ": this version of signet cannot open it"
	f.Cure = "look into it with unsealData of iron-session and the password of the site"
	return f
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
		Format: "signet", Err: unsupported("signet", "sessions of the database"),
		What: "it is the key to a session in Signet's database, id and secret: nothing is inside, and the database has all of it",
		Cure: "find it with `signet session list`, end it with `signet session revoke " + shownHandle(value[:11]) + "`; it is as good as a password, so give it to nobody",
	}
}

// isLucia knows the three kinds of session tokens that Lucia and its guides made: base32
// of 25 or 20 bytes, and two words of 24 letters with a dot between them.
func isLucia(value string) bool {
	const base32, words = "abcdefghijklmnopqrstuvwxyz234567", "abcdefghijkmnpqrstuvwxyz23456789"
	if len(value) == 49 && value[24] == '.' {
		return strings.Trim(value[:24], words) == "" && strings.Trim(value[25:], words) == ""
	}
	return (len(value) == 40 || len(value) == 32) && strings.Trim(value, base32) == ""
}

func lookAtLucia() finding {
	return finding{
		Format: "lucia", Err: unsupported("lucia", "sessions of a database"),
		What: "it looks like a session token of Lucia: nothing is inside, and the database of that site has all of it",
		Cure: "look it up there, in the table of sessions; it is as good as a password, so give it to nobody",
	}
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
	}
	return "it is none of the formats that signet knows"
}
