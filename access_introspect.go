package signet

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signet-auth/signet/bearer"
	"github.com/signet-auth/signet/seal"
)

// Introspection answers whether an access token of ours is good (RFC 7662), for APIs that
// cannot verify it themselves. It knows the audiences of [AccessConfig]; whoever asks has to
// look at the aud of the answer. Beyond the token it asks whether the session it came from
// lives: a token that would still verify is not active after a sign-out. allow tells whether
// a request may ask, by a secret of its own (section 2.1); nil lets nobody.
func (a *Auth) Introspection(allow func(r *http.Request) bool) http.Handler {
	guards := map[string]*bearer.Guard{}
	for _, audience := range a.config.Access.Audiences {
		guards[audience] = a.RequireToken(audience)
	}
	fallback := a.RequireToken("") // refuses and answers as all the others
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		may := allow != nil && allow(r) // asked once, and before anything is verified
		answer := func(g *bearer.Guard) {
			g.Introspection(func(*http.Request) bool { return may }).ServeHTTP(w, r)
		}
		if !may {
			answer(fallback)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, `{"error":"invalid_request"}`, http.StatusRequestEntityTooLarge)
			return
		}
		guard := fallback
		form, _ := url.ParseQuery(string(body))
		for _, audience := range audiencesOf(form.Get("token")) {
			if g := guards[audience]; g != nil && !a.endedFor(r, g, form.Get("token")) {
				guard = g
				break
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(guard)
	})
}

// audiencesOf reads aud of a token that nobody has verified yet: only to find the guard that
// will.
func audiencesOf(token string) []string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > seal.MaxToken {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var aud [1][]byte
	if seal.Pick(payload, []string{"aud"}, aud[:]) != nil {
		return nil
	}
	if one, ok := seal.String(aud[0]); ok {
		return []string{one}
	}
	var list []string
	if json.Unmarshal(aud[0], &list) != nil {
		return nil
	}
	return slices.Compact(list)
}

// endedFor tells whether the session that a good token came from is over.
func (a *Auth) endedFor(r *http.Request, g *bearer.Guard, token string) bool {
	c, err := g.Verify(r.Context(), token)
	if err != nil {
		return false // the guard will say so
	}
	id, ok := ParseSessionID(c.Text("sid"))
	if !ok {
		return false
	}
	// What was ended for the user as a whole is known by date: the token tells when it began.
	s := &Session{ID: id, UserID: c.Subject, Start: c.Issued, foreign: true}
	return a.revoked.over(s)
}
