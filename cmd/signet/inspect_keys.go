package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// secretFlags are those of verbs that open and seal tokens offline.
type secretFlags struct {
	Secret     []string `sep:"none" placeholder:"S" help:"Secret, newest first; may be repeated. Others on this machine can see it in the list of processes while signet runs, so prefer --secret-file or the environment. Without any secret, the variables AUTH_SECRET, AUTH_SECRET_1 to _3 and NEXTAUTH_SECRET are taken."`
	SecretFile []string `sep:"none" placeholder:"FILE" help:"File with a secret on each line, newest first; may be repeated."`
	PasswordID []string `sep:"none" name:"password-id" placeholder:"N=S" help:"Password of iron-session with its number, or secret of signed tokens with its kid; may be repeated. Others can see it, as with --secret. Passwords without a number count up from the oldest, which is 1."`
}

// numbered begins the names of secrets that came with an id.
const numbered = "password "

// typed are the secrets of the command line. Their names are what reports call them: the
// place on the command line, the id, or where they were read.
func (f secretFlags) typed(verb string) ([]secret, error) {
	var list []secret
	for i, s := range f.Secret {
		list = append(list, newSecret(s, fmt.Sprint(i+1), ""))
	}
	for _, path := range f.SecretFile {
		some, err := readSecrets(path)
		if err != nil {
			return nil, &usageError{verb + ": --secret-file: " + err.Error(), missingFileCure(err, secretFileCure(err, path))}
		}
		list = append(list, some...)
	}
	for i, s := range f.PasswordID {
		// What has no = may be the secret alone, so it is not shown.
		id, text, ok := strings.Cut(s, "=")
		if !ok || id == "" || len(id) > maxPasswordID || strings.ContainsFunc(id, unprintable) {
			return nil, &usageError{
				fmt.Sprintf("%s: --password-id number %d has no id, = and secret", verb, i+1),
				"write --password-id 1=S, with the id that the program gives the secret",
			}
		}
		list = append(list, newSecret(text, numbered+id, ""))
	}
	return list, nil
}

// maxPasswordID bounds the ids of secrets, in bytes.
const maxPasswordID = 100

// envSecrets are the variables that Auth.js takes secrets from, in its order: a higher
// number is newer (@auth/core@0.41.3 lib/utils/env, next-auth@4.24.15).
var envSecrets = []string{"AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1", "AUTH_SECRET", "NEXTAUTH_SECRET"}

// fromEnvironment gives the secrets of the environment.
func fromEnvironment(io *terminal) []secret {
	var list []secret
	for _, name := range envSecrets {
		if s := io.Env(name); s != "" {
			list = append(list, newSecret(s, name, ""))
		}
	}
	return list
}

// ringOf makes a ring whose ids are the names of the secrets.
func ringOf(verb string, list []secret) (seal.Ring, error) {
	var ring seal.Ring
	for _, s := range list {
		if slices.ContainsFunc(ring, func(k seal.Key) bool { return k.ID == s.from }) {
			if id, ok := strings.CutPrefix(s.from, numbered); ok {
				return nil, &usageError{verb + ": two secrets have the id " + id, "each id names one"}
			}
			continue // a file that was named twice
		}
		if n := len(s.text()); n < seal.MinSecret {
			return nil, &usageError{
				fmt.Sprintf("%s: %s has %d bytes", verb, secretName(s.from), n),
				fmt.Sprintf("secrets have %d and more; use the very text that the site has in AUTH_SECRET", seal.MinSecret),
			}
		}
		ring = append(ring, seal.Key{ID: s.from, Secret: []byte(s.text())})
	}
	return ring, nil
}

// keyID is what programs are told of a secret: the id that came with it, the place on the
// command line, or where it was read.
func keyID(name string) string { return strings.TrimPrefix(name, numbered) }

// wireID is the id that a secret came with.
func wireID(k seal.Key) (id string, ok bool) { return strings.CutPrefix(k.ID, numbered) }

// A keyFile is a file of public keys, ready to check signatures.
type keyFile struct {
	name string
	set  *jwt.Set
}

// maxKeyFile bounds a file of keys, in bytes.
const maxKeyFile = 256 << 10

func readKeyFiles(paths []string) ([]keyFile, error) {
	var list []keyFile
	for _, path := range paths {
		raw, err := readUpTo(path, maxKeyFile)
		if err != nil {
			return nil, &usageError{"inspect: --key-file: " + err.Error(), missingFileCure(err, "name a file in PEM or JSON")}
		}
		set, err := parseKeys(raw)
		if err != nil {
			return nil, &usageError{
				"inspect: --key-file " + path + ": " + strings.TrimPrefix(err.Error(), "jwt: "),
				"give a public key in PEM (BEGIN PUBLIC KEY), a JWK, or the JWK Set of the provider",
			}
		}
		list = append(list, keyFile{filepath.Base(path), set})
	}
	return list, nil
}

func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return raw, err
}

// parseKeys tells the three kinds of files apart.
func parseKeys(raw []byte) (*jwt.Set, error) {
	if strings.HasPrefix(strings.TrimSpace(string(raw)), "-----BEGIN ") {
		k, err := jwt.ParsePEM("", raw)
		if err != nil {
			return nil, err
		}
		return jwt.NewSet(k)
	}
	if memberOf(raw, "keys") == nil {
		k, err := jwt.ParseKey(raw)
		if err != nil {
			return nil, err
		}
		return jwt.NewSet(k)
	}
	set, err := jwt.ParseKeys(raw)
	if err == nil && set.Len() == 0 {
		err = errors.New("none of its keys is a public key that checks signatures")
	}
	return set, err
}
