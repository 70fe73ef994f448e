package main

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"
)

// What the log can be told, by the file and by flags.
var (
	logLevels  = []string{"debug", "info", "warn", "error"}
	logFormats = []string{"text", "json"}
)

// logAt lets flags replace what the file says about the log.
func (c *config) logAt(level, format string) error {
	if level != "" {
		if !slices.Contains(logLevels, level) {
			return &usageError{"--log-level " + level + " is not known", "use debug, info, warn or error"}
		}
		c.log.level = level
	}
	if format != "" {
		if !slices.Contains(logFormats, format) {
			return &usageError{"--log-format " + format + " is not known", "use text or json"}
		}
		c.log.format = format
	}
	return nil
}

// newLog writes lines for people on a terminal and JSON for programs elsewhere.
func newLog(w io.Writer, c logConfig) *slog.Logger {
	var level slog.Level // info
	if c.level != "" {
		level.UnmarshalText([]byte(c.level)) // was checked when it was read
	}
	o := &slog.HandlerOptions{Level: level}
	if c.format == "text" || c.format == "" && onScreen(w) {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

func onScreen(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// logged writes a line for each request: no query, no header and no address of a visitor,
// since these hold codes and tokens, or say who somebody is.
func logged(log *slog.Logger, r *http.Request, status int, took time.Duration) {
	log.Info("request", "method", r.Method, "path", r.URL.Path, "status", status, "ms", took.Milliseconds())
}
