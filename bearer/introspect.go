package bearer

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet/seal"
)

// maxForm is the longest body of a question, in bytes: one token, and what clients add.
const maxForm = 64 << 10

// Introspection answers the question of RFC 7662 for tokens that this guard would let in
// (but for Scopes, which the answer names): a POST with a form in which token=… stands,
// answered by {"active":false}, or by {"active":true} and the token's claims.
//
// allow tells whether who asks may: by a client secret, mutual TLS, or a token of its own
// (section 2.1 demands it, or strangers could try tokens here). Nil means nobody may. It
// panics for a guard that does not pass [Guard.Check].
func (g *Guard) Introspection(allow func(r *http.Request) bool) http.Handler {
	g.mustBeReady()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", "POST")
			answer(w, http.StatusMethodNotAllowed, `{"error":"invalid_request"}`)
			return
		}
		if allow == nil || !allow(r) {
			w.Header().Set("WWW-Authenticate", `Basic realm="introspection"`)
			answer(w, http.StatusUnauthorized, `{"error":"invalid_client"}`)
			return
		}
		token, err := askedFor(w, r)
		if err != nil {
			answer(w, http.StatusBadRequest, `{"error":"invalid_request"}`)
			return
		}
		c, err := g.Verify(r.Context(), token)
		switch {
		case errors.Is(err, ErrUnavailable):
			RFC6750(w, r, err)
		case err != nil:
			answer(w, http.StatusOK, `{"active":false}`) // section 2.2: and not why
		default:
			answer(w, http.StatusOK, describeActive(c))
		}
	})
}

// askedFor reads the token from the form of a request.
func askedFor(w http.ResponseWriter, r *http.Request) (string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || r.URL.Query().Has("token") {
		return "", errors.New("bearer: not a form")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return "", err
	}
	return onlyOne(r.PostForm)
}

func onlyOne(form url.Values) (string, error) {
	if tokens := form["token"]; len(tokens) == 1 && tokens[0] != "" {
		return tokens[0], nil
	}
	return "", errors.New("bearer: not one token")
}

// describeActive writes the members of RFC 7662 section 2.2 and those of the token.
func describeActive(c Claims) string {
	var b strings.Builder
	b.WriteString(`{"active":true,"token_type":"Bearer"`)
	scope := strings.Join(c.Scopes, " ")
	if scope != "" {
		writeMember(&b, "scope", scope)
	}
	seal.Members(c.JSON, func(name string, value []byte) error { // it has been read before
		switch strings.ToLower(name) {
		case "active", "token_type", "scope":
			return nil
		}
		quoted, _ := json.Marshal(name) // a text
		b.WriteByte(',')
		b.Write(quoted)
		b.WriteByte(':')
		b.Write(value)
		return nil
	})
	b.WriteByte('}')
	return b.String()
}

func writeMember(b *strings.Builder, name, value string) {
	quoted, _ := json.Marshal(value) // a text
	b.WriteString(`,"` + name + `":`)
	b.Write(quoted)
}
