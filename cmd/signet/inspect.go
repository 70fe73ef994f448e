package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/signet-auth/signet/seal"
)

// inspectCmd looks into a token, offline.
type inspectCmd struct {
	Token      string   `arg:"" help:"The token; or a whole Cookie, Set-Cookie or Authorization line; or - to read either from standard input."`
	Secret     []string `sep:"none" placeholder:"S" help:"Secret to try, newest first; may be repeated. Others on this machine can see it while signet runs, so prefer --secret-file. Without any secret, --config or --data, the variables AUTH_SECRET, AUTH_SECRET_1 to _3 and NEXTAUTH_SECRET are tried."`
	SecretFile []string `sep:"none" placeholder:"FILE" help:"File with a secret on each line, newest first; may be repeated."`
	Salt       *string  `placeholder:"COOKIE" help:"Full name of the cookie that it was sealed for, prefix included; \"\" for a session of next-auth 4. Without it the usual names are tried."`
	At         *int64   `placeholder:"UNIX" help:"Judge it as of this moment, in Unix seconds."`
	placeFlags
	outputFlags
}

// maxPaste bounds what is read from standard input, in bytes: the cookies of one request
// with much around them.
const maxPaste = 256 << 10

// Run is the verb.
func (c *inspectCmd) Run(io *terminal) error {
	now, err := c.now(io)
	if err != nil {
		return err
	}
	site, err := c.site(io)
	if err != nil {
		return err
	}
	ring, err := c.ring(io, site)
	if err != nil {
		return err
	}
	text, err := c.text(io)
	if err != nil {
		return err
	}
	wanted := site.session.cookie.name
	if c.Salt != nil {
		wanted = *c.Salt
	}
	token, err := clean(text, wanted)
	if err != nil {
		return err
	}
	in := inspector{ring: ring, salt: c.Salt, cookie: cmp.Or(token.Cookie, site.session.cookie.name), now: now}
	found := in.look(token.Value)
	if token.Broken != nil {
		found.What, found.Cure = brokenWords(token.Broken)
	}
	if err := c.show(io, &found, now); err != nil {
		return err
	}
	if found.Err != nil {
		return errNo
	}
	return nil
}

// site is the configuration of a site of ours, if one was named.
func (c *inspectCmd) site(io *terminal) (config, error) {
	if c.Config == "" && c.Data == "" {
		return config{}, nil
	}
	return loadConfig(io, c.placeFlags)
}

func (c *inspectCmd) show(io *terminal, f *finding, now time.Time) error {
	if !c.JSON {
		return f.print(io.Out, now)
	}
	_, err := io.Out.Write(f.json())
	return err
}

// now is the moment to judge by, in the time zone of whoever asks.
func (c *inspectCmd) now(io *terminal) (time.Time, error) {
	now := io.Now()
	if c.At == nil {
		return now, nil
	}
	at := time.Unix(*c.At, 0).In(now.Location())
	if *c.At < -1<<36 || *c.At > 1<<37 {
		return at, &usageError{"inspect: --at is no moment of this age", "give Unix seconds, such as " + fmt.Sprint(now.Unix()) + " for now"}
	}
	return at, nil
}

// text is the token as it was pasted.
func (c *inspectCmd) text(from *terminal) (string, error) {
	if c.Token != "-" {
		return c.Token, nil
	}
	raw, err := io.ReadAll(io.LimitReader(from.In, maxPaste+1))
	if err != nil {
		return "", fmt.Errorf("inspect: read standard input: %w", err)
	}
	if len(raw) > maxPaste {
		return "", &usageError{"inspect: standard input holds more than a token", "send the value of one cookie, or one Cookie line"}
	}
	return string(raw), nil
}

// envSecrets are the variables that Auth.js takes secrets from, in its order: a higher
// number is newer (@auth/core@0.41.3 lib/utils/env, next-auth@4.24.15).
var envSecrets = []string{"AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1", "AUTH_SECRET", "NEXTAUTH_SECRET"}

// ring gathers the secrets to try. Their IDs are what the report calls them: the place on
// the command line, or where they were read.
func (c *inspectCmd) ring(io *terminal, site config) (seal.Ring, error) {
	list, err := c.secrets(io, site)
	if err != nil {
		return nil, err
	}
	var ring seal.Ring
	for _, s := range list {
		if slices.ContainsFunc(ring, func(k seal.Key) bool { return k.ID == s.from }) {
			continue // a file that was named twice
		}
		if n := len(s.text()); n < seal.MinSecret {
			return nil, &usageError{
				fmt.Sprintf("inspect: %s has %d bytes", secretName(s.from), n),
				fmt.Sprintf("secrets have %d and more; use the very text that the site has in AUTH_SECRET", seal.MinSecret),
			}
		}
		ring = append(ring, seal.Key{ID: s.from, Secret: []byte(s.text())})
	}
	return ring, nil
}

// secrets are those on the command line and of the place that was named, or else those of
// the environment.
func (c *inspectCmd) secrets(io *terminal, site config) ([]secret, error) {
	var list []secret
	for i, s := range c.Secret {
		list = append(list, newSecret(s, fmt.Sprint(i+1), ""))
	}
	for _, path := range c.SecretFile {
		some, err := readSecrets(path)
		if err != nil {
			return nil, &usageError{"inspect: --secret-file: " + err.Error(), missingFileCure(err, secretFileCure(err, path))}
		}
		list = append(list, some...)
	}
	if c.Config != "" || c.Data != "" {
		some, err := siteSecrets(site)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	if len(list) > 0 {
		return list, nil
	}
	for _, name := range envSecrets {
		if s := io.Env(name); s != "" {
			list = append(list, newSecret(s, name, ""))
		}
	}
	return list, nil
}

// siteSecrets are those of a site of ours, which are not made here if there are none.
func siteSecrets(site config) ([]secret, error) {
	list := site.secrets
	if len(list) == 0 {
		path := filepath.Join(site.data, secretFile)
		var err error
		if list, err = readSecrets(path); err != nil {
			return nil, &usageError{"inspect: " + err.Error(), "name the folder that `signet serve` keeps its data in: --data DIR"}
		}
	}
	return append(list, site.foreignSecrets()...), nil
}

func missingFileCure(err error, otherwise string) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "check its name"
	}
	return otherwise
}
