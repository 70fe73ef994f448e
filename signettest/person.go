package signettest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A Person is somebody with an account at a provider. [Provider.Person] gives one whose
// fields can be changed; what is emptied is missing from the answers, as with somebody who
// did not agree to give it.
type Person struct {
	// Subject is the provider's own name for the person: digits where the provider writes
	// a number.
	Subject string

	Name, Email string

	// EmailVerified is the provider's flag as it writes it: true, false, "true", 1, or nil
	// for a missing one. Nil also where the provider has none.
	EmailVerified any

	// Profile is the answer of the user info end point, and Claims are those of the ID
	// token, both before the fields above are laid over them. Claims in <> are filled in.
	Profile, Claims map[string]any
}

// Person returns the person of the provider's sample, which is also who signs in first.
func (p *Provider) Person() Person {
	person := Person{Claims: p.sampleClaims()}
	if p.vector.Userinfo != nil {
		person.Profile, _ = clone(p.vector.Userinfo.Body).(map[string]any)
	}
	return p.shown(person)
}

// Sample returns another person of testdata/providers.json by name, such as "unverified
// address" at Kakao. It fails the test where there is none of that name.
func (p *Provider) Sample(name string) Person {
	p.t.Helper()
	person := p.Person()
	if claims, ok := p.vector.IDTokenVariants[name]; ok {
		for _, other := range p.vector.IDTokenVariants {
			deleteKeys(person.Claims, other)
		}
		maps.Copy(person.Claims, clone(claims))
		if _, ok := person.Profile["email"]; ok {
			person.Profile["email"] = claims["email"]
		}
		return p.shown(person)
	}
	body, ok := clone(p.vector.UserinfoVariants[name].Body).(map[string]any)
	if !ok || p.vector.UserinfoVariants[name].Status != 200 {
		p.t.Fatalf("signettest: %s has no person %q; there are %q", p.ID, name, p.vector.personNames())
	}
	if p.vector.Kind == "oidc" { // the ID token says the same about them
		for k, old := range person.Profile {
			if is, both := person.Claims[k]; both && reflect.DeepEqual(is, old) || body[k] == nil {
				delete(person.Claims, k)
			}
		}
		for k, v := range body {
			if _, other := person.Claims[k]; !other {
				person.Claims[k] = v
			}
		}
		person.Claims["sub"] = body["sub"]
	}
	person.Profile = body
	return p.shown(person)
}

func deleteKeys(from, keys map[string]any) {
	for k := range keys {
		delete(from, k)
	}
}

// SignIn makes person the one who signs in at the provider from now on.
func (p *Provider) SignIn(person Person) {
	p.t.Helper()
	if person.Subject == "" {
		p.t.Fatalf("signettest: a person at %s needs a subject", p.ID)
	}
	if base := p.shown(person); !reflect.DeepEqual(person.EmailVerified, base.EmailVerified) && p.quirk.verified == "" {
		p.t.Fatalf("signettest: %s has no flag for verified addresses", p.ID)
	}
	person.Profile, person.Claims = clone(person.Profile), clone(person.Claims)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person = person
}

// shown reads the four fields out of the profile and the claims.
func (p *Provider) shown(person Person) Person {
	q := p.quirk
	read := func(pointer string, claims ...string) any {
		if v, ok := pointed(person.Profile, pointer); ok {
			return v
		}
		for _, name := range claims {
			if v, ok := person.Claims[name]; ok {
				return v
			}
		}
		return nil
	}
	person.Subject = text(read(q.subject, "sub"))
	person.Name = text(read(q.name, nameClaims...))
	person.Email = text(read(q.email, "email"))
	person.EmailVerified = read(q.verified, "email_verified", "xms_edov")
	if q.shown != nil {
		q.shown(p, &person)
	}
	return person
}

var nameClaims = []string{"name", "nickname", "preferred_username"}

// profile is the answer about person at the user info end point.
func (p *Provider) profile(person Person) map[string]any {
	base, q := p.shown(person), p.quirk
	body := clone(person.Profile)
	if body == nil {
		body = map[string]any{}
	}
	if person.Subject != base.Subject {
		point(body, q.subject, like(base.Profile, q.subject, person.Subject))
	}
	if person.Name != base.Name {
		point(body, q.name, orMissing(person.Name))
	}
	if person.Email != base.Email {
		point(body, q.email, orMissing(person.Email))
	}
	if !reflect.DeepEqual(person.EmailVerified, base.EmailVerified) {
		point(body, q.verified, person.EmailVerified)
	}
	if q.profile != nil {
		q.profile(person, body)
	}
	return body
}

// claims are those about person in the ID token.
func (p *Provider) claims(person Person) map[string]any {
	base, claims := p.shown(person), clone(person.Claims)
	claims["sub"] = person.Subject
	if person.Name != base.Name {
		for _, name := range nameClaims {
			if _, ok := claims[name]; ok {
				point(claims, "/"+name, orMissing(person.Name))
				break
			}
		}
	}
	if person.Email != base.Email {
		point(claims, "/email", orMissing(person.Email))
	}
	if !reflect.DeepEqual(person.EmailVerified, base.EmailVerified) {
		flag := "/email_verified"
		if p.ID == "microsoft-entra-id" {
			flag = "/xms_edov"
		}
		point(claims, flag, person.EmailVerified)
	}
	return claims
}

func orMissing(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// like writes an identifier as base does: as a number or as text.
func like(base map[string]any, pointer, value string) any {
	if old, _ := pointed(base, pointer); old != nil {
		if _, number := old.(json.Number); number {
			return json.Number(value)
		}
	}
	return value
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// pointed finds a member by its path, "/response/id".
func pointed(doc map[string]any, pointer string) (any, bool) {
	path := strings.Split(pointer, "/")[1:]
	for i, name := range path {
		v, ok := doc[name]
		if !ok || i == len(path)-1 {
			return v, ok
		}
		if doc, ok = v.(map[string]any); !ok {
			return nil, false
		}
	}
	return nil, false
}

// point sets a member by its path, and removes it where value is nil.
func point(doc map[string]any, pointer string, value any) {
	path := strings.Split(pointer, "/")[1:]
	for i, name := range path {
		if i < len(path)-1 {
			next, ok := doc[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				doc[name] = next
			}
			doc = next
			continue
		}
		if value == nil {
			delete(doc, name)
			return
		}
		doc[name] = value
	}
}

// scopes splits what was asked for, whatever separates it.
func scopes(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' })
}

func hasScope(list []string, any ...string) bool {
	return slices.ContainsFunc(any, func(s string) bool { return slices.Contains(list, s) })
}
