package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// doctorCmd is `signet doctor`.
type doctorCmd struct {
	placeFlags
	outputFlags

	Listen string `placeholder:"ADDRESS" help:"Judge as if serve listened there."`
}

// What a finding can be. Only wrong ones make the exit status 1.
const (
	isOK      = "ok"
	isNote    = "note"
	isWarning = "warning"
	isWrong   = "wrong"
)

// A symptom is the answer to one check.
type symptom struct {
	Status string `json:"status"`
	Check  string `json:"check"`
	Said   string `json:"said"`
	Cure   string `json:"cure,omitempty"`
}

// A diagnosis collects findings in the order in which a person would ask.
type diagnosis struct {
	Findings []symptom `json:"findings"`
	Wrong    int       `json:"wrong"`
	Warnings int       `json:"warnings"`
}

func (d *diagnosis) ok(check, said string, args ...any) {
	d.add(symptom{isOK, check, fmt.Sprintf(said, args...), ""})
}

// note tells what nobody can check from here.
func (d *diagnosis) note(check, cure, said string, args ...any) {
	d.add(symptom{isNote, check, fmt.Sprintf(said, args...), cure})
}

func (d *diagnosis) warn(check, cure, said string, args ...any) {
	d.add(symptom{isWarning, check, fmt.Sprintf(said, args...), cure})
}

func (d *diagnosis) wrong(check, cure, said string, args ...any) {
	d.add(symptom{isWrong, check, fmt.Sprintf(said, args...), cure})
}

func (d *diagnosis) add(f symptom) {
	d.Findings = append(d.Findings, f)
	switch f.Status {
	case isWrong:
		d.Wrong++
	case isWarning:
		d.Warnings++
	}
}

// problems adds what is wrong with a configuration.
func (d *diagnosis) problems(check string, list []problem) {
	for _, p := range list {
		d.wrong(check, p.cure, "%s", problem{p.where, p.what, ""})
	}
}

// Run checks and prints what it found; it changes nothing. The answer is no when
// something is wrong.
func (c *doctorCmd) Run(ctx context.Context, io *terminal) error {
	d := &diagnosis{}
	config, err := loadConfig(io, c.placeFlags)
	if err == nil {
		err = config.listenAt(c.Listen)
	}
	var bad *configErrors
	switch {
	case errors.As(err, &bad):
		d.problems("configuration", bad.problems)
	case err != nil:
		return err
	default:
		config.chooseProviders(false)
		d.examine(ctx, &config, io)
	}
	if c.JSON {
		err = writeJSON(io.Out, d)
	} else {
		err = d.print(io.Out)
	}
	if err == nil && d.Wrong > 0 {
		return errNo
	}
	return err
}

// print writes a line for each finding, with its cure below it.
func (d *diagnosis) print(w io.Writer) error {
	wide := 0
	for _, f := range d.Findings {
		wide = max(wide, len(f.Check))
	}
	var b strings.Builder
	for _, f := range d.Findings {
		fmt.Fprintf(&b, "%-7s  %-*s  %s\n", f.Status, wide, f.Check, visible(f.Said))
		if f.Cure != "" {
			fmt.Fprintf(&b, "%-7s  %-*s  → %s\n", "", wide, "", visible(f.Cure))
		}
	}
	switch {
	case d.Wrong == 0 && d.Warnings == 0:
		b.WriteString("\nAll is well.\n")
	case d.Wrong == 0:
		fmt.Fprintf(&b, "\nNothing is wrong; %s.\n", counted(d.Warnings, "warning"))
	default:
		fmt.Fprintf(&b, "\n%s wrong, %s.\n", counted(d.Wrong, "thing"), counted(d.Warnings, "warning"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
