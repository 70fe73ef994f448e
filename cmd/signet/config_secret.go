package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/goccy/go-yaml/ast"
	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal/iron"
)

// A secret knows its text and where it came from. The text is behind a function, since fmt
// prints what unexported fields hold, whatever String method their type has.
type secret struct {
	text func() string
	from string // "signet.yaml:5:5", "environment: AUTH_SECRET", "signet-data/secret:1"
	file string // the file that it stands in, if any

	id   string    // "" where nobody gave it one
	made time.Time // zero where nobody knows
}

func newSecret(text, from, file string) secret {
	return secret{text: func() string { return text }, from: from, file: file}
}

func (s secret) String() string { return "[secret from " + s.from + "]" }

// texts are the secrets as package signet wants them, newest first.
func texts(secrets []secret) []string {
	var list []string
	for _, s := range secrets {
		list = append(list, s.text())
	}
	return list
}

// Bounds of a file of secrets, and its name in the data folder.
const (
	maxSecretFile = 16 << 10
	secretFile    = "secret"
)

// secretList takes secrets as they are, or where to find them: {file: …} or {env: …}. Each
// may have an id.
func secretList(to *[]secret) func(*reader, node) {
	return sequence(func(r *reader, n node) {
		switch n.Node.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			before := len(r.problems)
			var e secretEntry
			section(e.keys())(r, n)
			if len(r.problems) == before {
				*to = append(*to, e.secrets(r, n)...)
			}
		default:
			if s, ok := r.scalar(n, "write it in quotes, or as {file: name} or {env: NAME}"); ok {
				*to = append(*to, r.inline(n, s))
			}
		}
	})
}

// A secretEntry is a secret as a mapping in the file.
type secretEntry struct{ file, env, text, id string }

func (e *secretEntry) keys() []key {
	return []key{{"file", text(&e.file)}, {"env", text(&e.env)}, {"text", text(&e.text)}, {"id", text(&e.id)}}
}

// secrets reads what e points to.
func (e *secretEntry) secrets(r *reader, n node) []secret {
	if !oneOf(e.file, e.env, e.text) {
		r.wrong(n, "says neither file nor env, or both", "write {file: name} or {env: NAME}")
		return nil
	}
	if e.id != "" && !isKeyID(e.id) {
		r.wrong(n, "has an id of other characters than letters, digits, dots, dashes and underscores, or of more than 64", "write {id: 2, env: NAME}")
		return nil
	}
	var list []secret
	switch {
	case e.env != "":
		list = []secret{newSecret("", "environment: "+e.env, "")} // filled in by complete
	case e.text != "":
		list = []secret{r.inline(n, e.text)}
	default:
		var err error
		if list, err = readSecrets(r.c.path(e.file)); err != nil {
			r.wrong(n, err.Error(), secretFileCure(err, r.c.path(e.file)))
			return nil
		}
	}
	if e.id == "" {
		return list
	}
	if len(list) > 1 || list[0].id != "" {
		r.wrong(n, "has one id for a file of several secrets, or of one with an id", "write the ids into the file: `id=2 SECRET` on a line")
	}
	list[0].id = e.id
	return list
}

// oneOf tells whether exactly one of the texts is there.
func oneOf(texts ...string) bool {
	return len(slices.DeleteFunc(texts, func(s string) bool { return s == "" })) == 1
}

// inline is a secret that stands in the file itself.
func (r *reader) inline(n node, s string) secret {
	if mode, open := tooOpen(r.c.file); open {
		r.wrong(n, fmt.Sprintf("stands in a file of mode %04o", mode), "`chmod 600 "+r.c.file+"`, or keep it in a file of its own: {file: name}")
	}
	return newSecret(s, r.place(n.Node), r.c.file)
}

var errTooOpen = errors.New("can be read by others")

func secretFileCure(err error, path string) string {
	if errors.Is(err, errTooOpen) {
		return "`chmod 600 " + path + "`"
	}
	return "write one secret on each line, newest first; `openssl rand -base64 33` makes one"
}

// readSecrets reads a file with one secret on each line, newest first.
func readSecrets(path string) ([]secret, error) {
	text, err := readBounded(path, maxSecretFile)
	if err != nil {
		return nil, err
	}
	if mode, open := tooOpen(path); open {
		return nil, fmt.Errorf("%s %w: its mode is %04o", path, errTooOpen, mode)
	}
	var list []secret
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if strings.ContainsFunc(line, unicode.IsControl) {
			return nil, fmt.Errorf("%s holds control characters in line %d", path, i+1)
		}
		s, err := readSecretLine(line)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d %w", path, i+1, err)
		}
		s.from, s.file = fmt.Sprintf("%s:%d", path, i+1), path
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s holds no secret", path)
	}
	return list, nil
}

// ownSecrets reads the secret that serve made in the data folder, or makes it.
func (c *config) ownSecrets(now time.Time) error {
	path := filepath.Join(c.data, secretFile)
	list, err := readSecrets(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeSecret(path, now); err == nil || errors.Is(err, fs.ErrExist) { // another process was quicker
			list, err = readSecrets(path)
		}
	}
	if err != nil {
		return &configErrors{[]problem{{"", err.Error(), secretFileCure(err, path)}}}
	}
	c.secrets = list
	return nil
}

// makeSecret writes a fresh secret to a file that must not exist. It appears there whole:
// somebody who reads at the same time sees all of it or nothing.
func makeSecret(path string, now time.Time) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	s := newSecret(freshSecret(), "", "")
	s.id, s.made = "1", now
	_, err = f.WriteString(s.line() + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// freshSecret is 264 random bits, as `openssl rand -base64 33` writes them.
func freshSecret() string {
	var raw [33]byte
	rand.Read(raw[:]) // never fails: without randomness the program ends
	return base64.StdEncoding.EncodeToString(raw[:])
}

// weakSecrets tells which secrets must not seal cookies, sign tokens or open an end point.
// Where those that others can guess are allowed, it is those that no codec takes.
func (c *config) weakSecrets(allowed bool) []problem {
	const cure = "make one with `openssl rand -base64 33`, or `signet init`"
	var problems []problem
	for _, s := range slices.Concat(c.secrets, c.access.secrets()) {
		err := signet.CheckSecret(s.text())
		if allowed {
			err = nil
			if len(s.text()) < minForeignSecret {
				err = errors.New("shorter than 16 bytes, with --allow-weak-secret too")
			}
		}
		if err != nil {
			problems = append(problems, problem{s.from, "the secret is " + err.Error(), cure})
		}
	}
	problems = append(problems, sameIDs(c.secrets)...)
	short := false
	for _, a := range c.session.accept {
		for _, s := range a.secrets {
			if why := a.tooShort(s.text()); why != "" {
				problems, short = append(problems, problem{s.from, why, "use the one that the other app has"}), true
			}
		}
	}
	if !short {
		problems = append(problems, c.session.tryCodecs(c.places)...)
	}
	return problems
}

// minForeignSecret is the least that a codec takes (ruling 4): what another app sealed
// with can not be made longer afterwards.
const minForeignSecret = 16

// tooShort tells why a codec would not take the secret of another app, or "".
func (a *acceptConfig) tooShort(s string) string {
	switch {
	case len(s) < minForeignSecret:
		return "the secret is shorter than 16 bytes"
	case a.format == iron.Format && len(utf16.Encode([]rune(s))) < iron.MinPassword:
		return "the password is shorter than 32 characters, which iron-session does not take"
	}
	return ""
}
