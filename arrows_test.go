package signet_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/signet-auth/signet"

// arrows is the plan of the house: which folder may import which. "" is the root package,
// a key that ends in /* stands for every folder below. A new line here comes with a note in
// docs/decisions.
var arrows = map[string][]string{
	"":                     {"bearer", "cookie", "match", "pages", "password", "seal", "seal/authjs", "seal/jwt", "token"},
	"bearer":               {"seal", "seal/jwt"},
	"gateway":              {"", "cookie", "match", "token"},
	"seal":                 {},
	"seal/*":               {"seal"},
	"cookie":               {},
	"match":                {},
	"pages":                {},
	"password":             {},
	"server":               {},
	"session":              {"cookie", "seal"},
	"token":                {},
	"provider/credentials": {"", "password"},
	"provider/oauth2":      {"", "seal"},
	"provider/oidc":        {"", "provider/oauth2", "seal", "seal/jwt"},
	"provider/social":      {"", "provider/oauth2", "provider/oidc", "seal", "seal/jwt"},
	"provider/backend":     {"", "seal"},
	"provider/email":       {"", "pages"},
	"provider/*":           {""},
	"store/*":              {"", "token"},
	"signettest":           {""},
	"cmd/signet": {
		"", "bearer", "cookie", "gateway", "match", "pages", "password", "provider/backend", "provider/credentials",
		"provider/email", "provider/oauth2", "provider/oidc", "provider/social", "seal", "seal/authjs",
		"seal/iron", "seal/jwt", "seal/lucia", "server", "store/memory", "store/sqlite",
	},
}

// plan returns the line of the plan for a folder: the exact one, or the one of its parent.
func plan(dir string) ([]string, bool) {
	if allowed, ok := arrows[dir]; ok {
		return allowed, true
	}
	allowed, ok := arrows[path.Dir(dir)+"/*"]
	return allowed, ok
}

// TestArrows walks the tree and parses imports itself: with `go list` a forbidden import
// would still read "ok (cached)", while files that a test opens are part of its cache key.
func TestArrows(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipFolder(file)
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		seen++
		return checkArrows(t, filepath.ToSlash(file))
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Errorf("only %d files walked: is this the root of the module?", seen)
	}
}

// skipFolder leaves out folders that are not of this module.
func skipFolder(dir string) error {
	name := filepath.Base(dir)
	if name != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || name == "tools" || name == "bench") {
		return filepath.SkipDir
	}
	return nil
}

func checkArrows(t *testing.T, file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	dir := path.Dir(file)
	if dir == "." {
		dir = ""
	}
	for _, spec := range parsed.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		rest, ours := strings.CutPrefix(imported, modulePath)
		if !ours {
			continue
		}
		to := strings.TrimPrefix(rest, "/")
		allowed, known := plan(dir)
		if !known {
			t.Errorf("%s: the folder %q is not in the plan", file, dir)
			continue
		}
		if !slices.Contains(allowed, to) {
			t.Errorf("%s: %q must not import %q", file, dir, to)
		}
	}
	return nil
}
