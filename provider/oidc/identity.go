package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// A Person is what the provider says of somebody who signs in.
type Person struct {
	// Claims are those of the ID token, which has been verified.
	Claims oauth2.Object

	// UserInfo is the answer of the userinfo end point, about the same subject; nil if it
	// was not asked.
	UserInfo oauth2.Object

	// Fetch asks further addresses of the provider's.
	oauth2.Fetch
}

// identify asks for the rest and says who it is.
func (p *Provider) identify(ctx context.Context, w signet.World, m *metadata, a oauth2.Answer, t jwt.Verified, fields url.Values) (signet.Identity, error) {
	who := Person{Claims: t.Claims, Fetch: oauth2.NewFetch(p.reach(w, m.UserInfo), a, m.UserInfo, p.config.Header, &p.userinfo)}
	who.Fields = fields
	if p.config.UserInfo {
		if m.UserInfo == "" {
			return signet.Identity{}, errors.New("oidc: the provider has no userinfo end point")
		}
		var err error
		if who.UserInfo, err = p.userInfo(ctx, w, who.Fetch, m.UserInfo); err != nil {
			return signet.Identity{}, err
		}
		// OpenID Connect Core section 5.3.2: or somebody else's answer is taken for theirs.
		if who.UserInfo.Text("/sub") != t.Subject {
			return signet.Identity{}, errors.New("oidc: the userinfo answer is of another subject than the ID token")
		}
	}
	profile := p.config.Profile
	if profile == nil {
		profile = func(_ context.Context, who Person) (signet.Identity, error) { return who.Identity(), nil }
	}
	id, err := profile(ctx, who)
	if err != nil {
		return signet.Identity{}, err
	}
	if id.Tokens == nil {
		id.Tokens = &a.Tokens
	}
	return oauth2.Tidy(id)
}

// userInfo asks the userinfo end point. An answer that is signed (OpenID Connect Core section
// 5.3.2) is judged by the keys of the ID tokens; one that is not stands on the connection
// alone. One that is also encrypted, or signed by nobody, is none.
func (p *Provider) userInfo(ctx context.Context, w signet.World, f oauth2.Fetch, address string) (oauth2.Object, error) {
	reply, err := f.Raw(ctx, address)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(reply.Type)
	if kind != "application/jwt" || reply.Status < 200 || reply.Status > 299 {
		return f.Object(reply)
	}
	v := p.verifier(w)
	v.Profile = jwt.UserInfo
	got, err := p.verify(ctx, w, v, string(bytes.TrimSpace(reply.Body)))
	if err != nil {
		return nil, fmt.Errorf("oidc: the userinfo answer: %w", err)
	}
	return got.Claims, nil
}

// Identity reads the standard claims (OpenID Connect Core section 5.1): those of the ID token
// first, and from the userinfo answer what is not there. An address and whether it is
// verified always come from the same one.
func (p Person) Identity() signet.Identity {
	id := standard(p.Claims)
	id.Methods = methods(p.Claims.At("/amr"))
	if p.UserInfo == nil {
		return id
	}
	more := standard(p.UserInfo)
	if id.Name == "" {
		id.Name = more.Name
	}
	if id.Image == "" {
		id.Image = more.Image
	}
	if id.Email == "" {
		id.Email, id.EmailVerified = more.Email, more.EmailVerified
	}
	id.Profile = merged(p.Claims, p.UserInfo)
	return id
}

func standard(o oauth2.Object) signet.Identity {
	id := oauth2.Mapping{Name: "/name", Email: "/email", EmailVerified: "/email_verified", Image: "/picture"}.Identity(o)
	id.Subject = o.Text("/sub") // a text by OpenID Connect Core section 2
	return id
}

// maxMethods bounds the list amr, and the length of each of its words.
const (
	maxMethods = 8
	maxMethod  = 32
)

// methods reads amr (RFC 8176).
func methods(list []byte) []string {
	var out []string
	err := seal.Elements(list, func(value []byte) error {
		method, _ := seal.String(value)
		if method != "" && len(method) <= maxMethod && len(out) < maxMethods {
			out = append(out, method)
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return out
}

// merged is one object of two. What both have is the first one's.
func merged(first, second oauth2.Object) json.RawMessage {
	claims, err := signet.ParseClaims(first)
	if err != nil {
		return json.RawMessage(first)
	}
	err = seal.Members(second, func(name string, value []byte) error {
		if claims.Raw(name) != nil {
			return nil
		}
		return claims.Set(name, json.RawMessage(value))
	})
	out, encodeErr := json.Marshal(claims)
	if err != nil || encodeErr != nil {
		return json.RawMessage(first)
	}
	return out
}
