package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
)

// keysCmd looks after the secrets. None of its verbs prints one that is in use.
type keysCmd struct {
	New    keysNewCmd    `cmd:"" help:"Print a fresh secret."`
	List   keysListCmd   `cmd:"" help:"List the secrets in use: where they stand, how good they are, what each does."`
	Rotate keysRotateCmd `cmd:"" help:"Put a fresh secret in front of the file in use, and drop those that nothing needs any more."`
}

// keysNewCmd prints a fresh secret.
type keysNewCmd struct{}

// Run is the verb. The secret alone goes to standard output, for files and variables.
func (c *keysNewCmd) Run(io *terminal) error {
	if _, err := fmt.Fprintln(io.Out, freshSecret()); err != nil {
		return err
	}
	_, err := fmt.Fprintln(io.Err, "Put it into AUTH_SECRET, or on top of the file that `secrets` names; older ones stay below it. "+
		"`signet keys rotate` does it for you where the secrets are in a file.")
	return err
}

// keysListCmd lists what is in use.
type keysListCmd struct {
	placeFlags
	outputFlags
}

// A listedKey is a secret as people and programs get it: everything but its text.
type listedKey struct {
	Format   string     `json:"format"` // own, or the format that is accepted
	ID       string     `json:"id"`
	Made     *time.Time `json:"made"`
	From     string     `json:"from"`
	Strength string     `json:"strength"` // ok, or why not

	Seals     bool       `json:"seals"`
	SealsFrom *time.Time `json:"seals_from,omitempty"`
	CanGo     *time.Time `json:"can_go,omitempty"` // from then on nothing needs it
}

// Run is the verb.
func (c *keysListCmd) Run(_ context.Context, io *terminal) error {
	site, err := loadConfig(io, c.placeFlags)
	if err != nil {
		return err
	}
	if err := site.findSecrets(); err != nil {
		return err
	}
	now := io.Now()
	keys := site.listKeys(now)
	if c.JSON {
		return writeJSON(io.Out, append([]listedKey{}, keys...))
	}
	if len(keys) == 0 {
		_, err := fmt.Fprintf(io.Out, "No secrets yet; `signet serve` makes one and keeps it in %s.\n", site.secretPath())
		return err
	}
	t := newTable(io.Out, "FORMAT", "ID", "MADE", "FROM", "STRENGTH", "WHAT IT DOES")
	for _, k := range keys {
		made := ""
		if k.Made != nil {
			made = shortTime(*k.Made, now)
		}
		t.add(k.Format, k.ID, made, k.From, k.Strength, k.does(now))
	}
	return t.flush()
}

// does says in words what a key is good for.
func (k listedKey) does(now time.Time) string {
	what := "opens"
	switch {
	case k.SealsFrom != nil:
		what += "; seals from " + k.SealsFrom.In(now.Location()).Format("15:04:05")
	case k.Seals:
		what = "seals"
	}
	switch {
	case k.CanGo == nil:
	case now.Before(*k.CanGo):
		what += "; can go on " + shortTime(*k.CanGo, now)
	default:
		what += "; can go since " + shortTime(*k.CanGo, now)
	}
	return what
}

// secretPath is the file that serve keeps its secrets in where nobody named others.
func (c *config) secretPath() string { return filepath.Join(c.data, secretFile) }

// findSecrets completes the secrets with those that serve made, and makes none.
func (c *config) findSecrets() error {
	if len(c.secrets) > 0 {
		return nil
	}
	list, err := readSecrets(c.secretPath())
	if err != nil && !isMissing(err) {
		return &configErrors{[]problem{{"", err.Error(), secretFileCure(err, c.secretPath())}}}
	}
	c.secrets = list
	return nil
}

// listKeys is what is known of all secrets: ours, and those of other apps.
func (c *config) listKeys(now time.Time) []listedKey {
	list := keysOf(c.secrets, now)
	goes := retirement(ringFrom(c.secrets), c.session.longest())
	for i := range list {
		list[i].Format = "own"
		if !goes[i].IsZero() && !list[i].Seals {
			list[i].CanGo = &goes[i]
		}
	}
	for _, a := range c.session.accept {
		for _, k := range keysOf(a.secrets, now) {
			if k.Format = a.format; a.cookie != "" {
				k.Format += " (" + a.cookie + ")"
			}
			if !a.write {
				k.Seals, k.SealsFrom = false, nil
			}
			list = append(list, k)
		}
	}
	return list
}

func keysOf(secrets []secret, now time.Time) []listedKey {
	ring := ringFrom(secrets)
	sealer, from := sealing(ring, now)
	var list []listedKey
	for i, k := range ring {
		l := listedKey{ID: k.ID, From: secrets[i].from, Strength: "ok", Seals: i == sealer}
		if err := signet.CheckSecret(string(k.Secret)); err != nil {
			l.Strength = err.Error()
		}
		if !k.Made.IsZero() {
			l.Made = &ring[i].Made
		}
		if i == 0 && sealer > 0 {
			l.SealsFrom = &from
		}
		list = append(list, l)
	}
	return list
}

// keyDelay is how long a new key opens only, see [signet.Auth.Rekey].
const keyDelay = time.Minute

// sealing tells which key of a ring seals, and from when on the first does.
func sealing(ring seal.Ring, now time.Time) (sealer int, from time.Time) {
	for i, k := range ring {
		if k.Made.IsZero() || !now.Before(k.Made.Add(keyDelay)) || k.Made.After(now.Add(keyDelay)) {
			return i, ring[0].Made.Add(keyDelay)
		}
	}
	return 0, time.Time{}
}

// retirement tells when each key of a ring can go: once the longest session that it can
// have sealed is over. Zero means that nobody knows, since nothing says since when a newer
// one seals.
func retirement(ring seal.Ring, longest time.Duration) []time.Time {
	goes := make([]time.Time, len(ring))
	var replaced time.Time // when the first of the newer ones began to seal
	for i, k := range ring {
		if !replaced.IsZero() {
			goes[i] = replaced.Add(longest)
		}
		if from := k.Made.Add(keyDelay); !k.Made.IsZero() && (replaced.IsZero() || from.Before(replaced)) {
			replaced = from
		}
	}
	return goes
}

// longest is how long a session can last at all.
func (s *sessionConfig) longest() time.Duration {
	if s.absolute > 0 {
		return s.absolute
	}
	return max(signet.DefaultAbsolute, s.maxAge)
}
