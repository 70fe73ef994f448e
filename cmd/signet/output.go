package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

// outputFlags are those of every verb that prints data.
type outputFlags struct {
	JSON bool `name:"json" help:"Print JSON for programs."`
}

// writeJSON prints one value, indented, for programs and for people who read along.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// A jsonList prints one JSON array, element by element. end has to be called, and makes an
// empty one of no elements.
type jsonList struct {
	out io.Writer
	n   int
}

func (l *jsonList) add(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	before := ",\n  "
	if l.n == 0 {
		before = "[\n  "
	}
	l.n++
	_, err = fmt.Fprintf(l.out, "%s%s", before, b)
	return err
}

func (l *jsonList) end() error {
	text := "\n]\n"
	if l.n == 0 {
		text = "[]\n"
	}
	_, err := io.WriteString(l.out, text)
	return err
}

// visible makes text from outside fit for a terminal: a User-Agent or a claim could
// otherwise move the cursor, recolour the screen or turn the writing direction. What is
// replaced looks as in JSON, so that the text of a JSON document stays one.
func visible(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// visibleLines is visible for text that consists of lines.
func visibleLines(s string) string {
	lines := strings.SplitAfter(s, "\n")
	for i, line := range lines {
		text, end := strings.CutSuffix(line, "\n")
		if lines[i] = visible(text); end {
			lines[i] += "\n"
		}
	}
	return strings.Join(lines, "")
}

// unprintable tells control characters and those that turn the writing direction. The
// joiners of emoji and of Indic scripts stay.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// indented is JSON with one member a line, or the text itself if it is none.
func indented(raw []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// visibleJSON is JSON indented for reading, with numbers and escapes as they were.
func visibleJSON(raw []byte, indent string) string {
	var b strings.Builder
	for i, line := range strings.Split(indented(raw), "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(indent)
		b.WriteString(visible(line))
	}
	return b.String()
}

// localTime is a moment in the time zone of now, which is that of whoever asks.
func localTime(t, now time.Time) string {
	return t.In(now.Location()).Format("2006-01-02 15:04:05 MST")
}

// shortTime is localTime for tables.
func shortTime(t, now time.Time) string {
	return t.In(now.Location()).Format("2006-01-02 15:04")
}

// relative tells how far t is from now: "in 29 days", "3 hours ago". It rounds down.
func relative(t, now time.Time) string {
	seconds := t.Unix() - now.Unix() // a time.Duration ends after 292 years
	text, before := span(max(seconds, -seconds)), seconds < 0
	switch {
	case seconds == 0:
		return "now"
	case before:
		return text + " ago"
	}
	return "in " + text
}

// span is a number of seconds in the largest unit of which there are two or more.
func span(seconds int64) string {
	const minute, hour, day, year = 60, 3600, 86400, 365 * 86400
	n, unit := seconds, "second"
	switch {
	case seconds >= 2*year:
		n, unit = seconds/year, "year"
	case seconds >= 2*day:
		n, unit = seconds/day, "day"
	case seconds >= 2*hour:
		n, unit = seconds/hour, "hour"
	case seconds >= 2*minute:
		n, unit = seconds/minute, "minute"
	}
	return counted(int(n), unit)
}

// counted is a number with its noun: "1 session", "2 sessions".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// A table prints rows in columns. It may be flushed between rows, so that a long list
// need not be held in memory; columns only ever get wider.
type table struct {
	out    io.Writer
	rows   [][]string
	widths []int
}

func newTable(out io.Writer, head ...string) *table {
	t := &table{out: out, widths: make([]int, len(head))}
	t.add(head...)
	return t
}

// add takes one row. An empty cell shows as a dash, so that columns can be counted.
func (t *table) add(cells ...string) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = visible(cell)
		if cell == "" {
			row[i] = "-"
		}
		t.widths[i] = max(t.widths[i], columns(row[i]))
	}
	t.rows = append(t.rows, row)
}

// flushFull flushes once there is a page.
func (t *table) flushFull() error {
	if len(t.rows) < pageSize {
		return nil
	}
	return t.flush()
}

func (t *table) flush() error {
	var b strings.Builder
	for _, row := range t.rows {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", t.widths[i]-columns(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	t.rows = t.rows[:0]
	_, err := io.WriteString(t.out, b.String())
	return err
}

// columns is the room that s takes on a terminal: two for the letters of East Asia and
// for emoji, none for marks that sit on the letter before.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
