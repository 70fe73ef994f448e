package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

// inspectCmd looks into a token, offline.
type inspectCmd struct {
	Token string `arg:"" help:"The token; or a whole Cookie, Set-Cookie or Authorization line; or - to read either from standard input. Quotes, line breaks, percent-encoding and Bearer are taken off, but not with --json, which judges the token byte for byte."`
	secretFlags
	KeyFile []string `sep:"none" placeholder:"FILE" help:"Public key in PEM, or a JWK or JWK Set, for signed tokens; may be repeated."`
	Salt    *string  `placeholder:"COOKIE" help:"Full name of the cookie that it was sealed for, prefix included; \"\" for a session of next-auth 4. Without it the usual names are tried."`
	At      *int64   `placeholder:"UNIX" help:"Judge it as of this moment, in Unix seconds."`
	placeFlags
	outputFlags
}

// maxPaste bounds what is read from standard input, in bytes: the cookies of one request
// with much around them.
const maxPaste = 256 << 10

// Run is the verb.
func (c *inspectCmd) Run(io *terminal) error {
	now, err := moment("inspect", c.At, io.Now())
	if err != nil {
		return err
	}
	site, err := c.site(io)
	if err != nil {
		return err
	}
	in := inspector{salt: c.Salt, now: now}
	if in.ring, err = c.ring(io, site); err != nil {
		return err
	}
	if in.sets, err = readKeyFiles(c.KeyFile); err != nil {
		return err
	}
	token, err := c.token(io, site)
	if err != nil {
		return err
	}
	in.cookie = cmp.Or(token.Cookie, site.session.cookie.name)
	found := in.look(token.Value)
	if token.Wrapped {
		found.Facts = append(found.Facts, fact{"pasted", "with something around it (quotes, line breaks, Bearer, percent-encoding), which was taken off: a server wants the bare value"})
	}
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

// moment is the time that --at names, or else now, in the time zone of whoever asks.
func moment(verb string, at *int64, now time.Time) (time.Time, error) {
	if at == nil {
		return now, nil
	}
	if *at < -1<<36 || *at > 1<<37 {
		return now, &usageError{verb + ": --at is no moment of this age", "give Unix seconds, such as " + fmt.Sprint(now.Unix()) + " for now"}
	}
	return time.Unix(*at, 0).In(now.Location()), nil
}

// ring gathers the secrets to try.
func (c *inspectCmd) ring(io *terminal, site config) (seal.Ring, error) {
	list, err := c.typed("inspect")
	if err != nil {
		return nil, err
	}
	if c.Config != "" || c.Data != "" {
		some, err := siteSecrets(site)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	if len(list) == 0 {
		list = fromEnvironment(io)
	}
	return ringOf("inspect", list)
}

// token is what was pasted, taken out of what is around it. Programs have no clipboard:
// for them a token is what they say, byte for byte.
func (c *inspectCmd) token(io *terminal, site config) (pasted, error) {
	text, err := c.text(io)
	if err != nil {
		return pasted{}, err
	}
	wanted := site.session.cookie.name
	if c.Salt != nil {
		wanted = *c.Salt
	}
	if c.JSON {
		return exactly(text, wanted)
	}
	return clean(text, wanted)
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
	if c.JSON {
		// A line that a shell sends has an end, which is not part of the token.
		raw = bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
	}
	return string(raw), nil
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
	taken := map[string]bool{}
	if site.session.format == iron.Format {
		list = placed(list, taken)
	}
	for _, a := range site.session.accept {
		if a.format == iron.Format {
			a.secrets = placed(a.secrets, taken)
		}
		list = append(list, a.secrets...)
	}
	return list, nil
}

// placed adds to the places of passwords the numbers that the site gives them, which decide
// what opens a seal of iron-session.
func placed(list []secret, taken map[string]bool) []secret {
	list = slices.Clone(list)
	for i, k := range ringFrom(list) {
		if !taken[k.ID] {
			list[i].from += placedMark + k.ID + ")"
			taken[k.ID] = true
		}
	}
	return list
}

func missingFileCure(err error, otherwise string) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "check its name"
	}
	return otherwise
}
