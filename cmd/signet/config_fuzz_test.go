package main

import (
	"strings"
	"testing"
	"time"
)

// FuzzConfig feeds the configuration what nobody would write. It must answer with a
// configuration or with problems that have a place, and soon.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(configTemplate))
	for _, seed := range []string{
		"", "a", "url: x", "session: {cookie: {name: x}}", "providers: [{type: credentials, sign_up: true}]", "a: &a [*a]",
		"? [x]\n: y", "<<: *x", "url: |\n  x\n", "url: >-\n  x\n", "- - - - a", "{[", "\x00", "\ufeffurl: x", "%YAML 1.1\n---\n", "a: !!binary x",
		"protect: [\"/((?!api).*)\"]", "session: {accept: [{format: authjs, secrets: [x]}]}", "store: sqlite:", "limits: {account_free: 0x10}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxConfig {
			return
		}
		c := config{file: "signet.yaml", home: "nothere", places: places{}}
		start := time.Now()
		problems := c.read(text)
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %v", took)
		}
		for _, p := range problems {
			if !strings.HasPrefix(p.where, "signet.yaml:") || p.what == "" || p.cure == "" {
				t.Errorf("a problem without place, words or cure: %q", p)
			}
			if len(p.String()) > 4096 {
				t.Errorf("a problem of %d bytes", len(p.String()))
			}
		}
		if len(problems) == 0 {
			c.check()
		}
	})
}
