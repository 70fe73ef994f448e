// Command signet signs people in to web apps: it serves sign-in, sessions and protected
// pages, and looks after the users, sessions and configuration behind them.
//
// Each verb is a struct in a file of its own, with its flags as fields and one method Run.
// What a verb needs of the world comes in as a [terminal], so that tests can type.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// verbs is the command line.
type verbs struct {
	Serve   serveCmd   `cmd:"" help:"Serve sign-in, sessions and protected pages."`
	Init    initCmd    `cmd:"" help:"Write a commented signet.yaml and fresh secrets."`
	User    userCmd    `cmd:"" help:"Look after users."`
	Session sessionCmd `cmd:"" help:"List sessions and end them."`
	Keys    keysCmd    `cmd:"" help:"Make, list and rotate the secrets that seal cookies."`
	Inspect inspectCmd `cmd:"" help:"Look into a token: format, claims, times, and what is wrong with it."`
	Seal    sealCmd    `cmd:"" help:"Write a token in any format; its claims, a JSON object, come from standard input."`
	Match   matchCmd   `cmd:"" help:"Tell which paths a Next.js matcher covers, and why."`
	Explain explainCmd `cmd:"" help:"Tell which route and rule of the gateway take a request, and what would be sent."`
	Doctor  doctorCmd  `cmd:"" help:"Check configuration, secrets, public URL, cookies and database."`
	Migrate migrateCmd `cmd:"" help:"Bring the database up to date."`
	Version versionCmd `cmd:"" help:"Print version and build."`
}

// A terminal is what a verb sees of the world.
type terminal struct {
	In       io.Reader
	Out, Err io.Writer
	Now      func() time.Time
	Env      func(name string) string // "" where it is not set
	HTTP     *http.Client             // for calls to providers; nil is the usual one
}

// placeFlags say where configuration and data are. Verbs that work on them embed it and
// hand it to [openStore] or [loadConfig].
type placeFlags struct {
	Config string `placeholder:"FILE" help:"Configuration (default: signet.yaml in this folder, if there is one)."`
	Data   string `placeholder:"DIR" help:"Folder for database and secret (default: signet-data beside the configuration)."`
}

// Exit statuses.
const (
	exitOK    = 0
	exitNo    = 1 // the answer is no, or it did not work
	exitUsage = 2 // asked wrongly: unknown flags, a configuration that cannot be used
)

// errNo ends a verb with exitNo and prints nothing: the verb has said it all.
var errNo = errors.New("no")

// A usageError ends a verb with exitUsage. What is wrong and its cure make one line.
type usageError struct{ what, cure string }

func (e *usageError) Error() string {
	if e.cure == "" {
		return e.what
	}
	return e.what + "; " + e.cure
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], &terminal{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now, Env: os.Getenv,
	}))
}

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, io *terminal) (status int) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exitCode:
			status = int(p)
		default:
			panic(p)
		}
	}()
	grammar, verb := grammarFor(args)
	parser, err := kong.New(grammar, verb,
		kong.Name("signet"),
		kong.Description("Sign-in and sessions for web apps, in front of any back end."),
		kong.Writers(io.Out, io.Err),
		kong.Exit(func(code int) { panic(exitCode(code)) }), // after --help
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(io),
	)
	if err != nil {
		panic(err) // a mistake in the structs above
	}
	if len(args) == 0 {
		parser.Exit = func(int) { panic(exitCode(exitUsage)) } // help, but nothing was asked for
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(withIDs(args))
	if err != nil {
		fmt.Fprintf(io.Err, "signet: %v\n%s\n", err, helpFor(err))
		return exitUsage
	}
	return report(io, parsed.Run())
}

// grammarFor is the command line as far as args need it: of a verb that is named, that verb
// alone. To build all of it takes as long as to open the database.
func grammarFor(args []string) (grammar any, verb kong.Option) {
	all := &verbs{}
	fields := reflect.ValueOf(all).Elem()
	for i := range fields.NumField() {
		field := fields.Type().Field(i)
		if name := strings.ToLower(field.Name); len(args) > 0 && args[0] == name {
			return &struct{}{}, kong.DynamicCommand(name, field.Tag.Get("help"), "", fields.Field(i).Addr().Interface())
		}
	}
	return all, kong.OptionFunc(func(*kong.Kong) error { return nil })
}

// exitCode carries the status that kong wants to exit with up to [run].
type exitCode int

// helpFor says which help to read after a command line that could not be parsed.
func helpFor(err error) string {
	command := "signet"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		command += " " + strings.TrimPrefix(parse.Context.Selected().Path(), "signet ")
	}
	return "See `" + command + " --help`."
}

// report prints how a verb ended and returns its exit status.
func report(io *terminal, err error) int {
	var usage *usageError
	var config *configErrors
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errNo):
		return exitNo
	case errors.As(err, &config): // each problem begins with the file, as compilers do it
		fmt.Fprintln(io.Err, config.Error())
		return exitUsage
	case errors.As(err, &usage):
		fmt.Fprintln(io.Err, "signet: "+usage.Error())
		return exitUsage
	}
	fmt.Fprintln(io.Err, "signet: "+err.Error())
	return exitNo
}
