package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/signet-auth/signet/provider/oauth2"
)

// none tells whether there is no secret: nobody named one, or nothing is in it.
func (s secret) none() bool { return s.text == nil || s.text() == "" }

// plain is the text, "" where there is none.
func (s secret) plain() string {
	if s.text == nil {
		return ""
	}
	return s.text()
}

// oneSecret takes a secret as it is, or where to find it: {file: …} or {env: …}. It is one
// line, or a key in PEM.
func oneSecret(to *secret) func(*reader, node) {
	return func(r *reader, n node) {
		switch n.Node.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			before := len(r.problems)
			var e secretEntry
			section([]key{{"file", text(&e.file)}, {"env", text(&e.env)}, {"text", text(&e.text)}})(r, n)
			if len(r.problems) == before {
				e.one(r, n, to)
			}
		default:
			s, ok := r.scalar(n, "write it in quotes, or as {file: name} or {env: NAME}")
			switch {
			case !ok:
			case s == "":
				r.wrong(n, "is empty", "write {env: NAME}, or remove the line")
			case strings.ContainsFunc(s, unicode.IsControl) && !isPEM(s):
				r.wrong(n, "holds line breaks or control characters", "write it on one line")
			default:
				*to = r.inline(n, s)
			}
		}
	}
}

// oneOrMore takes a secret as oneSecret does, or a list of them.
func oneOrMore(to *[]secret) func(*reader, node) {
	one := func(r *reader, n node) {
		var s secret
		if oneSecret(&s)(r, n); s.text != nil {
			*to = append(*to, s)
		}
	}
	return func(r *reader, n node) {
		list, several := n.Node.(*ast.SequenceNode)
		switch {
		case !several:
			one(r, n)
		case len(list.Values) == 0:
			r.wrong(n, "the list is empty", "add one, or remove the key: then `secrets` serve")
		default:
			sequence(one)(r, n)
		}
	}
}

func isPEM(s string) bool { return strings.HasPrefix(s, "-----BEGIN ") }

// one reads the single secret that e points to.
func (e *secretEntry) one(r *reader, n node, to *secret) {
	if e.file == "" || !oneOf(e.file, e.env, e.text) {
		if list := e.secrets(r, n); len(list) == 1 {
			*to = list[0]
		}
		return
	}
	path := r.c.path(e.file)
	text, err := readBounded(path, maxSecretFile)
	if err == nil {
		if mode, open := tooOpen(path); open {
			err = fmt.Errorf("%s %w: its mode is %04o", path, errTooOpen, mode)
		}
	}
	s := strings.TrimSpace(string(text))
	switch {
	case err != nil && errors.Is(err, errTooOpen):
		r.wrong(n, err.Error(), "`chmod 600 "+path+"`")
	case err != nil:
		r.wrong(n, err.Error(), "write the secret alone into it, in one line")
	case s == "":
		r.wrong(n, path+" holds no secret", "write the secret alone into it, in one line")
	case strings.ContainsFunc(s, unicode.IsControl) && !isPEM(s):
		r.wrong(n, path+" is a file of more than one line", "write the secret alone into it")
	default:
		*to = newSecret(s, path, path)
	}
}

// endpoint takes an address of another site.
func endpoint(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		var s string
		if text(&s)(r, n); s == "" {
			return
		}
		if err := oauth2.CheckURL(s); err != nil {
			// Not repeated: it may hold a password.
			r.wrong(n, "is "+err.Error(), "write it as https://login.example.com/…; http is for this machine only")
			return
		}
		*to = s
	}
}

// backendURL takes the address of a back end, which may be http: package backend looks at its host.
func backendURL(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		var s string
		if text(&s)(r, n); s == "" {
			return
		}
		if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			r.wrong(n, "is no http or https URL", "write it as http://127.0.0.1:8080/api/login")
			return
		}
		*to = s
	}
}

// pointer takes a place in a JSON object: /user/id.
func pointer(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		var s string
		if text(&s)(r, n); s == "" {
			return
		}
		if s[0] != '/' {
			r.wrong(n, quoted(s)+" does not begin with a slash", "write it as /"+strings.ReplaceAll(s, ".", "/"))
			return
		}
		*to = s
	}
}

// pairs takes names with a text each.
func pairs(to *map[string]string) func(*reader, node) {
	return func(r *reader, n node) {
		found := map[string]string{}
		named(func(r *reader, name string, n node) {
			s, ok := r.scalar(n, "write one text")
			switch {
			case !ok:
			case strings.ContainsFunc(s, unicode.IsControl):
				r.wrong(n, "holds line breaks or control characters", "write it on one line")
			default:
				found[name] = s
			}
		})(r, n)
		*to = found
	}
}

// headers takes fields of requests. What is in them may be a key to an API.
func headers(to *map[string]*secret) func(*reader, node) {
	return func(r *reader, n node) {
		found := map[string]*secret{}
		named(func(r *reader, name string, n node) {
			if strings.ContainsFunc(name, notInHeader) {
				r.wrong(n, "is no name of a header", "write it as X-Api-Key")
				return
			}
			var s secret
			if oneSecret(&s)(r, n); s.text != nil {
				found[name] = &s
			}
		})(r, n)
		*to = found
	}
}

// notInHeader tells what cannot stand in the name of a header: RFC 9110 section 5.6.2.
func notInHeader(c rune) bool {
	return c <= ' ' || c > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
}

// named takes a mapping whose keys are names of the operator's own.
func named(take func(*reader, string, node)) func(*reader, node) {
	return func(r *reader, n node) {
		seen := map[string]bool{}
		for _, e := range r.entries(n) {
			name, ok := keyName(e.Key)
			if !ok || name == "" || seen[name] {
				r.wrong(node{e.Key, n.key}, "this name is there twice, or is no plain name", "name each once")
				continue
			}
			seen[name] = true
			below := n.key + "." + name
			r.c.places[below] = r.place(e.Value)
			take(r, name, node{e.Value, below})
		}
	}
}

// wordsOrNone takes a list that may be empty, which is not the same as saying nothing.
func wordsOrNone(to **[]string) func(*reader, node) {
	return func(r *reader, n node) {
		list := []string{}
		words(&list)(r, n)
		*to = &list
	}
}

// statuses takes a list of HTTP statuses.
func statuses(to *[]int) func(*reader, node) {
	return sequence(func(r *reader, n node) {
		var i int
		if status(&i)(r, n); i != 0 {
			*to = append(*to, i)
		}
	})
}

func status(to *int) func(*reader, node) {
	return func(r *reader, n node) {
		i, ok := r.count(n, 1)
		if ok && (i < 100 || i > 599) {
			r.wrong(n, "is no HTTP status", "write a number as 401")
			return
		}
		*to = i
	}
}
