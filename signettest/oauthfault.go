package signettest

import (
	"encoding/json"
	"net/url"
	"time"
)

// Denied answers the request for a code with an OAuth error: access_denied,
// login_required; at Apple user_cancelled_authorize.
func Denied(code string) Fault {
	return Fault{name: "Denied", at: []Endpoint{Authorization}, deny: code}
}

// Params changes what the visitor brings back from the provider: code, state, iss.
func Params(change func(url.Values)) Fault {
	return Fault{name: "Params", at: []Endpoint{Authorization}, params: change}
}

// NoRefreshToken leaves it out of the answer.
func NoRefreshToken() Fault {
	f := Edit(func(body map[string]any) { delete(body, "refresh_token") })
	f.at = []Endpoint{Token}
	return f
}

// TextExpiresIn writes the life of the token as text, as Naver does.
func TextExpiresIn() Fault {
	f := Edit(func(body map[string]any) {
		if n, ok := body["expires_in"].(json.Number); ok {
			body["expires_in"] = n.String()
		}
	})
	f.at = []Endpoint{Token}
	return f
}

// WrongSubject answers about somebody else than the ID token's subject.
func WrongSubject() Fault {
	return Fault{name: "WrongSubject", at: []Endpoint{Userinfo, OIDCUserinfo}, body: func(_ *call, p *Provider, a *reply) {
		if body, ok := a.body.(map[string]any); ok {
			point(body, p.quirk.subject, like(body, p.quirk.subject, "424242"))
		}
	}}
}

// SignedUserinfo answers the claims as a JWT. OpenID Connect Core section 5.3.2.
func SignedUserinfo() Fault {
	return Fault{name: "SignedUserinfo", at: []Endpoint{Userinfo, OIDCUserinfo}, body: func(c *call, p *Provider, a *reply) {
		if body, ok := a.body.(map[string]any); ok {
			body["iss"], body["aud"] = p.issuer(c.real), p.ClientID
			header := map[string]any{}
			p.head(header, p.alg())
			*a = textReply(a.status, "application/jwt", p.sign(p.alg(), "", header, body))
		}
	}}
}

// IDToken changes header and claims before the ID token is signed. Times are Unix seconds.
func IDToken(change func(header, claims map[string]any)) Fault {
	return Fault{name: "IDToken", at: []Endpoint{Token}, claims: change}
}

func claimed(name string, value any) Fault {
	return IDToken(func(_, claims map[string]any) { claims[name] = value })
}

// WrongIssuer, WrongAudience and WrongNonce are ID tokens of somebody else, for somebody
// else and of another attempt.
func WrongIssuer() Fault   { return claimed("iss", "https://issuer.invalid") }
func WrongAudience() Fault { return claimed("aud", "somebody-elses-client") }
func WrongNonce() Fault    { return claimed("nonce", "of-another-attempt") }

// ExpiredIDToken ended an hour before it was issued.
func ExpiredIDToken() Fault {
	return IDToken(func(_, claims map[string]any) {
		if at, ok := claims["iat"].(int64); ok {
			claims["iat"], claims["exp"] = at-int64(2*time.Hour/time.Second), at-int64(time.Hour/time.Second)
		}
	})
}

// UnsignedIDToken has alg none and no signature.
func UnsignedIDToken() Fault {
	return Fault{name: "UnsignedIDToken", at: []Endpoint{Token}, key: "none"}
}

// OtherKey signs with another key, under the name of the right one.
func OtherKey() Fault { return Fault{name: "OtherKey", at: []Endpoint{Token}, key: "other"} }

// UnknownKey signs with another key, whose name is not in the key set.
func UnknownKey() Fault { return Fault{name: "UnknownKey", at: []Endpoint{Token}, key: "unknown"} }

// NoIDToken leaves it out of the answer.
func NoIDToken() Fault {
	f := Edit(func(body map[string]any) { delete(body, "id_token") })
	f.at = []Endpoint{Token}
	return f
}

// BadKeys puts keys in front of the good ones that nobody can read.
func BadKeys() Fault {
	f := Edit(func(body map[string]any) {
		good, _ := body["keys"].([]any)
		body["keys"] = append([]any{
			map[string]any{"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
			map[string]any{"kty": "EC", "kid": "curve", "crv": "P-999", "x": "AA", "y": "AA"},
			map[string]any{"kty": "LATTICE", "kid": "new", "pub": "AA"},
			map[string]any{"kid": "nothing"},
		}, good...)
	})
	f.at = []Endpoint{JWKS}
	return f
}

// ManyKeys adds n keys behind the good ones.
func ManyKeys(n int) Fault {
	f := Edit(func(body map[string]any) {
		list, _ := body["keys"].([]any)
		for range n {
			list = append(list, map[string]any{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": random(8), "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
		}
		body["keys"] = list
	})
	f.at = []Endpoint{JWKS}
	return f
}
