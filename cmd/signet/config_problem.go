package main

import (
	"fmt"
	"strings"
)

// A problem is one thing that is wrong with the configuration: where, what, and its cure.
type problem struct{ where, what, cure string }

func (p problem) String() string {
	text := p.what
	if p.where != "" {
		text = p.where + ": " + text
	}
	if p.cure != "" {
		text += "; " + p.cure
	}
	return text
}

// configErrors is everything that is wrong with a configuration, a line each.
type configErrors struct{ problems []problem }

// shown is how many problems are told at once. Who has more starts at the top anyway.
const shown = 20

func (e *configErrors) Error() string {
	var b strings.Builder
	for i, p := range e.problems {
		if i == shown {
			fmt.Fprintf(&b, "\n… and %d more", len(e.problems)-shown)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// places tells where a key was set: "session.max_age" → "signet.yaml:12:12".
type places map[string]string

// of is the place of a key, or of the nearest one around it.
func (p places) of(key string) string {
	for key != "" {
		if place, ok := p[key]; ok {
			return place
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return ""
}

// nearest is the one of names that was probably meant, or "".
func nearest(word string, names []string) string {
	best, least := "", 1+max(1, min(len(word), 12)/3)
	for _, name := range names {
		if d := distance(strings.ToLower(word), name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance counts the letters to add, drop, change or swap between a and b.
func distance(a, b string) int {
	if len(a) > 40 {
		a = a[:40]
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// quoted shows what somebody wrote, on one line and not all of it if it is long.
func quoted(s string) string {
	if len(s) > 60 {
		cut := 60
		for cut > 0 && s[cut]&0xC0 == 0x80 {
			cut--
		}
		s = s[:cut] + "…"
	}
	return fmt.Sprintf("%q", s)
}
