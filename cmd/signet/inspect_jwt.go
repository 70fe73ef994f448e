package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// A signedTrial is what one set of keys makes of a signed token.
type signedTrial struct {
	opened seal.Opened
	err    error
}

// openJWT checks a signed token, with the secrets as a session of ours and with public
// keys as anybody's token. What it says can be read in any case.
func (in *inspector) openJWT(value string, header []byte) finding {
	f := finding{Format: jwt.Format, Header: header}
	alg, _ := seal.String(memberOf(header, "alg"))
	hmac := strings.HasPrefix(alg, "HS")
	trials := in.withKeyFiles(value, header)
	if hmac || len(trials) == 0 {
		trials = append(trials, in.withSecrets(value, alg, hmac)...)
	}
	best := slices.MinFunc(trials, func(a, b signedTrial) int { return rankOf(a.opened, a.err) - rankOf(b.opened, b.err) })
	f.Err = best.err
	if o := best.opened; o.Claims != nil {
		f.Verified, f.Claims, f.Header, f.Life, f.Key, f.Stale = true, o.Claims, o.Header, o.Life, o.Key, o.Stale
	} else if parts, err := seal.Split(value, 3); err == nil && isObject(parts[1]) {
		f.Claims, f.Life = parts[1], lifeIn(parts[1])
	}
	in.adviseJWT(&f, value, alg, hmac)
	return f
}

// withSecrets tries the secrets. Where there are none, or the token is not made with one,
// its form is judged with a secret that nobody has.
func (in *inspector) withSecrets(value, alg string, hmac bool) []signedTrial {
	ring, none := in.ring, len(in.ring) == 0 || !hmac
	if none {
		ring = seal.Secrets(rand.Text())
	}
	if _, _, known := jwt.Detect(value); !hmac && known && isSigned(alg) {
		_, err := jwt.Verifier{Keys: &jwt.Set{}, Algorithms: []string{alg}}.Verify(context.Background(), value, in.now)
		return []signedTrial{{err: noKey(err)}}
	}
	var trials []signedTrial
	for _, c := range sessionCodecs(ring, alg) {
		opened, err := openWhenever(c.codec, value, in.now)
		opened.Key = c.names[opened.Key]
		if none {
			err = noKey(err)
		}
		trials = append(trials, signedTrial{opened, err})
	}
	return trials
}

// noKey takes a complaint about a key that nobody has for what it is.
func noKey(err error) error {
	if errors.Is(err, seal.ErrForeign) {
		return &seal.OpenError{Codec: jwt.Format, Reason: seal.ErrNoKey}
	}
	return err
}

// isSigned tells whether alg is one that public keys check.
func isSigned(alg string) bool {
	return slices.Contains([]string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}, alg)
}

// A sessionCodec is one with the names of its secrets.
type sessionCodec struct {
	codec seal.Codec
	names map[string]string // by kid
}

// sessionCodecs goes through any number of secrets: those with an id by kid, the others
// four at a time, since all of them have to be tried.
func sessionCodecs(ring seal.Ring, alg string) []sessionCodec {
	var list []sessionCodec
	add := func(some seal.Ring, byID bool) {
		names := map[string]string{}
		keys := slices.Clone(some)
		for i, k := range some {
			id, ok := wireID(k)
			if !ok {
				id = "\x00" + k.ID // no kid of any token
			}
			keys[i].ID, names[id] = id, k.ID
		}
		c, err := jwt.Options{Algorithm: alg, KeyID: byID}.New(keys, "")
		if err != nil { // another algorithm: the codec says so of the token
			c, err = jwt.Options{}.New(keys, "")
		}
		if err == nil {
			list = append(list, sessionCodec{c, names})
		}
	}
	var named, others seal.Ring
	for _, k := range ring {
		if _, ok := wireID(k); ok {
			named = append(named, k)
		} else {
			others = append(others, k)
		}
	}
	if len(named) > 0 {
		add(named, true)
	}
	for some := range slices.Chunk(others, 4) {
		add(some, false)
	}
	return list
}

