package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal/jwt"
)

// keysRotateCmd changes the file that the newest secret stands in. A running server notices
// by itself.
type keysRotateCmd struct {
	Retire string `placeholder:"ID" help:"Add none, but drop this one at once: it has leaked. Everybody whose cookie it sealed signs in again."`
	Force  bool   `help:"Also within a minute of the last time; the new key may then seal before every process knows it."`
	placeFlags
	outputFlags
}

// A rotation is what was done, for programs.
type rotation struct {
	File      string     `json:"file"`
	Added     string     `json:"added,omitempty"`
	SealsFrom *time.Time `json:"seals_from,omitempty"`
	Retired   []string   `json:"retired"`
}

// Run is the verb.
func (c *keysRotateCmd) Run(_ context.Context, io *terminal) error {
	site, err := loadConfig(io, c.placeFlags)
	if err != nil {
		return err
	}
	if err := site.findSecrets(); err != nil {
		return err
	}
	if problems := sameIDs(site.secrets); len(problems) > 0 {
		return &configErrors{problems}
	}
	if len(site.secrets) == 0 {
		return fmt.Errorf("keys rotate: there is no secret yet; `signet serve` makes one and keeps it in %s", site.secretPath())
	}
	if c.Retire != "" {
		err = c.retire(io, &site)
	} else {
		err = c.rotate(io, &site)
	}
	if err != nil {
		return fmt.Errorf("keys rotate: %w", err)
	}
	return nil
}

// numbered gives every secret of the site the ID that it goes by.
func (c *config) numbered() []secret {
	list := slices.Clone(c.secrets)
	for i, k := range ringFrom(list) {
		list[i].id = k.ID
	}
	return list
}

// rotate puts a fresh secret in front.
func (c *keysRotateCmd) rotate(io *terminal, site *config) error {
	all, now := site.numbered(), io.Now()
	f, err := site.openKeyFile(all[0])
	if err != nil {
		return err
	}
	if age := now.Sub(all[0].made); age >= 0 && age < keyDelay && !c.Force {
		return fmt.Errorf("key %s is %s old; wait until it is a minute old and known to every process, or add --force", all[0].id, span(int64(age.Seconds())))
	}
	if len(all) >= 4 && site.signsTokens() {
		return fmt.Errorf("signed tokens do not say which key signed them, so there can be four, and there are %d; drop the oldest with --retire %s", len(all), all[len(all)-1].id)
	}
	fresh := newSecret(freshSecret(), "", f.path)
	fresh.id, fresh.made = nextID(all), now.UTC().Truncate(time.Second)

	goes := retirement(ringFrom(append([]secret{fresh}, all...)), site.session.longest())[1:]
	done := rotation{File: f.path, Added: fresh.id, Retired: []string{}}
	kept, notes := []secret{fresh}, []string(nil)
	for i, s := range all {
		over := i > 0 && !goes[i].IsZero() && !now.Before(goes[i])
		switch {
		case s.file != f.path && over:
			notes = append(notes, fmt.Sprintf("Key %s can go as well: remove it at %s.", s.id, s.from))
		case s.file != f.path:
		case over:
			done.Retired = append(done.Retired, s.id)
			notes = append(notes, fmt.Sprintf("Key %s is gone: what it sealed was over on %s at the latest.", s.id, shortTime(goes[i], now)))
		default:
			kept = append(kept, s)
		}
	}
	if err := f.replace(kept); err != nil {
		return err
	}
	said := fmt.Sprintf("Key %s is in front of %s. ", fresh.id, f.path)
	if sealer, from := sealing(ringFrom(append([]secret{fresh}, all...)), now); sealer > 0 {
		done.SealsFrom = &from
		said += fmt.Sprintf("It opens now and seals from %s on; key %s seals until then.", from.In(now.Location()).Format("15:04:05"), all[sealer-1].id)
	} else {
		said += "It seals now."
	}
	return c.print(io, done, "%s\n", strings.Join(append([]string{said}, append(notes, noticed)...), "\n"))
}

const noticed = "A running server notices within a few seconds."

