package oauth2

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signet-auth/signet"
)

// A Fetch asks the provider about the person who signs in.
type Fetch struct {
	Tokens signet.Tokens

	// Answer is that of the token end point: some providers name the user there.
	Answer Object

	// Fields are those of the visitor's answer. Nobody has signed them: Apple's "user".
	Fields url.Values

	userInfo string
	world    signet.World
	header   http.Header
	breaker  *Breaker
}

// NewFetch makes a Fetch that asks userInfo with the access token of an answer, for a
// provider of your own.
func NewFetch(w signet.World, a Answer, userInfo string, header http.Header, b *Breaker) Fetch {
	return Fetch{Tokens: a.Tokens, Answer: a.Object, userInfo: userInfo, world: w, header: header, breaker: b}
}

// UserInfo asks the userinfo end point of the configuration.
func (f Fetch) UserInfo(ctx context.Context) (Object, error) { return f.Get(ctx, f.userInfo) }

// Get asks another address of the provider's for an object, with the access token as
// Bearer. The answer has 5 seconds and 64 KiB. Its error is an [*Error] for whatever the
// provider did.
func (f Fetch) Get(ctx context.Context, address string) (Object, error) {
	reply, err := f.Raw(ctx, address)
	if err != nil {
		return nil, err
	}
	return f.Object(reply)
}

// Object reads the object in an answer of [Fetch.Raw], as Get does.
func (f Fetch) Object(reply Reply) (Object, error) {
	e := &Error{Op: "userinfo", Status: reply.Status}
	kind, _, _ := mime.ParseMediaType(reply.Type)
	o := Object(reply.Body)
	readable := kind != "text/html" && o.valid()
	if readable {
		if said := failureIn(o, reply.Status, f.Tokens.Access); said != nil {
			said.Op = e.Op
			return nil, said
		}
	}
	if reply.Status < 200 || reply.Status > 299 {
		return nil, e
	}
	if !readable {
		e.Err = errUnreadable
		return nil, e
	}
	return o, nil
}

// Raw is Get for an answer that is no object: the addresses of a GitHub user are a list.
func (f Fetch) Raw(ctx context.Context, address string) (Reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Reply{}, errors.New("oauth2: the URL of an end point cannot be read")
	}
	r.Header.Set("Accept", "application/json")
	for name, values := range f.header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	r.Header.Set("Authorization", "Bearer "+f.Tokens.Access)
	b := f.breaker
	if b == nil {
		b = &Breaker{} // a zero Fetch, in a test of a profile
	}
	return b.Send(f.world, "userinfo", r, fetchTime, maxAnswer)
}

// profile asks the userinfo end point and looks up what the mapping says.
func (m Mapping) profile(ctx context.Context, f Fetch) (signet.Identity, error) {
	o, err := f.UserInfo(ctx)
	if err != nil {
		return signet.Identity{}, err
	}
	return m.Identity(o), nil
}

// Identity reads a profile. What is not there, or of another type, stays empty.
func (m Mapping) Identity(o Object) signet.Identity {
	id := signet.Identity{Profile: json.RawMessage(o)}
	if m.Subject != "" {
		id.Subject = o.ID(m.Subject)
	}
	for _, t := range []struct {
		to      *string
		pointer string
	}{{&id.Name, m.Name}, {&id.Email, m.Email}, {&id.Image, m.Image}} {
		if t.pointer != "" {
			*t.to = o.Text(t.pointer)
		}
	}
	id.EmailVerified = m.EmailVerified != "" && o.True(m.EmailVerified)
	return id
}

const (
	maxSubject = 255     // OpenID Connect Core section 2
	maxName    = 256     // bytes; it will be part of a cookie
	maxImage   = 2 << 10 // bytes
)

// Tidy makes what a provider says fit for keeping. An identity without a subject that can be
// one is an error; an address that is none is dropped and with it that it was verified; so
// is an image that is not an https URL of at most 2 KiB, as browsers will fetch it. A name
// ends at 256 bytes.
func Tidy(id signet.Identity) (signet.Identity, error) {
	if id.Subject == "" || len(id.Subject) > maxSubject || !utf8.ValidString(id.Subject) || strings.ContainsFunc(id.Subject, unicode.IsControl) {
		return signet.Identity{}, errors.New("oauth2: the provider does not say who the user is")
	}
	email, err := signet.ParseEmail(id.Email)
	if err != nil {
		email = ""
	}
	id.Email, id.EmailVerified = email, id.EmailVerified && email != ""
	if u, err := url.Parse(id.Image); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(id.Image) > maxImage {
		id.Image = ""
	}
	id.Name = strings.TrimSpace(strings.ToValidUTF8(id.Name, ""))
	for len(id.Name) > maxName {
		_, size := utf8.DecodeLastRuneInString(id.Name)
		id.Name = id.Name[:len(id.Name)-size]
	}
	return id, nil
}