// withKeyFiles tries the public keys. Whom the token is for and what kind it is are for
// its receiver to judge; here they are as the token says.
func (in *inspector) withKeyFiles(value string, header []byte) []signedTrial {
	alg, _ := seal.String(memberOf(header, "alg"))
	typ, _ := seal.String(memberOf(header, "typ"))
	v := jwt.Verifier{FutureIssued: true, Audience: audienceOf(value)}
	if rest, ok := cutFold(typ, "application/"); ok { // RFC 7515 section 4.1.9: the same without it
		typ = rest
	}
	v.Typ = typ
	if isSigned(alg) { // ruled out by default are some that are only rare
		v.Algorithms = []string{alg}
	}
	var trials []signedTrial
	for _, file := range in.sets {
		v.Keys = file.set
		trials = append(trials, verifyWhenever(v, file.name, value, in.now))
	}
	return trials
}

// audienceOf is the first of aud, unverified.
func audienceOf(value string) string {
	parts, err := seal.Split(value, 3)
	if err != nil {
		return ""
	}
	aud := memberOf(parts[1], "aud")
	first, ok := seal.String(aud)
	if !ok {
		_ = seal.Elements(aud, func(raw []byte) error {
			if first == "" {
				first, _ = seal.String(raw)
			}
			return nil
		})
	}
	return first
}

// verifyWhenever is [openWhenever] for public keys.
func verifyWhenever(v jwt.Verifier, file, value string, now time.Time) signedTrial {
	got, judged := v.Verify(context.Background(), value, now)
	if errors.Is(judged, seal.ErrExpired) || errors.Is(judged, seal.ErrNotYet) {
		// Signature and form are in order. Inside its life, if it has one, it tells the key.
		if parts, err := seal.Split(value, 3); err == nil {
			got, _ = v.Verify(context.Background(), value, lifeIn(parts[1]).Expires.Add(-time.Second))
			got.Claims, got.Header, got.Life = parts[1], parts[0], lifeIn(parts[1])
		}
	}
	key := got.Key
	if got.Claims != nil && key == "" {
		key = file
	}
	return signedTrial{seal.Opened{Claims: got.Claims, Header: got.Header, Life: got.Life, Key: key}, judged}
}

// lifeIn reads iat and exp where they are what they should be.
func lifeIn(claims []byte) (life seal.Life) {
	life.Issued, _ = seal.Seconds(memberOf(claims, "iat"))
	life.Expires, _ = seal.Seconds(memberOf(claims, "exp"))
	return life
}

// adviseJWT says of a signed token what is wrong and what to do about it.
func (in *inspector) adviseJWT(f *finding, value, alg string, hmac bool) {
	switch {
	case f.Err == nil:
		f.What, f.Cure = in.jwtRemarks(f, alg)
	case errors.Is(f.Err, seal.ErrExpired):
		f.What = "its time was over " + relative(f.Expires, in.now)
		if f.Expires.Unix() == in.now.Unix() {
			f.What = "its time is over at this very second: exp is the first one in which it is not valid"
		}
		f.Cure = "sign in again, or refresh it where it is an access token; whoever renews it has to do so before its end"
	case errors.Is(f.Err, seal.ErrNotYet):
		f.What = "its time has not begun (claim nbf)"
		f.Cure = "compare the clock of this machine with that of the machine that wrote it"
	case errors.Is(f.Err, seal.ErrNoKey):
		f.What = "there is no secret to check its signature with; what it says can be read, but anybody could have written it"
		f.Cure = "give the secret of the program that wrote it: --secret S, --secret-file FILE or AUTH_SECRET in the environment"
		if !hmac {
			f.What = "there is no public key to check its signature with; what it says can be read, but anybody could have written it"
			f.Cure = "give the public key of whoever signed it: --key-file FILE, with a PEM, a JWK or the JWK Set of the provider"
		}
	case errors.Is(f.Err, seal.ErrForeign):
		f.What, f.Cure = in.whyForeignJWT(f, hmac)
	case errors.Is(f.Err, seal.ErrUnsupported):
		f.What, f.Cure = whyUnsupportedJWT(f.Err, alg)
	default:
		f.What, f.Cure = whyMalformedJWT(f, value)
	}
}

