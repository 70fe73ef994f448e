package signet

import (
	"fmt"
	"log/slog"
)

// What holds a secret prints without it, whatever the verb and whichever logger: somebody
// will log a configuration one day.

// Format writes the place and the number of secrets.
func (c Config) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "signet.Config{URL: %q, %d secrets}", c.URL, len(c.Secrets)+len(c.Keys))
}

// LogValue is Format for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format writes the name of the format.
func (f Format) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "signet.Format{Name: %q, %d keys}", f.Name, len(f.Keys))
}

// LogValue is Format for log/slog.
func (f Format) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(f)) }

// Format writes where the Auth is mounted.
func (a *Auth) Format(s fmt.State, _ rune) {
	if a == nil {
		fmt.Fprint(s, "(*signet.Auth)(nil)")
		return
	}
	fmt.Fprintf(s, "signet.Auth{%s%s}", a.origin, a.basePath)
}

// LogValue is Format for log/slog.
func (a *Auth) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }

// Format writes whose account it is, and not its data.
func (a Account) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "signet.Account{UserID: %q, Provider: %q, %d bytes of data}", a.UserID, a.Provider, len(a.Data))
}

// LogValue is Format for log/slog.
func (a Account) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }
