package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// initCmd is `signet init`.
type initCmd struct{ placeFlags }

//go:embed template/signet.yaml
var configTemplate string

// Run writes a configuration and a secret, and overwrites neither.
func (c *initCmd) Run(_ context.Context, io *terminal) error {
	file := c.Config
	if file == "" {
		file = defaultConfig
	}
	data := c.Data
	if data == "" {
		data = filepath.Join(filepath.Dir(file), defaultData)
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("init: %s is there already and stays as it is; remove it first, or write another with --config", file)
	}
	path := filepath.Join(data, secretFile)
	err := makeSecret(path, io.Now())
	kept := errors.Is(err, fs.ErrExist)
	if err != nil && !kept {
		return fmt.Errorf("init: secret: %w", err)
	}
	if err := writeConfig(file, path); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	fmt.Fprintf(io.Out, "%s  the configuration, with every key explained\n", file)
	switch {
	case kept:
		fmt.Fprintf(io.Out, "%s  was there already and is used on\n", path)
	default:
		fmt.Fprintf(io.Out, "%s  a fresh secret, for your eyes only: keep it out of version control\n", path)
	}
	c.next(io)
	return nil
}

// next prints what to do with it, with the flags that find it again.
func (c *initCmd) next(io *terminal) {
	flags := ""
	for _, f := range [][2]string{{"--config", c.Config}, {"--data", c.Data}} {
		if f[1] != "" {
			flags += " " + f[0] + " " + typedAs(f[1])
		}
	}
	fmt.Fprintf(io.Out, `
Next:
  signet user add you@example.com%[1]s
  signet serve%[1]s
  signet doctor%[1]s
`, flags)
}

// writeConfig writes the template. The path of the secret is counted from the folder of
// the file, so that both can be moved together.
func writeConfig(file, secret string) error {
	from, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return err
	}
	to, err := filepath.Abs(secret)
	if err != nil {
		return err
	}
	if near, err := filepath.Rel(from, to); err == nil && !strings.HasPrefix(near, "..") {
		to = near
	}
	text := strings.Replace(configTemplate, "{{secret}}", plainOrQuoted(filepath.ToSlash(to)), 1)
	if err := os.MkdirAll(from, 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// plainOrQuoted writes s as it is where that is safe, and else in single quotes, as YAML
// has them.
func plainOrQuoted(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// typedAs is how a word is typed in a shell.
func typedAs(s string) string {
	if plainOrQuoted(s) == s {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
