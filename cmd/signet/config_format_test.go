package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/jwt"
)

func TestFormatProblems(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"a format that nobody knows", "session: {format: irom}\n", `signet.yaml:1:19: session.format: "irom" is not known; did you mean "iron"?`},
		{"a format that cannot be written", "session: {format: lucia}\n", `signet.yaml:1:19: session.format: "lucia" is not known; use authjs, authjs-v4, iron or jwt`},
		{"iron by its name alone", "session: {accept: [authjs-v4, iron]}\n", `signet.yaml:1:31: session.accept[1]: does not say which cookie; write {format: iron, cookie: NAME}, with the name that the other app gives it`},
		{"jwt without a cookie", "session:\n  accept:\n    - format: jwt\n", `signet.yaml:3:7: session.accept[0]: does not say which cookie; write {format: jwt, cookie: NAME}, with the name that the other app gives it`},
		{"a key with a letter missing", "session: {accept: [{format: jwt, coookie: x}]}\n", `signet.yaml:1:34: unknown key "coookie"; did you mean "cookie"?` + "\n"},
		{"secrets of what only finds rows", "session: {accept: [{format: lucia, secrets: [x]}]}\n", `signet.yaml:1:20: session.accept[0]: lucia has no secrets; remove it; secrets is for authjs, authjs-v4, iron, jwt`},
		{"an algorithm of no token", "session: {accept: [{format: authjs, algorithm: HS256}]}\n", `signet.yaml:1:20: session.accept[0]: authjs has no algorithm; remove it; algorithm is for jwt`},
		{"an algorithm of keys in pairs", "session: {format: jwt, algorithm: RS256}\n", `signet.yaml:1:35: session.algorithm: "RS256" is not known; use HS256, HS384 or HS512`},
		{"an algorithm for what is not signed", "session: {algorithm: HS384}\n", `signet.yaml:1:22: session.algorithm: is for format: jwt only; remove it`},
		{"claims that are none", "session: {accept: [{format: authjs, claims: x}]}\n", "signet.yaml:1:45: session.accept[0].claims: has to be a group of settings, not a single value; write them below it, each as `key: value`"},
		{"claims without a user", "session: {claims: {name: n}}\n", "signet.yaml:1:19: session.claims: names neither id nor email; say where the user is: {id: user.id, email: user.email}"},
		{"claims of another word", "session: {claims: {id: a, emial: b}}\n", `signet.yaml:1:27: unknown key "emial"; did you mean "email"?`},
		{"a number for no id", "session: {claims: {email: a, numeric: true}}\n", "signet.yaml:1:19: session.claims: numeric is about the id, and there is none; name it, or remove numeric"},
		{"a path with a hole", "session: {claims: {id: user..id}}\n", `signet.yaml:1:24: session.claims.id: "user..id" is no path; write the name of a member, or a path as user.id`},
		{"a member of our own", "session: {claims: {id: signet.user}}\n", `signet.yaml:1:24: session.claims.id: "signet.user" is written by the format itself; name the member of the app`},
		{"an end that is the codec's", "session: {claims: {id: a, expires: exp}}\n", `signet.yaml:1:36: session.claims.expires: "exp" is written by the format itself; name the member of the app`},
		{"a cache of less than nothing", "session: {cache: -1}\n", `signet.yaml:1:18: session.cache: "-1" is no such number; write a whole number from 0 to 1000000000`},
		{"beside, in our own cookie", "session: {accept: [{format: authjs, write: true}]}\n", "signet.yaml:1:20: session.accept[0]: would be written into our own cookie; name another with `cookie`, or `session.cookie.name`"},
		{"beside, in our own cookie on https", "session: {accept: [{format: jwt, cookie: __Secure-authjs.session-token, write: true}]}\n", "signet.yaml:1:20: session.accept[0]: would be written into our own cookie; name another with `cookie`, or `session.cookie.name`"},
		{"beside, twice", "session: {accept: [{format: jwt, cookie: a, write: true}, {format: jwt, cookie: b, write: true}]}\n", "signet.yaml:1:59: session.accept[1]: a second entry that writes jwt; write each format once"},
		{"an id that cannot be typed", "secrets: [{id: a b, env: X}]\n", "signet.yaml:1:11: secrets[0]: has an id of other characters than letters, digits, dots, dashes and underscores, or of more than 64; write {id: 2, env: NAME}"},
		{"text and variable", "secrets: [{env: A, text: b}]\n", "signet.yaml:1:11: secrets[0]: says neither file nor env, or both; write {file: name} or {env: NAME}"},
		{"one id for two secrets", "secrets: [{file: two, id: x}]\n", "signet.yaml:1:11: secrets[0]: has one id for a file of several secrets, or of one with an id; write the ids into the file: `id=2 SECRET` on a line"},
		{"a key of an entry at the top", "write: true\n", `signet.yaml:1:1: unknown key "write"; it belongs under "session.accept"`},
		{"a key of claims in the session", "session: {numeric: true}\n", `signet.yaml:1:11: unknown key "numeric"; it belongs under "session.claims"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": c.yaml, "two": longSecret + "\n" + anotherSecret + "\n"})
			_, err := load(t)
			if err == nil {
				t.Fatal("taken without a word")
			}
			if got := err.Error(); got != strings.TrimSuffix(c.want, "\n") && !strings.HasPrefix(got, c.want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// What is wrong with secrets keeps serve from starting, by the place of each.
func TestS99_SecretsOfOtherAppsAreCheckedAtStart(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"too short for any codec", "session: {accept: [{format: authjs-v4, secrets: [fifteen-bytes-x]}]}\n", "signet.yaml:1:50: the secret is shorter than 16 bytes; use the one that the other app has\n"},
		{"too short for iron-session", "session: {accept: [{format: iron, cookie: c, secrets: [p0Y7x1uUqH3mVbK9zT5cW2eR8aL4dJ6]}]}\n",
			"signet.yaml:1:56: the password is shorter than 32 characters, which iron-session does not take; use the one that the other app has\n"},
		{"an iron password whose id is no number", "session: {accept: [{format: iron, cookie: c, secrets: [{id: new, text: " + longSecret + "}]}]}\n",
			"signet.yaml:1:55: secrets: "},
		{"five secrets of tokens that name none", "session: {accept: [{format: jwt, cookie: c, secrets: [aaaaaaaaaaaaaaaa1, aaaaaaaaaaaaaaaa2, aaaaaaaaaaaaaaaa3, aaaaaaaaaaaaaaaa4, aaaaaaaaaaaaaaaa5]}]}\n",
			"signet.yaml:1:54: secrets: without key ids in the tokens a ring has four secrets at most; look at its secrets\n"},
		{"one id twice", "secrets: [{id: 1, text: " + longSecret + "}, {id: 1, text: " + anotherSecret + "}]\n", `signet.yaml:1:61: a second secret with the id "1", which is also at signet.yaml:1:11; give it another, or remove it` + "\n"},
		{"a weak one in a file, behind its id", "secrets: [{file: weak}]\n", "weak:1: the secret is known from a tutorial or a sample; "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(c.yaml, "secrets: [{file") && !strings.HasPrefix(c.yaml, "secrets") {
				c.yaml += "secrets: [" + longSecret + "]\n"
			}
			inFolder(t, map[string]string{"signet.yaml": c.yaml, "weak": "id=2 made=2026-01-01T00:00:00Z complex_password_at_least_32_characters_long\n"})
			status, out, errs := typed(t, environment(), "serve", "--listen", "127.0.0.1:0")
			if status != exitUsage || !strings.HasPrefix(errs, c.want) || out != "" {
				t.Errorf("exit status %d, output %q, errors:\n%s\nwant:\n%s", status, out, errs, c.want)
			}
		})
	}
}

// Whoever guesses these can sign tokens, or ask about those of others at an end point that
// everybody can reach.
func TestS99_SecretsOfAccessTokensAreCheckedAtStart(t *testing.T) {
	for _, c := range []struct{ name, yaml, args, want string }{
		{"a short one to ask with", "introspection_secret: a", "", "signet.yaml:1:59: the secret is shorter than 32 bytes; "},
		{"one from a tutorial to ask with", "introspection_secret: complex_password_at_least_32_characters_long", "", "signet.yaml:1:59: the secret is known from a tutorial or a sample; "},
		{"one from a tutorial to sign with", "algorithm: HS256, key: complex_password_at_least_32_characters_long", "", "signet.yaml:1:60: the secret is known from a tutorial or a sample; "},
		{"one that no codec takes", "introspection_secret: fifteen-bytes-x", "--allow-weak-secret", "signet.yaml:1:59: the secret is shorter than 16 bytes, with --allow-weak-secret too; "},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": "access_tokens: {audiences: [posts], " + c.yaml + "}\nsecrets: [" + longSecret + "]\n"})
			args := append([]string{"serve", "--listen", "127.0.0.1:0"}, strings.Fields(c.args)...)
			status, out, errs := typed(t, environment(), args...)
			if status != exitUsage || !strings.HasPrefix(errs, c.want) || out != "" {
				t.Errorf("exit status %d, output %q, errors:\n%s\nwant:\n%s", status, out, errs, c.want)
			}
		})
	}
}

func TestFormatsOfTheConfiguration(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": `
secrets:
  - {id: b, text: ` + longSecret + `}
  - ` + anotherSecret + `
session:
  format: jwt
  algorithm: HS384
  cache: 0
  claims: {id: user.id, name: user.name, email: email, image: picture, expires: expires, numeric: true}
  accept:
    - authjs
    - lucia
    - {format: authjs, cookie: authjs.session-token}
    - {format: iron, cookie: carrot, legacy: true, write: true, secrets: [{id: 2, env: NEW}, {id: 1, env: OLD}], claims: {id: user.id}}
    - {format: jwt, cookie: t0, secrets: [sixteen-bytes-xx]}
`})
	c, err := load(t, "NEW", longSecret, "OLD", anotherSecret)
	if err != nil {
		t.Fatal(err)
	}
	s := c.session.make()
	if want := (signet.Shape{UserID: "user.id", Name: "user.name", Email: "email", Image: "picture", Expires: "expires", Numeric: true}); s.Format.Shape != want {
		t.Errorf("claims %+v", s.Format.Shape)
	}
	if s.Cache >= 0 {
		t.Errorf("cache %d: 0 means none", s.Cache)
	}
	type format struct {
		name, cookie, keys string
		make, find         bool
		readable, undated  bool
		beside             bool
	}
	of := func(f signet.Format) format {
		var keys []string
		for _, k := range f.Keys {
			keys = append(keys, k.ID)
		}
		return format{f.Name, f.Cookie, strings.Join(keys, " "), f.Make != nil, f.Find != nil, f.Readable, f.Undated, f.Beside}
	}
	if got, want := of(s.Format), (format{name: "jwt", make: true, readable: true}); got != want {
		t.Errorf("format %+v", got)
	}
	for i, want := range []format{
		{name: "authjs", make: true},
		{name: "lucia", cookie: "auth_session", find: true},
		{name: "authjs", cookie: "authjs.session-token", make: true},
		{name: "iron", cookie: "carrot", keys: "2 1", make: true, undated: true, beside: true},
		{name: "jwt", cookie: "t0", keys: "1", make: true, readable: true},
	} {
		if got := of(s.Accept[i]); got != want {
			t.Errorf("accept[%d]: %+v, want %+v", i, got, want)
		}
	}
	ring := ringFrom(c.secrets)
	if ring[0].ID != "b" || ring[1].ID != "1" {
		t.Errorf("ids %v", ring)
	}
	codec, err := s.Format.Make(ring, "x")
	if err != nil {
		t.Fatal(err)
	}
	value, err := codec.Seal([]byte("{}"), seal.Life{Issued: time.Now(), Expires: time.Now().Add(time.Hour)})
	if alg, _, ok := jwt.Detect(value); !ok || alg != "HS384" || err != nil {
		t.Errorf("algorithm %s, %v", alg, err)
	}
}

func TestNumbersOfSecrets(t *testing.T) {
	for _, c := range []struct{ given, want []string }{
		{nil, []string{}},
		{[]string{"", ""}, []string{"2", "1"}},
		{[]string{"", "3", ""}, []string{"4", "3", "1"}},
		{[]string{"", "b", "1"}, []string{"3", "b", "1"}},
		{[]string{"", ""}, []string{"2", "1"}},
		{[]string{"1", ""}, []string{"1", "2"}},
	} {
		var list []secret
		for _, id := range c.given {
			s := newSecret(longSecret, "", "")
			s.id = id
			list = append(list, s)
		}
		got := []string{}
		for _, k := range ringFrom(list) {
			got = append(got, k.ID)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q, want %q", c.given, got, c.want)
		}
	}
}

func TestSecretLines(t *testing.T) {
	at := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	for line, want := range map[string]struct {
		id, text string
		made     time.Time
	}{
		"plain":          {text: "plain"},
		"with a blank":   {text: "with a blank"},
		"id=2 SECRET":    {id: "2", text: "SECRET"},
		"id=2  a b=c ":   {id: "2", text: "a b=c "},
		"abc=id=2 x":     {text: "abc=id=2 x"},
		"id= made=":      {},
		"made=x SECRET":  {},
		"id=2 id=3 x":    {},
		"id=2":           {},
		"id=ä SECRET":    {},
		"identity SECRE": {text: "identity SECRE"},
		"made=2026-11-25T10:00:00Z id=new SECRET": {id: "new", text: "SECRET", made: at},
		"id=new made=2026-11-25T10:00:00Z":        {},
	} {
		s, err := readSecretLine(line)
		if err != nil != (want.text == "") {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if err == nil && (s.id != want.id || s.text() != want.text || !s.made.Equal(want.made)) {
			t.Errorf("%q: %q, %q, %v", line, s.id, s.text(), s.made)
		}
	}
}

// The cookies of other apps open in a server that is set up by signet.yaml alone.
func TestMovesByConfiguration(t *testing.T) {
	const theirs = "a secret that the other app has, 1"
	now := time.Now()
	month := seal.Life{Issued: now.Add(-time.Hour), Expires: now.Add(30 * 24 * time.Hour)}
	for _, c := range []struct {
		name, yaml, cookie string
		make               seal.Make
		life               seal.Life
		claims, id         string
	}{
		{"iron-session to Auth.js", "{format: iron, cookie: carrot, secrets: [{id: 3, text: '" + theirs + "'}], claims: {id: user.id, email: user.email}}", "carrot",
			iron.New, seal.Life{}, `{"user":{"id":7,"email":"hana@example.com"},"role":"editor"}`, "7"},
		{"the token of tutorial 0 to Auth.js", "{format: jwt, cookie: nextjs-session-test, secrets: ['" + theirs + "'], claims: {id: email, email: email, expires: expires}}", "nextjs-session-test",
			jwt.HS256, month, `{"email":"hana@example.com","expires":"2036-01-01T00:00:00.000Z","role":"editor"}`, "hana@example.com"},
		{"HS512 with a number", "{format: jwt, algorithm: HS512, cookie: t, secrets: ['" + theirs + "'], claims: {id: sub, email: email, numeric: true}}", "t",
			jwt.Options{Algorithm: "HS512", NumericSubject: true}.New, month, `{"sub":7,"email":"hana@example.com","role":"editor"}`, "7"},
		{"Auth.js v4 to v5", "{format: authjs-v4, secrets: ['" + theirs + "']}", "next-auth.session-token",
			authjs.V4, month, `{"sub":"7","name":"Hana","email":"hana@example.com","role":"editor"}`, "7"},
	} {
		for _, strategy := range []string{"jwt", "database"} {
			t.Run(c.name+", "+strategy, func(t *testing.T) {
				inFolder(t, map[string]string{"signet.yaml": "session:\n  strategy: " + strategy +
					"\n  expose: {user.id: sub, role: role}\n  accept:\n    - " + c.yaml + "\n"})
				site := serveHere(t).url
				k := seal.Key{ID: "3", Secret: []byte(theirs)}
				codec, err := c.make(seal.Ring{k}, c.cookie)
				if err != nil {
					t.Fatal(err)
				}
				value, err := codec.Seal([]byte(c.claims), c.life)
				if err != nil {
					t.Fatal(err)
				}
				v := newVisitor(t, site)
				v.carry(c.cookie, value)
				first := v.session()
				if first.User.ID != c.id || first.User.Email != "hana@example.com" || first.Role != "editor" {
					t.Fatalf("with the old cookie: %+v", first)
				}
				if names := v.cookieNames(); names != "authjs.session-token" {
					t.Fatalf("cookies afterwards: %s", names)
				}
				if again := v.session(); again.User != first.User {
					t.Errorf("with the new one: %+v", again)
				}
			})
		}
	}
}

// Side by side: both cookies are there, and the other app can open its own.
func TestSideBySideByConfiguration(t *testing.T) {
	inFolder(t, map[string]string{"signet.yaml": "session:\n  accept:\n    - {format: jwt, cookie: old, write: true, secrets: [" + anotherSecret + "], claims: {id: user.id, email: user.email, numeric: true}}\n"})
	command(t, "correct horse battery", "user", "add", "hana@example.com", "--id", "7", "--password-stdin")
	site := serveHere(t).url
	v := newVisitor(t, site)
	v.signIn("hana@example.com", "correct horse battery")
	if names := v.cookieNames(); names != "authjs.session-token old" {
		t.Fatalf("cookies: %s", names)
	}
	codec, err := jwt.HS256(seal.Secrets(anotherSecret), "")
	if err != nil {
		t.Fatal(err)
	}
	o, err := codec.Open(v.cookie("old"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		User struct {
			ID    int
			Email string
		}
	}
	if err := json.Unmarshal(o.Claims, &claims); err != nil || claims.User.ID != 7 || claims.User.Email != "hana@example.com" {
		t.Errorf("the other app sees %s", o.Claims)
	}
}

// Lucia to the database: rows are filed, and the old cookie opens.
func TestLuciaImportByCommand(t *testing.T) {
	const token = "abcdefghijklmnopqrstuvwxyz234567abcdefgh"
	for _, strategy := range []string{"jwt", "database"} {
		t.Run(strategy, func(t *testing.T) {
			inFolder(t, map[string]string{
				"signet.yaml": "session: {strategy: " + strategy + ", accept: [lucia], expose: {user.id: sub, role: country}}\n",
				"rows":        `[{"id":"` + token + `","user_id":"u-7","expires_at":` + fmt.Sprint(time.Now().Add(time.Hour).Unix()) + `,"country":"KR"}]`,
			})
			command(t, "correct horse battery", "user", "add", "hana@example.com", "--id", "u-7", "--password-stdin")
			if out := command(t, "", "session", "import", "--format", "lucia", "--claims", "country", "rows"); !strings.HasPrefix(out, "Imported 1 session; 0 had expired, 0 refused.\n") {
				t.Fatalf("import said %s", out)
			}
			site := serveHere(t).url
			v := newVisitor(t, site)
			v.carry("auth_session", token)
			if s := v.session(); s.User.ID != "u-7" || s.User.Email != "hana@example.com" || s.Role != "KR" {
				t.Fatalf("with the old cookie: %+v", s)
			}
			if names := v.cookieNames(); names != "authjs.session-token" {
				t.Errorf("cookies afterwards: %s", names)
			}
			if s := v.session(); s.User.ID != "u-7" {
				t.Errorf("with the new one: %+v", s)
			}
			late := newVisitor(t, site)
			late.carry("auth_session", token)
			if s := late.get("/session"); s != "null" {
				t.Errorf("a copy of the old cookie, once the new one has been shown: %s", s)
			}
		})
	}
}

// The number of a password decides what it opens, so inspect has to know those of the site.
func TestInspectKnowsTheNumbersOfPasswords(t *testing.T) {
	for name, yaml := range map[string]string{
		"of our own":        "secrets: [{id: 7, text: " + longSecret + "}]\nsession: {format: iron}\n",
		"of another app":    "secrets: [" + anotherSecret + "]\nsession: {accept: [{format: iron, cookie: c, secrets: [{id: 7, text: " + longSecret + "}]}]}\n",
		"of an app and two": "secrets: [" + anotherSecret + "]\nsession: {accept: [{format: iron, cookie: c, secrets: [{id: 9, text: " + anotherSecret + "}, {id: 7, text: " + longSecret + "}]}]}\n",
	} {
		t.Run(name, func(t *testing.T) {
			inFolder(t, map[string]string{"signet.yaml": yaml})
			codec, err := iron.New(seal.Ring{{ID: "7", Secret: []byte(longSecret)}}, "")
			if err != nil {
				t.Fatal(err)
			}
			value, err := codec.Seal([]byte(`{"user":1}`), seal.Life{Expires: time.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			status, out, _ := typed(t, environment(), "inspect", value, "--data", "signet-data")
			if status != exitOK || !strings.Contains(out, "(id 7)") {
				t.Errorf("exit status %d\n%s", status, out)
			}
		})
	}
}
