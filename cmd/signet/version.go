package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// versionCmd tells which build this is.
type versionCmd struct{ outputFlags }

// A build is what the Go linker knows of this binary.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Date    string `json:"date,omitempty"` // of the commit
	Changed bool   `json:"changed,omitempty"`
	Go      string `json:"go"`
	System  string `json:"system"`
}

// Run is the verb.
func (c *versionCmd) Run(io *terminal) error {
	b := thisBuild()
	if c.JSON {
		return writeJSON(io.Out, b)
	}
	_, err := fmt.Fprintln(io.Out, b)
	return err
}

func (b build) String() string {
	s := "signet " + b.Version
	if b.Commit != "" {
		s += " " + b.Commit[:min(12, len(b.Commit))]
		if b.Changed {
			s += " with changes"
		}
		s += " of " + b.Date
	}
	return s + " (" + b.Go + ", " + b.System + ")"
}

func thisBuild() build {
	b := build{Version: "unreleased", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Changed = s.Value == "true"
		}
	}
	return b
}
