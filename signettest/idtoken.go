package signettest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// keys are those that a provider signs with, made when they are first needed.
type keys struct {
	turn  int
	rsa   *rsa.PrivateKey
	ec    *ecdsa.PrivateKey
	ed    ed25519.PrivateKey
	taken []*rsa.PrivateKey
}

// rsaKeys lends RSA keys out: making one is slow, and no two providers may share one.
var rsaKeys struct {
	mu   sync.Mutex
	free []*rsa.PrivateKey
}

func takeRSA() *rsa.PrivateKey {
	rsaKeys.mu.Lock()
	defer rsaKeys.mu.Unlock()
	if n := len(rsaKeys.free); n > 0 {
		key := rsaKeys.free[n-1]
		rsaKeys.free = rsaKeys.free[:n-1]
		return key
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("signettest: " + err.Error()) // no randomness: nothing can be tested
	}
	return key
}

func (k *keys) takeRSA() *rsa.PrivateKey {
	key := takeRSA()
	k.taken = append(k.taken, key)
	return key
}

// giveBack returns the RSA keys of a provider that is over.
func (k *keys) giveBack() {
	rsaKeys.mu.Lock()
	defer rsaKeys.mu.Unlock()
	rsaKeys.free = append(rsaKeys.free, k.taken...)
	k.taken = nil
}

// fresh makes the keys that are not there yet.
func (k *keys) fresh(needRSA bool) {
	if k.rsa == nil && needRSA {
		k.rsa = k.takeRSA()
	}
	if k.ec != nil {
		return
	}
	var err error
	if k.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err == nil {
		_, k.ed, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		panic("signettest: " + err.Error()) // no randomness: nothing can be tested
	}
}

// RotateKeys replaces the keys. Those before are gone from the key set at once, and what
// they signed is worth nothing any more.
func (p *Provider) RotateKeys() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = keys{turn: p.keys.turn + 1, taken: p.keys.taken}
}

// Sign signs any claims with the provider's present key. alg is RS256, ES256, EdDSA or HS256,
// empty for the provider's own. Members of header go over those that it would have. It is for
// tests that need a token nobody would issue.
func (p *Provider) Sign(alg string, header, claims map[string]any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if alg == "" {
		alg = p.alg()
	}
	full := map[string]any{}
	p.head(full, alg)
	maps.Copy(full, header)
	return p.sign(alg, "", full, claims)
}

// alg is the algorithm of ID tokens.
func (p *Provider) alg() string {
	if p.Alg != "" {
		return p.Alg
	}
	if p.vector.IDToken != nil {
		return text(p.vector.IDToken.Header["alg"])
	}
	return "RS256"
}

// kid names the key of an algorithm, until it is rotated.
func (p *Provider) kid(alg string) string {
	return strings.ToLower(alg) + "-" + strconv.Itoa(p.keys.turn)
}

// head puts the algorithm and the key's name into a header that has none.
func (p *Provider) head(header map[string]any, alg string) {
	header["alg"] = alg
	delete(header, "kid")
	if alg != "HS256" {
		header["kid"] = p.kid(alg)
	}
}

// sign makes a JWT. which is "", or the fault: none, other or unknown.
func (p *Provider) sign(alg, which string, header, claims map[string]any) string {
	switch which {
	case "none":
		header["alg"] = "none"
		delete(header, "kid")
		return part(header) + "." + part(claims) + "."
	case "unknown":
		header["kid"] = "unknown-" + random(4)
	}
	input := part(header) + "." + part(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(p.signature(alg, which != "", []byte(input)))
}

func part(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("signettest: " + err.Error()) // a fault put something in that is no JSON
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// signature is made with the provider's key, or with one that nobody knows.
func (p *Provider) signature(alg string, strange bool, input []byte) []byte {
	k := &p.keys
	k.fresh(alg == "RS256") // first, lest the strange key become ours when it is given back
	if strange {
		k = &keys{}
		k.fresh(alg == "RS256")
		defer k.giveBack()
	}
	sum := sha256.Sum256(input)
	var sig []byte
	var err error
	switch alg {
	case "HS256":
		secret := p.ClientSecret
		if strange {
			secret += "?"
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(input)
		sig = mac.Sum(nil)
	case "RS256":
		sig, err = rsa.SignPKCS1v15(rand.Reader, k.rsa, crypto.SHA256, sum[:])
	case "ES256":
		r, s, failed := ecdsa.Sign(rand.Reader, k.ec, sum[:])
		if err = failed; err == nil {
			sig = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	case "EdDSA":
		sig = ed25519.Sign(k.ed, input)
	default:
		p.t.Errorf("signettest: cannot sign with %s", alg)
	}
	if err != nil {
		p.t.Errorf("signettest: %v", err)
	}
	return sig
}

// keySet is the page with the public keys: of an issuer of no company one for each
// algorithm, of a company the one it signs with.
func (p *Provider) keySet(*call) reply {
	list := []any{}
	for _, alg := range p.algs() {
		p.keys.fresh(alg == "RS256")
		k := map[string]any{"use": "sig", "alg": alg, "kid": p.kid(alg)}
		b64 := base64.RawURLEncoding.EncodeToString
		switch alg {
		case "RS256":
			maps.Copy(k, map[string]any{"kty": "RSA", "n": b64(p.keys.rsa.N.Bytes()), "e": "AQAB"})
		case "ES256":
			point, err := p.keys.ec.PublicKey.Bytes() // 4, X, Y
			if err != nil {
				p.t.Errorf("signettest: %v", err)
				continue
			}
			maps.Copy(k, map[string]any{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])})
		case "EdDSA":
			maps.Copy(k, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(p.keys.ed.Public().(ed25519.PublicKey))})
		}
		list = append(list, k)
	}
	return jsonReply(http.StatusOK, map[string]any{"keys": list})
}

// algs are those of the key set. LINE's has the key of its native apps.
func (p *Provider) algs() []string {
	switch {
	case p.ID == "generic-oidc":
		return []string{"RS256", "ES256", "EdDSA"}
	case p.alg() == "HS256":
		return []string{"ES256"}
	}
	return []string{p.alg()}
}

// leftHalf is at_hash. OpenID Connect Core section 3.1.3.6; with Ed25519 the hash is SHA-512.
func leftHalf(alg, token string) string {
	if alg == "EdDSA" {
		sum := sha512.Sum512([]byte(token))
		return base64.RawURLEncoding.EncodeToString(sum[:32])
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// fill puts times in the places of <iat> and <iat+N>.
func fill(claims map[string]any, g *grant, now time.Time) {
	for name, v := range claims {
		s, _ := v.(string)
		after, ok := strings.CutPrefix(s, "<iat")
		if !ok {
			continue
		}
		at := now
		if name == "auth_time" {
			at = g.at
		}
		n, _ := strconv.ParseInt(strings.Trim(after, "+>"), 10, 64)
		claims[name] = at.Unix() + n
	}
}

// name puts the client's and the issuer's names in their places.
func (p *Provider) name(c *call, claims map[string]any) {
	for name, v := range claims {
		if v == "<client_id>" {
			claims[name] = p.ClientID
		}
	}
	if iss, ok := claims["iss"].(string); ok && !c.real {
		claims["iss"] = p.onLoopback(iss)
	}
}
