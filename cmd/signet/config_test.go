package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// longSecret is fit for serve, and so is another.
const (
	longSecret    = "p0Y7x1uUqH3mVbK9zT5cW2eR8aL4dJ6gN"
	anotherSecret = "Z4kQ8sN2vB6xM1cT7yR3wE9uJ5hG0fDaP"
)

// inFolder puts files into a folder of their own and works there.
func inFolder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// load reads signet.yaml of this folder.
func load(t *testing.T, env ...string) (config, error) {
	t.Helper()
	return loadConfig(&terminal{Env: environment(env...), Now: time.Now}, placeFlags{})
}

func TestConfigProblems(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"a key with a letter missing", "url: http://localhost:3000\nlisten: 127.0.0.1:3000\nsesion:\n  max_age: 1d\n",
			`signet.yaml:3:1: unknown key "sesion"; did you mean "session"?`},
		{"a nested key with letters swapped", "session:\n  cookie:\n    naem: x\n", `signet.yaml:3:5: unknown key "naem"; did you mean "name"?`},
		{"a key of another section", "max_age: 1d\n", `signet.yaml:1:1: unknown key "max_age"; it belongs under "session"`},
		{"a key of the top in a section", "session:\n  protect: []\n", `signet.yaml:2:3: unknown key "protect"; it belongs under "the top level"`},
		{"a key like no other", "log:\n  colour_scheme: x\n", `signet.yaml:2:3: unknown key "colour_scheme"; known here: level, format, requests`},
		{"a key twice", "url: http://a.test\nsite: x\nurl: http://b.test\n", `signet.yaml:3:1: key "url" is there twice, first in line 1; remove one of them`},
		{"a key twice in braces", "log: {level: info, level: warn}\n", `signet.yaml:1:20: key "level" is there twice, first in line 1; remove one of them`},
		{"a duration without unit", "session:\n  max_age: 30\n", `signet.yaml:2:12: session.max_age: "30" has no unit; write it as 10s, 15m, 12h or 30d`},
		{"a duration in words", "drain: 30 days\n", `signet.yaml:1:8: drain: "30 days" is no duration; write it as 10s, 15m, 12h or 30d`},
		{"a duration of nothing", "session: {max_age: 0}\n", `signet.yaml:1:20: session.max_age: has to be longer than 0; write it as 10s, 15m, 12h or 30d`},
		{"a negative duration", "session: {update_age: -1s}\n", `signet.yaml:1:23: session.update_age: "-1s" is no duration; write it as 10s, 15m, 12h or 30d`},
		{"a duration that overflows", "session: {absolute: 99999999999999999999d}\n", `signet.yaml:1:21: session.absolute: "99999999999999999999d" is longer than a hundred years; write it as 10s, 15m, 12h or 30d`},
		{"an idle limit beyond the absolute one", "session:\n  max_age: 30d\n  absolute: 7d\n", `signet.yaml:3:13: session.absolute is shorter than max_age; make it as long as any session may last at all`},
		{"a renewal later than the end", "session: {max_age: 1h, update_age: 2h}\n", `signet.yaml:1:36: session.update_age is not shorter than max_age; leave it out, or make it a small part of max_age`},
		{"a word that is not in the list", "session: {strategy: databse}\n", `signet.yaml:1:21: session.strategy: "databse" is not known; did you mean "database"?`},
		{"a text where a list is needed", "protect: /userposts\n", "signet.yaml:1:10: protect: has to be a list, not a single value; write it as [\"…\", \"…\"], or below it with a dash before each"},
		{"a list where a text is needed", "url: [a]\n", "signet.yaml:1:6: url: has to be a single value, not a list; write one text"},
		{"a text where a section is needed", "session: jwt\n", "signet.yaml:1:10: session: has to be a group of settings, not a single value; write them below it, each as `key: value`"},
		{"a section where a text is needed", "listen:\n  port: 3000\n", "signet.yaml:2:3: listen: has to be a single value, not a group of settings; write it as 127.0.0.1:3000"},
		{"no value", "url:\n", "signet.yaml:1:6: url: has no value; write one, or remove the line"},
		{"yes instead of true", "trust_host: yes\n", `signet.yaml:1:13: trust_host: "yes" is neither true nor false; write true or false`},
		{"a port alone", "listen: 3000\n", `signet.yaml:1:9: listen: "3000" is no address with a port; write it as 127.0.0.1:3000`},
		{"a port too large", "listen: 127.0.0.1:70000\n", `signet.yaml:1:9: listen: "127.0.0.1:70000" has no port between 0 and 65535; write it as 127.0.0.1:3000`},
		{"a host name to listen on", "listen: example.com:3000\n", `signet.yaml:1:9: listen: "example.com:3000" has no IP address in front; write it as 127.0.0.1:3000`},
		{"a pattern without end", "protect: [\"/a\", \"/a/:b(\"]\n", "signet.yaml:1:17: protect[1]: pattern \"/a/:b(\" at 5: the group is not closed; `signet match` tries patterns"},
		{"a page on another site", "pages: {sign_in: //evil.test}\n", `signet.yaml:1:18: pages.sign_in: "//evil.test" is no path of this site; write it as /login`},
		{"a count that is none", "limits: {account_free: many}\n", `signet.yaml:1:24: limits.account_free: "many" is no such number; write a whole number from 1 to 1000000000`},
		{"a provider without type", "providers:\n  - id: x\n", "signet.yaml:2:5: providers[0]: has no type; add `type: credentials`, or another"},
		{"two providers of one id", "providers:\n  - type: credentials\n  - type: credentials\n", "signet.yaml:3:5: a second provider with the id \"credentials\"; give it an `id` of its own"},
		{"a list of no secrets", "secrets: []\n", "signet.yaml:1:10: secrets: the list is empty; add one, or remove the key: `signet serve` then makes one and keeps it in the data folder"},
		{"a file of secrets that is not there", "secrets: [{file: nothere}]\n", "signet.yaml:1:11: secrets[0]: open nothere: no such file or directory; write one secret on each line, newest first; `openssl rand -base64 33` makes one"},
		{"a variable that is not set", "secrets: [{env: NOT_SET}]\n", "environment: NOT_SET is not set; set it to the secret, or change `secrets`"},
		{"both file and variable", "secrets: [{env: A, file: b}]\n", "signet.yaml:1:11: secrets[0]: says neither file nor env, or both; write {file: name} or {env: NAME}"},

		{"Redis is later", "redis: redis://localhost\n", "signet.yaml:1:8: redis: not in this version yet; remove it; the database keeps everything until then"},
		{"PostgreSQL is later", "store: postgres://u:hunter2@db/x\n", "signet.yaml:1:8: store: PostgreSQL is not in this version yet; use sqlite:signet.db until then"},
		{"other providers are later, with all their keys", "providers:\n  - type: passkey\n    attachment: platform\n", `signet.yaml:2:11: providers[0].type: "passkey" is not in this version yet; remove the entry until then`},

		{"no YAML", "url: 'x\n", "signet.yaml:1:6: not valid YAML: could not find end character of single-quoted text; check indentation, quotes and colons around here"},
		{"a tab for indentation", "session:\n\tmax_age: 1d\n", "signet.yaml:2:1: not valid YAML: found character '\\t' that cannot start any token; check indentation, quotes and colons around here"},
		{"a list at the top", "- url\n", "signet.yaml:1:1: not a list of settings; write each as `key: value`"},
		{"an alias", "url: &x http://a.test\nsite: *x\n", "signet.yaml:1:6: url: has to be a single value, not an anchor or alias; write one text\nsignet.yaml:2:7: site: has to be a single value, not an anchor or alias; write one text"},
		{"a merge key", "<<: {url: x}\n", "signet.yaml:1:1: a key of this kind is not taken; write plain keys, without ?, <<, & or *"},
		{"two documents", "url: http://a.test\n---\nsite: x\n", "signet.yaml:3:5: a second document; keep everything in one, without ---"},
		{"not text", "url: \xff\xfe\n", "signet.yaml:1:1: not UTF-8 text; save the file as UTF-8"},
		{"brackets without end", strings.Repeat("[", 1000), "signet.yaml:1:1: nested too deeply; a configuration has a few levels only"},
		{"lines without end", strings.Repeat("a:\n", 5000), "signet.yaml:4000:1: more than 4000 lines; a configuration has a few hundred at most"},
		{"several at once, in their order", "sesion: x\nurl: [x]\nlisten: 1\n",
			"signet.yaml:1:1: unknown key \"sesion\"; did you mean \"session\"?\n" +
				"signet.yaml:2:6: url: has to be a single value, not a list; write one text\n" +
				"signet.yaml:3:9: listen: \"1\" is no address with a port; write it as 127.0.0.1:3000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": c.yaml})
			_, err := load(t)
			if err == nil {
				t.Fatal("taken without a word")
			}
			if got := err.Error(); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestConfigProblemsAreBounded(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": manyKeys(500)})
	_, err := load(t)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != shown+1 || lines[shown] != "… and 480 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "quite_unknown_%d: x\n", i)
	}
	return b.String()
}

