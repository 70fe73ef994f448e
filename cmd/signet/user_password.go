package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
)

// passwordFlags say where a new password comes from.
type passwordFlags struct {
	PasswordStdin     bool `help:"Read the password from the first line of standard input, instead of asking for it."`
	AllowWeakPassword bool `help:"Take any password, for experiments."`
}

// maxPasswordLine is more than any password that is taken, in bytes.
const maxPasswordLine = 4 << 10

// newHash gets a new password for u, judges it and hashes it.
func (f passwordFlags) newHash(ctx context.Context, io *terminal, u signet.User) (string, error) {
	typed, err := f.read(io)
	if err != nil {
		return "", err
	}
	if !f.AllowWeakPassword {
		if err := (password.Rules{}).Check(ctx, typed, u.Email, u.Name); err != nil {
			return "", weakPassword(err)
		}
	}
	hash, err := (&password.Hasher{}).Hash(ctx, typed)
	if err != nil {
		return "", weakPassword(err)
	}
	return hash, nil
}

// weakWords say what is wrong with a password.
var weakWords = map[string]string{
	password.TooShort: "it is shorter than 8 characters",
	password.TooLong:  fmt.Sprintf("it is longer than %d characters", password.MaxLength),
	password.Common:   "it is among the first that an attacker tries",
	password.Yours:    "it is made of the user's own name or address",
	password.Control:  "it contains a control character, such as a tab",
	password.Encoding: "it is not UTF-8 text",
}

func weakPassword(err error) error {
	var weak *password.WeakError
	if !errors.As(err, &weak) {
		return fmt.Errorf("password not set: %w", err)
	}
	cure := "take a longer one of several unrelated words"
	switch weak.Code {
	case password.TooLong:
		cure = "take a shorter one"
	case password.Control, password.Encoding:
		cure = "type it as text"
	case password.TooShort, password.Common, password.Yours:
		cure += ", or add --allow-weak-password for an experiment"
	}
	return fmt.Errorf("password refused: %s; %s", weakWords[weak.Code], cure)
}

// read gets the password from where the flags say.
func (f passwordFlags) read(from *terminal) (string, error) {
	if f.PasswordStdin {
		return passwordLine(from.In)
	}
	if !canAsk(from.In) {
		return "", &usageError{"there is nobody to ask for a password", "send it with --password-stdin"}
	}
	first, err := askHidden(from, "Password: ")
	if err != nil {
		return "", err
	}
	again, err := askHidden(from, "Once more: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return first, nil
}

// passwordLine reads one line, without its end.
func passwordLine(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxPasswordLine))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return "", &usageError{"--password-stdin: standard input has no password in its first line", "printf '%s' \"$PASSWORD\" | signet user …"}
	}
	return string(line), nil
}

// canAsk tells whether somebody can be asked.
func canAsk(r io.Reader) bool {
	_, err := stty(r, "-g")
	return err == nil
}

// stty asks the system's own program about a terminal, or tells it something: so it works
// on each system that has one without system calls of ours.
func stty(r io.Reader, args ...string) (string, error) {
	f, ok := r.(*os.File)
	if !ok {
		return "", errors.New("no terminal")
	}
	c := exec.Command("stty", args...)
	c.Stdin = f
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

// askHidden asks for one line that is not shown while it is typed.
func askHidden(at *terminal, question string) (string, error) {
	before, err := stty(at.In, "-g")
	if err != nil {
		return "", err
	}
	// Whoever breaks off here must not be left with a terminal that shows nothing.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	defer signal.Stop(stop)
	if _, err := stty(at.In, "-echo"); err != nil {
		return "", fmt.Errorf("the terminal cannot hide what is typed: %w; use --password-stdin", err)
	}
	defer stty(at.In, before)
	fmt.Fprint(at.Err, question)
	type typed struct {
		text string
		err  error
	}
	answered := make(chan typed, 1)
	go func() {
		text, err := readLine(at.In)
		answered <- typed{text, err}
	}()
	select {
	case <-stop:
		fmt.Fprintln(at.Err)
		return "", errors.New("broken off; nothing was changed")
	case a := <-answered:
		fmt.Fprintln(at.Err)
		return a.text, a.err
	}
}

// readLine reads one line and not a byte more, since another may be asked for.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxPasswordLine; {
		n, err := r.Read(b)
		if n == 1 && b[0] == '\n' || err == io.EOF && len(line) > 0 {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		line = append(line, b[:n]...)
	}
	return "", errors.New("the password is too long")
}