// jwtRemarks are what there is to say of a token although it is valid.
func (in *inspector) jwtRemarks(f *finding, alg string) (what, cure string) {
	if f.Stale {
		return "it was signed with an older secret, and a server with these secrets writes it anew at the next visit",
			"keep " + secretName(f.Key) + " until the last token it signed is over"
	}
	if at, ok := momentIn(memberOf(f.Claims, "expires")); ok && at.Sub(f.Expires).Abs() > 2*time.Second {
		return "its claim expires says another time than exp, and exp alone counts", "look at what writes it"
	}
	if !slices.Contains([]string{"HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"}, alg) {
		return alg + " is rare: a verifier of Signet takes it only where it is listed", "list it where such tokens are expected"
	}
	if typ, ok := seal.String(memberOf(f.Header, "typ")); ok && !strings.EqualFold(typ, "JWT") {
		return "it is no session: its header says that it is another kind of token (typ " + shownID(typ) + ")", "check it where such tokens are taken"
	}
	if memberOf(f.Claims, "aud") != nil || memberOf(f.Claims, "nonce") != nil {
		return "its signature and its times are in order; whether it is meant for you (iss, aud, nonce) is not judged here", "compare these claims with what you expect"
	}
	for _, k := range in.ring {
		if n := len(k.Secret); k.ID == f.Key && n < minServed {
			return fmt.Sprintf("its secret has only %d bytes, and `signet serve` takes %d and more", n, minServed),
				"plan a longer secret: whoever guesses it can sign anything, and any token is enough to try guesses on"
		}
	}
	return "", ""
}

// minServed is the shortest secret, in bytes, that a server takes (security line S-99).
const minServed = 32

func (in *inspector) whyForeignJWT(f *finding, hmac bool) (what, cure string) {
	kid, named := seal.String(memberOf(f.Header, "kid"))
	switch {
	case !hmac && named:
		return "no key of the file by the name in its header (kid " + shownID(kid) + ") made its signature, or it was changed",
			"fetch the key set of the provider anew, since keys change; if it still does not fit, do not believe the token"
	case !hmac:
		return "the public key did not make its signature, or it was changed", "take the key of whoever signed it; if it still does not fit, do not believe the token"
	}
	what = secretNames(in.ring) + " did not make its signature, or it was changed"
	if n := len(in.ring); n > 1 {
		what = fmt.Sprintf("none of the %d secrets (%s) made its signature, or it was changed", n, secretNames(in.ring))
	}
	return what, "take the secret of the program that wrote it, the text as it is there; if it still does not fit, do not believe the token"
}

func whyUnsupportedJWT(err error, alg string) (what, cure string) {
	const origin = "no server should take it; find out where it comes from"
	switch detail := detailOf(err); {
	case strings.EqualFold(alg, "none"):
		return "it is signed by nobody (alg none)", origin
	case detail == "typ of another kind of token", detail == "a log-out token":
		return "it is no session: it says that it is another kind of token", "check it where such tokens are taken"
	case detail == "algorithm that the key is not for":
		return "its header asks for an algorithm that the key is not for", origin
	case detail != "":
		return "its header asks for something that Signet refuses (" + detail + ")", origin
	}
	return "its header asks for something that Signet refuses", origin
}

func whyMalformedJWT(f *finding, value string) (what, cure string) {
	const again = "copy it again, all of it"
	detail := detailOf(f.Err)
	if f.Claims != nil { // not the form, then
		origin := "look at what writes it"
		switch detail {
		case "exp":
			return "its claim exp is missing or no number, so it would be good forever: Signet refuses it", origin
		case "sub":
			return "its claim sub is no text, which RFC 7519 asks for", origin + ", or read it with the option for numbers"
		case "iat", "nbf":
			return "its claim " + detail + " is no number", origin
		}
	}
	if n := strings.Count(value, ".") + 1; n != 3 {
		return fmt.Sprintf("a signed token has three parts between dots, this one has %s", atMost(n, 15)), again
	}
	if f.Header == nil {
		return "its first part, the header, is no JSON object", again
	}
	what = "it is not whole, or was changed on the way"
	if detail != "" {
		what += " (" + detail + ")"
	}
	return what, again
}
