package signet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
)

// A CSRF cookie is token|HMAC, both 64 hex characters: the outer shape of Auth.js, whose
// hash is bound to no session. Ours is made over the session's ID, so that a token from
// before the sign-in, of another session, or planted by a sibling host is worth nothing.

// newCSRFToken makes a token: 32 random bytes in hex.
func newCSRFToken(rand io.Reader) (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// csrfCookie is the cookie value for a token in session sid (0 before sign-in).
func (k *keys) csrfCookie(token string, sid SessionID) string {
	return token + "|" + csrfMAC(k.csrf[0], token, sid)
}

// readCSRF returns the token of a cookie value that we made for session sid, or "".
func (k *keys) readCSRF(value string, sid SessionID) string {
	token, mac, ok := strings.Cut(value, "|")
	if !ok || len(token) != 64 || len(mac) != 64 {
		return ""
	}
	found := false
	// Try every key, also after a match: the time taken must not tell which one is in use.
	for _, own := range k.csrf {
		found = hmac.Equal([]byte(csrfMAC(own, token, sid)), []byte(mac)) || found
	}
	if !found {
		return ""
	}
	return token
}

func csrfMAC(key []byte, token string, sid SessionID) string {
	m := hmac.New(sha256.New, key)
	if sid != 0 {
		m.Write([]byte(sid.String()))
	}
	m.Write([]byte{'|'})
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil))
}
