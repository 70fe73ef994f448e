package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/jwt"
	"github.com/signet-auth/signet/seal/lucia"
)

// Formats that can be written, and those that can be read.
var (
	writtenFormats = []string{authjs.FormatV5, authjs.FormatV4, iron.Format, jwt.Format}
	readFormats    = append(slices.Clone(writtenFormats), lucia.Format)
)

// An acceptConfig is a format that is read beside ours.
type acceptConfig struct {
	format    string
	secrets   []secret // ours where there are none
	cookie    string
	algorithm string
	claims    signet.Shape
	write     bool
	legacy    bool
}

func (a *acceptConfig) keys() []key {
	return []key{
		{"format", choice(&a.format, readFormats...)},
		{"secrets", secretList(&a.secrets)},
		{"cookie", text(&a.cookie)},
		{"claims", claims(&a.claims)},
		{"write", flag(&a.write)},
		{"algorithm", choice(&a.algorithm, algorithms...)},
		{"legacy", flag(&a.legacy)},
	}
}

var algorithms = []string{"HS256", "HS384", "HS512"}

// onlyFor names the formats of keys that are not for all.
var onlyFor = map[string][]string{
	"secrets":   writtenFormats,
	"claims":    writtenFormats,
	"write":     writtenFormats,
	"algorithm": {jwt.Format},
	"legacy":    {iron.Format},
}

func (s *sessionConfig) takeAccept(r *reader, n node) {
	s.chosen = true
	sequence(func(r *reader, n node) {
		var a acceptConfig
		before := len(r.problems)
		if _, ok := n.Node.(*ast.MappingNode); !ok {
			choice(&a.format, readFormats...)(r, n)
		} else {
			section(a.keys())(r, n)
			if !r.c.places.set(n.key + ".format") {
				r.wrong(n, "has no format", "add `format: authjs-v4`, or another")
			}
		}
		if len(r.problems) == before {
			a.settle(r, n)
			s.accept = append(s.accept, a)
		}
	})(r, n)
}

// settle looks at the keys of one entry together.
func (a *acceptConfig) settle(r *reader, n node) {
	for _, k := range a.keys() {
		if formats := onlyFor[k.name]; formats != nil && !slices.Contains(formats, a.format) && r.c.places.set(n.key+"."+k.name) {
			r.wrong(n, fmt.Sprintf("%s has no %s", a.format, k.name), "remove it; "+k.name+" is for "+strings.Join(formats, ", "))
		}
	}
	switch {
	case a.cookie != "":
	case a.format == lucia.Format:
		a.cookie = lucia.CookieName
	case a.format == iron.Format || a.format == jwt.Format:
		r.wrong(n, "does not say which cookie", "write {format: "+a.format+", cookie: NAME}, with the name that the other app gives it")
	}
}

// claims takes where a payload keeps what a session has fields for.
func claims(to *signet.Shape) func(*reader, node) {
	return func(r *reader, n node) {
		before := len(r.problems)
		section(claimKeys(to))(r, n)
		switch {
		case len(r.problems) > before:
		case to.UserID == "" && to.Email == "":
			r.wrong(n, "names neither id nor email", "say where the user is: {id: user.id, email: user.email}")
		case to.Numeric && to.UserID == "":
			r.wrong(n, "numeric is about the id, and there is none", "name it, or remove numeric")
		}
	}
}

func claimKeys(to *signet.Shape) []key {
	return []key{
		{"id", claimPath(&to.UserID)},
		{"name", claimPath(&to.Name)},
		{"email", claimPath(&to.Email)},
		{"image", claimPath(&to.Image)},
		{"expires", claimPath(&to.Expires)},
		{"numeric", flag(&to.Numeric)},
	}
}

// ownMembers are those of a payload that codecs and Signet write themselves.
var ownMembers = []string{"iat", "exp", "nbf", "jti", "signet"}

// claimPath takes the name of a member, or a path with dots.
func claimPath(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		var s string
		if text(&s)(r, n); s == "" {
			return
		}
		parts := strings.Split(s, ".")
		switch {
		case len(s) > 200 || len(parts) > 8 || slices.Contains(parts, ""):
			r.wrong(n, quoted(s)+" is no path", "write the name of a member, or a path as user.id")
		case slices.Contains(ownMembers, parts[0]):
			r.wrong(n, quoted(s)+" is written by the format itself", "name the member of the app")
		default:
			*to = s
		}
	}
}

// checkFormats finds formats that would get in each other's way.
func (s *sessionConfig) checkFormats(c *config) []problem {
	var problems []problem
	say := func(key, what, cure string) {
		problems = append(problems, problem{c.places.of(key), key + ": " + what, cure})
	}
	if s.algorithm != "" && s.format != jwt.Format {
		say("session.algorithm", "is for format: jwt only", "remove it")
	}
	written := map[string]bool{}
	for i, a := range s.accept {
		if !a.write {
			continue
		}
		key := fmt.Sprintf("session.accept[%d]", i)
		if written[a.format] {
			say(key, "a second entry that writes "+a.format, "write each format once")
		}
		written[a.format] = true
		if a.sameCookie(c) {
			say(key, "would be written into our own cookie", "name another with `cookie`, or `session.cookie.name`")
		}
	}
	return problems
}

// sameCookie tells whether a has the name of the session's own cookie, on http or https.
func (a *acceptConfig) sameCookie(c *config) bool {
	for _, https := range []bool{false, true} {
		name := a.cookie
		if name == "" {
			other := config{session: sessionConfig{format: a.format}}
			name = other.sessionCookie(https)
		}
		if name == c.sessionCookie(https) {
			return true
		}
	}
	return false
}

// tryCodecs makes the codecs of formats with secrets of their own, so that what is wrong
// with them is told with its place.
func (s *sessionConfig) tryCodecs(at places) []problem {
	var problems []problem
	for i, a := range s.accept {
		f := a.make()
		if f.Make == nil || f.Keys == nil {
			continue
		}
		if _, err := f.Make(f.Keys, cmp.Or(f.Cookie, "authjs.session-token")); err != nil {
			cure := "look at its secrets"
			if a.format == iron.Format {
				cure = "give each the number that it has in the app: {id: 1, env: OLD}"
			}
			problems = append(problems, problem{at.of(fmt.Sprintf("session.accept[%d].secrets", i)), "secrets: " + plainWords(err), cure})
		}
	}
	return problems
}

// make is the format as package signet has it.
func (a acceptConfig) make() signet.Format {
	f := signet.AuthJS
	switch a.format {
	case authjs.FormatV4:
		f = signet.AuthJSv4
	case iron.Format:
		// The format has no time of issue.
		f = signet.Format{Name: iron.Format, Make: iron.New, Stem: f.Stem, Undated: true}
		if a.legacy {
			f.Make = iron.Legacy
		}
	case jwt.Format:
		options := jwt.Options{Algorithm: a.algorithm, NumericSubject: a.claims.Numeric}
		f = signet.Format{Name: jwt.Format, Make: options.New, Stem: f.Stem, Readable: true}
	case lucia.Format:
		f = signet.Format{Name: lucia.Format, Find: lucia.Find, Stem: f.Stem}
	}
	f.Cookie, f.Shape, f.Beside = a.cookie, a.claims, a.write
	if len(a.secrets) > 0 {
		f.Keys = ringFrom(a.secrets)
	}
	return f
}