func TestConfigProblemsOfPackageSignetHaveAPlace(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"a URL of no scheme", "site: x\nurl: app.example.com\n", "signet.yaml:2:6: url: "},
		{"a base path with a blank", "base_path: /a b\n", "signet.yaml:1:12: base_path: "},
		{"an origin with a path", "trusted_origins: [\"https://a.test\", \"https://b.test/x\"]\n", "signet.yaml:1:37: trusted_origins[1]: "},
		{"a proxy that is no network", "trusted_proxies:\n  - nobody\n", "signet.yaml:2:3: trusted_proxies: "},
		{"an id that cannot be in a URL", "providers:\n  - type: credentials\n    id: a/b\n", "signet.yaml:2:5: providers[0]: "},
		{"a cookie that no browser takes", "session:\n  cookie: {name: __Host-x, domain: example.com}\n", "signet.yaml:2:11: session.cookie: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": c.yaml})
			var out, errs strings.Builder
			at := &terminal{Out: &out, Err: &errs, Env: environment(), Now: time.Now}
			if got := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0"}, at); got != exitUsage {
				t.Errorf("exit status %d, want %d", got, exitUsage)
			}
			if !strings.HasPrefix(errs.String(), c.want) || !strings.Contains(errs.String(), "; ") {
				t.Errorf("serve said %q, want %q with a cure", errs.String(), c.want)
			}
		})
	}
}

