package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal/jwt"
)

// formats looks at what is read beside our own cookie, and who could forge it.
func (d *diagnosis) formats(c *config) {
	const check = "formats"
	if c.session.format == jwt.Format {
		d.warn(check, "`format: authjs`, unless another app has to read the cookie", "jwt is signed and not encrypted: whoever has a cookie can read what is in it")
	}
	var read []string
	for i, a := range c.session.accept {
		name := a.format
		if a.cookie != "" {
			name += " (" + a.cookie + ")"
		}
		if a.write {
			name += ", written as well"
		}
		read = append(read, name)
		for _, s := range a.secrets {
			d.foreignSecret(c, fmt.Sprintf("session.accept[%d]", i), a.format, s)
		}
	}
	if len(read) > 0 {
		d.ok(check, "also read: %s", strings.Join(read, "; "))
	}
}

// foreignSecret judges the secret of another app, which cannot be made better: it only has
// to be known what it costs.
func (d *diagnosis) foreignSecret(c *config, key, format string, s secret) {
	const check = "formats"
	if slices.ContainsFunc(c.secrets, func(own secret) bool { return own.text() == s.text() }) {
		d.warn(check, "`signet keys rotate`, and keep the new one from the other app", "%s: %s has a secret of ours: whoever has it there can make our cookies", s.from, key)
		return
	}
	if err := signet.CheckSecret(s.text()); err != nil && len(s.text()) >= minForeignSecret {
		d.warn(check, "remove the entry as soon as the move is over", "%s: the secret of %s is %v: whoever knows it comes in as anybody", s.from, format, err)
	}
}
