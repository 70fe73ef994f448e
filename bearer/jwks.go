package bearer

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"strconv"
	"time"
)

// publish writes the key set: public keys and nothing else.
func (m *Mint) publish() {
	var list [][]byte
	for _, k := range m.keys {
		if k.jwk != nil {
			list = append(list, k.jwk)
		}
	}
	m.jwks = append(append([]byte(`{"keys":[`), bytes.Join(list, []byte(","))...), "]}"...)
	sum := sha256.Sum256(m.jwks)
	m.etag = `"` + b64.EncodeToString(sum[:]) + `"`
}

var maxAge = "public, max-age=" + strconv.Itoa(int(keyDelay/time.Second))

// JWKS serves the public keys as a JSON Web Key Set (RFC 7517 section 5), newest first,
// which may be kept for a minute: as long as a new key waits until it signs. That of a mint of
// HS256 is empty. Usually it is at /.well-known/jwks.json, for everybody.
func (m *Mint) JWKS() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", maxAge)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", m.etag)
		// It knows If-None-Match and HEAD.
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.jwks))
	})
}
