package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// Scripts in testdata/script read like a terminal:
//
//	# a comment
//	$ signet user show hana@example.com
//	email     hana@example.com
//	$ signet user add nobody
//	< what the command reads from standard input
//	! what it prints to standard error
//	[2]
//
// The last line is the exit status, where it is not 0. In what a command prints, … stands
// for anything and {name} for a word, which the lines below can use again. Each script
// has a folder of its own and a clock that stands still. Besides signet there are
//
//	$ export NAME=VALUE    for the environment
//	$ write FILE           its text is in the < lines
//	$ sleep 90m            moves the clock
//	$ visit EMAIL AGENT    a sign-in by a browser, into the database of signet-data; who is
//	                       not a user there is one of an application, with that ID
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Chdir(t.TempDir())
			s := &script{T: t, now: scriptTime, env: map[string]string{}, bound: map[string]string{}}
			for _, step := range parseScript(string(text)) {
				s.play(step)
			}
		})
	}
}

// scriptTime is when all scripts begin.
var scriptTime = time.Date(2026, 7, 1, 9, 0, 0, 0, time.FixedZone("KST", 9*3600))

// A step is one command of a script with what it reads and what it should print.
type step struct {
	line        int
	command     string
	stdin, want string
}

func parseScript(text string) []step {
	var steps []step
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			steps = append(steps, step{line: i + 1, command: command})
			continue
		}
		if strings.HasPrefix(line, "#") || len(steps) == 0 {
			continue
		}
		last := &steps[len(steps)-1]
		if input, ok := strings.CutPrefix(line, "< "); ok {
			last.stdin += input + "\n"
			continue
		}
		last.want += line + "\n"
	}
	return steps
}

// A script is one that is being played.
type script struct {
	*testing.T
	now    time.Time
	env    map[string]string
	bound  map[string]string // {name} → word
	visits int64
}

func (s *script) play(p step) {
	s.Helper()
	args := s.words(p.command)
	switch args[0] {
	case "export":
		name, value, _ := strings.Cut(args[1], "=")
		s.env[name] = value
	case "write":
		if err := os.WriteFile(args[1], []byte(p.stdin), 0o600); err != nil {
			s.Fatal(err)
		}
	case "sleep":
		d, err := time.ParseDuration(args[1])
		if err != nil {
			s.Fatal(err)
		}
		s.now = s.now.Add(d)
	case "visit":
		s.visit(args[1], args[2])
	case "signet":
		got := s.signet(args[1:], p.stdin)
		if !s.matches(got, p.want) {
			s.Errorf("line %d: $ %s\ngot:\n%s\nwant:\n%s", p.line, p.command, got, p.want)
		}
	default:
		s.Fatalf("line %d: no command %s", p.line, args[0])
	}
}

// signet runs one command line and returns what a terminal would show.
func (s *script) signet(args []string, stdin string) string {
	var out, errs bytes.Buffer
	env := maps.Clone(s.env)
	status := run(s.Context(), args, &terminal{
		In: strings.NewReader(stdin), Out: &out, Err: &errs,
		Now: func() time.Time { return s.now },
		Env: func(name string) string { return env[name] },
	})
	text := out.String()
	for line := range strings.Lines(errs.String()) {
		text += "! " + line
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if status != exitOK {
		text += fmt.Sprintf("[%d]\n", status)
	}
	return text
}

var (
	shellWord   = regexp.MustCompile(`(?:[^\s'"]|'[^']*'|"[^"]*")+`)
	shellQuotes = regexp.MustCompile(`'([^']*)'|"([^"]*)"`)
	placeholder = regexp.MustCompile(`\{(\w+)\}`)
	quotedName  = regexp.MustCompile(`\\\{(\w+)\\\}`) // a placeholder behind regexp.QuoteMeta
)

// words takes a command line apart as a shell does, and puts in what is bound.
func (s *script) words(line string) []string {
	line = placeholder.ReplaceAllStringFunc(line, func(p string) string {
		if word, ok := s.bound[p[1:len(p)-1]]; ok {
			return word
		}
		return p
	})
	var list []string
	for _, w := range shellWord.FindAllString(line, -1) {
		list = append(list, shellQuotes.ReplaceAllString(w, "$1$2"))
	}
	return list
}

// matches compares, and binds the placeholders of want.
func (s *script) matches(got, want string) bool {
	var fresh []string
	pattern := quotedName.ReplaceAllStringFunc(regexp.QuoteMeta(want), func(p string) string {
		name := p[2 : len(p)-2]
		if word, ok := s.bound[name]; ok {
			return regexp.QuoteMeta(word)
		}
		fresh = append(fresh, name)
		return `(\S+)`
	})
	pattern = strings.ReplaceAll(pattern, "…", ".*")
	found := regexp.MustCompile("^" + pattern + "$").FindStringSubmatch(got)
	for i, name := range fresh {
		if found != nil {
			s.bound[name] = found[i+1]
		}
	}
	return found != nil
}

// visit stores the session of a sign-in, as a server beside the command line would.
func (s *script) visit(email, agent string) {
	s.visits++
	store, err := sqlite.Open(s.Context(), "signet-data/signet.db", sqlite.Options{})
	if err != nil {
		s.Fatal(err)
	}
	defer store.Close()
	u, err := store.User(s.Context(), signet.By{Email: email})
	if errors.Is(err, signet.ErrNotFound) {
		u, err = signet.User{ID: email}, nil
	}
	if err != nil {
		s.Fatal(err)
	}
	row := signet.SessionRow{
		ID: signet.SessionID(s.visits), Handle: rand.Text(), UserID: u.ID, Epoch: u.Epoch, Provider: "credentials",
		Start: s.now, AuthTime: s.now, Seen: s.now, Expires: s.now.Add(30 * 24 * time.Hour),
		Agent: agent, Network: "127.0.0.1", Claims: []byte("{}"),
	}
	if err := store.CreateSession(s.Context(), row, 0); err != nil {
		s.Fatal(err)
	}
}