// The template is what people start from, so it has to say everything, and every line of
// it that is switched on has to be right.
func TestTemplate(t *testing.T) {
	text := strings.Replace(configTemplate, "{{secret}}", "signet-data/secret", 1)
	switchedOn := regexp.MustCompile(`(?m)^( *)#(\S)`).ReplaceAllString(text, "$1$2")

	t.Run("as it is", func(t *testing.T) {
		inFolder(t, map[string]string{"signet.yaml": text})
		if err := makeSecret("signet-data/secret", time.Now()); err != nil {
			t.Fatal(err)
		}
		c, err := load(t)
		if err != nil {
			t.Fatal(err)
		}
		if c.signUpOpen() {
			t.Error("visitors may open accounts without being asked for")
		}
	})
	t.Run("with everything switched on", func(t *testing.T) {
		inFolder(t, map[string]string{"signet.yaml": switchedOn, "corp-secret": "of corp\n", "new.pem": anotherSecret, "old.pem": longSecret})
		if err := makeSecret("signet-data/secret", time.Now()); err != nil {
			t.Fatal(err)
		}
		c, err := load(t, "OLD_SECRET", anotherSecret, "KAKAO_SECRET", "of kakao", "SMTP_PASSWORD", "of smtp")
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range allKeys(&c) {
			if key == "session.algorithm" { // would not go with the format
				if !strings.Contains(text, "`algorithm: HS256`") {
					t.Error("the template does not mention session.algorithm")
				}
				continue
			}
			if !c.places.set(key) {
				t.Errorf("the template does not show %s", key)
			}
		}
	})
}

