package main

import (
	"encoding/json"
	"errors"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	golangjwt "github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/securecookie"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwe"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"
)

var errOver = errors.New("its time is up")

func peer(format, work, name string, op func(*result) error) *row {
	return &row{format: format, work: work, name: name, side: goPeer, op: op}
}

// typed decodes claims and checks their end, for packages that give bytes.
func (got *result) typed(claims []byte) error {
	var s session
	if err := json.Unmarshal(claims, &s); err != nil {
		return err
	}
	if s.over() {
		return errOver
	}
	got.email = s.Email
	return nil
}

// encryptedPeers open and make the JWEs of Auth.js; the keys are derived for them once.
func encryptedPeers(values map[string]string) (rows []*row, err error) {
	for _, f := range []struct {
		name string
		enc  jose.ContentEncryption
		jwx  jwa.ContentEncryptionAlgorithm
		key  func() ([]byte, error)
	}{
		{"v5", jose.A256CBC_HS512, jwa.A256CBC_HS512(), keyV5},
		{"v4", jose.A256GCM, jwa.A256GCM(), keyV4},
	} {
		key, err := f.key()
		if err != nil {
			return nil, err
		}
		encrypter, err := jose.NewEncrypter(f.enc, jose.Recipient{Algorithm: jose.DIRECT, Key: key}, nil)
		if err != nil {
			return nil, err
		}
		value := values[f.name]
		keys, encs := []jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{f.enc}
		joseOpen := func() ([]byte, error) {
			token, err := jose.ParseEncryptedCompact(value, keys, encs)
			if err != nil {
				return nil, err
			}
			return token.Decrypt(key)
		}
		jwxOpen := func() ([]byte, error) {
			return jwe.Decrypt([]byte(value), jwe.WithKey(jwa.DIRECT(), key))
		}
		rows = append(rows,
			peer(f.name, "open", "go-jose 4: bytes, time not checked", func(got *result) (err error) {
				got.claims, err = joseOpen()
				return err
			}),
			peer(f.name, "open", "go-jose 4: struct", func(got *result) error {
				plain, err := joseOpen()
				if err != nil {
					return err
				}
				return got.typed(plain)
			}),
			peer(f.name, "open", "jwx 3: bytes, time not checked", func(got *result) (err error) {
				got.claims, err = jwxOpen()
				return err
			}),
			peer(f.name, "open", "jwx 3: struct", func(got *result) error {
				plain, err := jwxOpen()
				if err != nil {
					return err
				}
				return got.typed(plain)
			}),
			peer(f.name, "seal", "go-jose 4: bytes", func(got *result) error {
				token, err := encrypter.Encrypt([]byte(claims))
				if err != nil {
					return err
				}
				got.value, err = token.CompactSerialize()
				return err
			}),
			peer(f.name, "seal", "jwx 3: bytes", func(got *result) error {
				b, err := jwe.Encrypt([]byte(claims), jwe.WithKey(jwa.DIRECT(), key), jwe.WithContentEncryption(f.jwx))
				got.value = string(b)
				return err
			}))
	}
	return rows, nil
}

// Both packages want their own fields for what RFC 7519 names, beside those of the app.
type (
	signedClaims struct {
		golangjwt.RegisteredClaims
		rest
	}
	joseClaims struct {
		josejwt.Claims
		rest
	}
	rest struct {
		Name        string `json:"name"`
		Email       string `json:"email"`
		Picture     string `json:"picture"`
		Role        string `json:"role"`
		AccessToken string `json:"accessToken"`
	}
)

func signedPeers(values map[string]string) ([]*row, error) {
	value, key := values["HS256"], []byte(secret)
	var mine signedClaims
	if err := json.Unmarshal([]byte(claims), &mine); err != nil {
		return nil, err
	}
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{"HS256"}), golangjwt.WithExpirationRequired())
	keyOf := func(*golangjwt.Token) (any, error) { return key, nil }
	algorithms := []jose.SignatureAlgorithm{jose.HS256}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: key}, nil)
	if err != nil {
		return nil, err
	}
	return []*row{
		peer("HS256", "open", "golang-jwt 5: struct", func(got *result) error {
			var c signedClaims
			_, err := parser.ParseWithClaims(value, &c, keyOf)
			got.email = c.Email
			return err
		}),
		peer("HS256", "open", "golang-jwt 5: map", func(got *result) error {
			c := golangjwt.MapClaims{}
			_, err := parser.ParseWithClaims(value, c, keyOf)
			got.email, _ = c["email"].(string)
			return err
		}),
		peer("HS256", "open", "go-jose 4: bytes, time not checked", func(got *result) error {
			token, err := jose.ParseSignedCompact(value, algorithms)
			if err != nil {
				return err
			}
			got.claims, err = token.Verify(key)
			return err
		}),
		peer("HS256", "open", "go-jose 4: struct", func(got *result) error {
			token, err := josejwt.ParseSigned(value, algorithms)
			if err != nil {
				return err
			}
			var c joseClaims
			if err := token.Claims(key, &c); err != nil {
				return err
			}
			got.email = c.Email
			return c.Validate(josejwt.Expected{Time: time.Now()})
		}),
		peer("HS256", "open", "jwx 3: its token", func(got *result) error {
			token, err := jwxjwt.Parse([]byte(value), jwxjwt.WithKey(jwa.HS256(), key))
			if err != nil {
				return err
			}
			return token.Get("email", &got.email)
		}),
		peer("HS256", "seal", "golang-jwt 5: struct", func(got *result) (err error) {
			got.value, err = golangjwt.NewWithClaims(golangjwt.SigningMethodHS256, &mine).SignedString(key)
			return err
		}),
		peer("HS256", "seal", "go-jose 4: bytes", func(got *result) error {
			token, err := signer.Sign([]byte(claims))
			if err != nil {
				return err
			}
			got.value, err = token.CompactSerialize()
			return err
		}),
	}, nil
}

// likePeers do in Go what iron-session does, in a format of their own: no Go package is
// known that reads Fe26.2.
func likePeers(map[string]string) ([]*row, error) {
	const name = "session"
	var mine session
	if err := json.Unmarshal([]byte(claims), &mine); err != nil {
		return nil, err
	}
	cookies := securecookie.New([]byte(secret), []byte(secret)[:32]).SetSerializer(securecookie.JSONEncoder{})
	value, err := cookies.Encode(name, mine)
	if err != nil {
		return nil, err
	}
	return []*row{
		{format: "iron", work: "open", name: "(gorilla/securecookie, its own format: struct)", side: other, op: func(got *result) error {
			var s session
			err := cookies.Decode(name, value, &s)
			got.email = s.Email
			return err
		}},
		{format: "iron", work: "seal", name: "(gorilla/securecookie, its own format: struct)", side: other, op: func(got *result) (err error) {
			got.value, err = cookies.Encode(name, mine)
			return err
		}},
	}, nil
}
