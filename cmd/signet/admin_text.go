package main

import (
	"strconv"
	"strings"
)

// Kinds of metrics, as the text format names them.
const (
	aCounter   = "counter"
	aGauge     = "gauge"
	aSummary   = "summary"
	aHistogram = "histogram"
)

// metricsType is the media type of the text format that every Prometheus reads.
const metricsType = "text/plain; version=0.0.4; charset=utf-8"

// A metricsText is metrics as Prometheus reads them: each one with a line of help and a
// line for its kind, and below them its samples.
type metricsText struct{ strings.Builder }

// head begins a metric. All its samples have to follow before the next one begins.
func (t *metricsText) head(name, kind, help string) {
	t.WriteString("# HELP " + name + " " + escaped(help, false) + "\n")
	t.WriteString("# TYPE " + name + " " + kind + "\n")
}

// sample adds a value under pairs of a label and what it says.
func (t *metricsText) sample(name string, value float64, labels ...string) {
	t.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		before := ","
		if i == 0 {
			before = "{"
		}
		t.WriteString(before + labels[i] + `="` + escaped(labels[i+1], true) + `"`)
	}
	if len(labels) > 1 {
		t.WriteByte('}')
	}
	t.WriteString(" " + number(value) + "\n")
}

// one adds a metric with a single value.
func (t *metricsText) one(name, kind, help string, value float64) {
	t.head(name, kind, help)
	t.sample(name, value)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// escaped is text as the format has it: in help, backslash and line break are written with
// a backslash, and in the value of a label the quote as well.
func escaped(text string, label bool) string {
	text = strings.ReplaceAll(text, `\`, `\\`)
	text = strings.ReplaceAll(text, "\n", `\n`)
	if label {
		text = strings.ReplaceAll(text, `"`, `\"`)
	}
	return text
}