// allKeys lists the settings of this version.
func allKeys(c *config) []string {
	var list []string
	add := func(prefix string, keys []key) {
		for _, k := range keys {
			if k.name != "redis" {
				list = append(list, prefix+k.name)
			}
		}
	}
	add("", c.keys())
	add("session.", c.session.keys())
	add("session.cookie.", c.session.cookie.keys())
	add("pages.", c.pageKeys())
	add("limits.", c.limitKeys())
	add("log.", c.log.keys())
	add("mail.", (&mailConfig{}).keys())
	add("providers[0].", (&providerConfig{kind: kindCredentials}).keys())
	return list
}

func TestConfigValues(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": `
url: https://app.example.com/auth
session:
  strategy: database
  max_age: 1d12h
  update_age: 0
  accept: []
  expose: {accessToken: backend.access_token, user.id: sub}
protect: ["/a/:path*", /b]
providers: []
trusted_proxies: [10.0.0.0/8]
`})
	c, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	s := c.session.make()
	switch {
	case c.base() != "/auth":
		t.Errorf("base path %q", c.base())
	case s.MaxAge != 36*time.Hour:
		t.Errorf("max_age %v", s.MaxAge)
	case s.UpdateAge == nil || *s.UpdateAge != 0:
		t.Errorf("update_age %v", s.UpdateAge)
	case s.Accept == nil || len(s.Accept) != 0:
		t.Errorf("accept %v: an empty list means none, not the default", s.Accept)
	case s.Expose["user.id"] != "sub" || len(s.Expose) != 2:
		t.Errorf("expose %v", s.Expose)
	case !reflect.DeepEqual(c.protect, []string{"/a/:path*", "/b"}):
		t.Errorf("protect %v", c.protect)
	}
	if c.chooseProviders(false); len(c.providers) != 0 {
		t.Errorf("providers %v: an empty list means none", c.providers)
	}
}

func TestEnvironment(t *testing.T) {
	secretsOf := func(c config) []string { return texts(c.secrets) }
	for _, c := range []struct {
		name, yaml string
		env        []string
		want       any
		got        func(config) any
	}{
		{"the highest number seals", "", []string{"AUTH_SECRET", "zero", "AUTH_SECRET_1", "one", "AUTH_SECRET_3", "three"},
			[]string{"three", "one", "zero"}, func(c config) any { return secretsOf(c) }},
		{"the name of v4 where there is no other", "", []string{"NEXTAUTH_SECRET", "old"}, []string{"old"}, func(c config) any { return secretsOf(c) }},
		{"the name of v4 gives way", "", []string{"NEXTAUTH_SECRET", "old", "AUTH_SECRET", "new"}, []string{"new"}, func(c config) any { return secretsOf(c) }},
		{"the file wins over the environment", "secrets: [filed]\nurl: http://file.test\ntrust_host: false\n",
			[]string{"AUTH_SECRET", "env", "AUTH_URL", "http://env.test", "AUTH_TRUST_HOST", "1"},
			"[filed] http://file.test false", func(c config) any { return fmt.Sprint(secretsOf(c), " ", c.url, " ", c.trusting()) }},
		{"a secret from a variable of one's own", "secrets: [{env: MINE}]\n", []string{"MINE", "mine"}, []string{"mine"}, func(c config) any { return secretsOf(c) }},
		{"the URL, with the path for the base", "", []string{"AUTH_URL", "https://a.test/auth"}, "/auth", func(c config) any { return c.base() }},
		{"a URL without a path", "", []string{"AUTH_URL", "https://a.test"}, "/api/auth", func(c config) any { return c.base() }},
		{"the URL of v4", "", []string{"NEXTAUTH_URL", "https://old.test"}, "https://old.test", func(c config) any { return c.url }},
		{"the URL of v4 gives way", "", []string{"NEXTAUTH_URL", "https://old.test", "AUTH_URL", "https://new.test"}, "https://new.test", func(c config) any { return c.url }},
		{"trust", "", []string{"AUTH_TRUST_HOST", "true"}, true, func(c config) any { return c.trusting() }},
		{"false is false", "", []string{"AUTH_TRUST_HOST", "false"}, false, func(c config) any { return c.trusting() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{}
			if c.yaml != "" {
				files["signet.yaml"] = c.yaml
			}
			inFolder(t, files)
			config, err := load(t, c.env...)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.got(config); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	inFolder(t, nil)
	if _, err := load(t, "AUTH_TRUST_HOST", "perhaps"); err == nil || !strings.Contains(err.Error(), "AUTH_TRUST_HOST") {
		t.Errorf("AUTH_TRUST_HOST=perhaps: %v", err)
	}
}

// A command line that is typed elsewhere must find the database of the server.
func TestDataIsBesideTheConfiguration(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "signet.yaml")
	if err := os.WriteFile(file, []byte("store: sqlite:users.db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		at   placeFlags
		want string
	}{
		{"configuration elsewhere", placeFlags{Config: file}, filepath.Join(folder, "signet-data", "users.db")},
		{"data named", placeFlags{Config: file, Data: "there"}, filepath.Join("there", "users.db")},
		{"nothing at all", placeFlags{}, filepath.Join("signet-data", "signet.db")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			got, err := loadConfig(&terminal{Env: environment(), Now: time.Now}, c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got.database != c.want {
				t.Errorf("database %s, want %s", got.database, c.want)
			}
		})
	}
}

func TestMissingConfiguration(t *testing.T) {
	inFolder(t, nil)
	_, err := loadConfig(&terminal{Env: environment()}, placeFlags{Config: "nothere.yaml"})
	if want := "there is no file nothere.yaml; write one with `signet init`, or name another with --config"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "10s": 10 * time.Second, "15m": 15 * time.Minute, "12h": 12 * time.Hour,
		"30d": 720 * time.Hour, "1d12h": 36 * time.Hour, "36500d": longest,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "1", "1.5h", "1 d", "-1s", "+1s", "1ms", "1w", "1d12", "36501d", "9223372036854775808s", "36500d1s", "1D", "１d"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q taken as %v", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"session", "secrets", "site", "store", "url"}
	for word, want := range map[string]string{
		"sesion": "session", "sessions": "session", "Session": "session", "secret": "secrets", "urls": "url", "ulr": "url",
		"completely": "", "x": "", "": "", strings.Repeat("session", 50): "",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("%.20q: %q, want %q", word, got, want)
		}
	}
}

func TestKeysHaveOneName(t *testing.T) {
	var c config
	keys := allKeys(&c)
	slices.Sort(keys)
	if once := slices.Compact(slices.Clone(keys)); len(once) != len(keys) {
		t.Errorf("a key is there twice: %v", keys)
	}
}

// modeOf is for tests about files that others can read.
func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// One mistake in the cookies shows in each of them, and is told once.
func TestWhatIsSaidTwiceIsToldOnce(t *testing.T) {
	for said, want := range map[string]string{
		"cookie: no\ncookie: no":             "no",
		"cookie: no\ncookie: never\n":        "no, and never",
		"a sentence about cookie: and so on": "a sentence about cookie: and so on",
	} {
		if got := oneLine(said); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", said, got, want)
		}
	}
}