// retire drops one secret.
func (c *keysRotateCmd) retire(io *terminal, site *config) error {
	all := site.numbered()
	at := slices.IndexFunc(all, func(s secret) bool { return s.id == c.Retire })
	if at < 0 {
		return fmt.Errorf("there is no key %s; `signet keys list` shows all", quoted(c.Retire))
	}
	if len(all) == 1 {
		return fmt.Errorf("key %s is the only one; add another with `signet keys rotate` first", all[at].id)
	}
	f, err := site.openKeyFile(all[at])
	if err != nil {
		return err
	}
	var kept []secret
	for i, s := range all {
		if s.file == f.path && i != at {
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 {
		return fmt.Errorf("key %s is the only one in %s; remove the entry from `secrets` in %s", all[at].id, f.path, site.file)
	}
	if err := f.replace(kept); err != nil {
		return err
	}
	return c.print(io, rotation{File: f.path, Retired: []string{all[at].id}},
		"Key %s is gone from %s: what it sealed opens no more.\n%s\n", all[at].id, f.path, noticed)
}

// nextID is one more than the highest number.
func nextID(list []secret) string {
	highest := 0
	for _, s := range list {
		if n, err := strconv.Atoi(s.id); err == nil {
			highest = max(highest, n)
		}
	}
	return strconv.Itoa(highest + 1)
}

// signsTokens tells whether our secrets sign tokens that name no key.
func (c *config) signsTokens() bool {
	return c.session.format == jwt.Format || slices.ContainsFunc(c.session.accept, func(a acceptConfig) bool {
		return a.format == jwt.Format && len(a.secrets) == 0
	})
}

// A secretsFile is a file of secrets that is to be replaced.
type secretsFile struct {
	path string
	was  []byte
}

// openKeyFile is the file that s stands in. Where it stands elsewhere, the error says what
// to edit.
func (c *config) openKeyFile(s secret) (*secretsFile, error) {
	switch name, env := strings.CutPrefix(s.from, "environment: "); {
	case env && c.places.set("secrets"):
		return nil, fmt.Errorf("the newest secret is in the variable %s, which only you can change: "+
			"set another variable to what `signet keys new` prints, put {env: ITS_NAME} in front of `secrets` in %s, and restart", name, c.file)
	case env:
		return nil, fmt.Errorf("the secret is in the variable %s, which only you can change: "+
			"set AUTH_SECRET_1 to what `signet keys new` prints (AUTH_SECRET_2 if there is a 1 already), leave the old one as it is, and restart", name)
	case s.file == c.file:
		return nil, fmt.Errorf("the secret stands at %s, among settings: "+
			"put what `signet keys new` prints in front of it, or move the secrets into a file of their own, {file: NAME}, which this verb can change", s.from)
	}
	was, err := os.ReadFile(s.file)
	if err != nil {
		return nil, err
	}
	list, err := readSecrets(s.file)
	if err != nil {
		return nil, err
	}
	if len(list) == 1 && list[0].id == "" && slices.ContainsFunc(c.secrets, func(o secret) bool { return o.file == s.file && o.id != "" }) {
		return nil, fmt.Errorf("%s has its id in %s: write it into the file, as `id=%s SECRET`, and remove it there", s.file, c.file, s.id)
	}
	return &secretsFile{s.file, was}, nil
}

// replace writes the file anew, whole or not at all, with owner and mode as they were.
func (f *secretsFile) replace(list []secret) error {
	var text strings.Builder
	for _, s := range list {
		text.WriteString(s.line() + "\n")
	}
	if text.Len() > maxSecretFile {
		return fmt.Errorf("%s would be larger than %d KiB", f.path, maxSecretFile>>10)
	}
	path, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(fresh.Name())
	_, err = fresh.WriteString(text.String())
	err = errors.Join(err, keepOwner(fresh, info), fresh.Chmod(info.Mode().Perm()), fresh.Sync(), fresh.Close())
	if err != nil {
		return err
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, f.was) {
		return errors.Join(fmt.Errorf("%s has been changed by somebody else at the same time; try again", f.path), err)
	}
	if err := os.Rename(fresh.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
