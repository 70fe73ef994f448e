package main

import (
	"strings"
	"testing"
	"time"
)

func TestVisibleKeepsTextAndDisarmsTheTerminal(t *testing.T) {
	for in, want := range map[string]string{
		"plain":             "plain",
		"김하나 👩‍🚀":           "김하나 👩‍🚀",
		"\x1b[31mred\x07":   `\u001b[31mred\u0007`,
		"\u009b2J\x7f":      `\u009b2J\u007f`,
		"a\u202egpj.exe":    `a\u202egpj.exe`,
		"two\nlines":        `two\u000alines`,
		"no UTF-8: \xff":    "no UTF-8: \xff",
		"isolate \u2066x":   `isolate \u2066x`,
		"\u200fright":       `\u200fright`,
		`escaped \u0000 ok`: `escaped \u0000 ok`,
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRelativeRoundsDown(t *testing.T) {
	now := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]string{
		0:                        "now",
		time.Second:              "in 1 second",
		-119 * time.Second:       "119 seconds ago",
		2 * time.Minute:          "in 2 minutes",
		-119 * time.Minute:       "119 minutes ago",
		47*time.Hour + 3599e9:    "in 47 hours",
		-48 * time.Hour:          "2 days ago",
		729 * 24 * time.Hour:     "in 729 days",
		730 * 24 * time.Hour:     "in 2 years",
		-290 * 365 * 24 * 3600e9: "290 years ago",
	} {
		if got := relative(now.Add(after), now); got != want {
			t.Errorf("relative(%v) = %q, want %q", after, got, want)
		}
	}
	if got := relative(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), now); got != "in 7977 years" {
		t.Errorf("the far end of time is %s", got)
	}
}

func TestTableAlignsWideLetters(t *testing.T) {
	var b strings.Builder
	table := newTable(&b, "NAME", "N")
	table.add("김하나", "1")
	table.add("e\u0301a", "2")
	table.add("", "3")
	if err := table.flush(); err != nil {
		t.Fatal(err)
	}
	table.add("much wider than before", "4")
	table.add("x", "5")
	if err := table.flush(); err != nil {
		t.Fatal(err)
	}
	want := "NAME    N\n김하나  1\ne\u0301a      2\n-       3\nmuch wider than before  4\nx                       5\n"
	if b.String() != want {
		t.Errorf("table:\n%swant:\n%s", b.String(), want)
	}
}

func TestJSONListIsOneArray(t *testing.T) {
	for n, want := range []string{"[]\n", "[\n  0\n]\n", "[\n  0,\n  1\n]\n"} {
		var b strings.Builder
		list := jsonList{out: &b}
		for i := range n {
			if err := list.add(i); err != nil {
				t.Fatal(err)
			}
		}
		if err := list.end(); err != nil || b.String() != want {
			t.Errorf("%d elements: %q, %v, want %q", n, b.String(), err, want)
		}
	}
}
