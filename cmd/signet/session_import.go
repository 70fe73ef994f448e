package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/lucia"
	"github.com/signet-auth/signet/store/sqlite"
)

// sessionImportCmd files the sessions of another app, whose cookies are names of rows in its
// table. Each becomes one of ours when its browser comes next.
type sessionImportCmd struct {
	File   string   `arg:"" help:"Rows of the session table: a JSON object on each line, or an array as sqlite3 -json prints it. - is standard input."`
	Format string   `required:"" enum:"lucia" placeholder:"FORMAT" help:"lucia: Lucia 3, and the three later ways of its author."`
	Claims []string `sep:"," placeholder:"COLUMN" help:"Further columns that go into the session, by name; without it none do."`
	DryRun bool     `help:"Only look: file nothing."`
	placeFlags
	outputFlags
}

// An importReport is what became of the rows, for programs.
type importReport struct {
	Imported     int          `json:"imported"`
	Expired      int          `json:"expired"`
	Refused      []refusedRow `json:"refused"`
	UnknownUsers int          `json:"unknown_users"`
	DryRun       bool         `json:"dry_run"`
}

type refusedRow struct {
	Line int    `json:"line,omitempty"` // of a file with a row on each line
	Row  int    `json:"row,omitempty"`  // of an array
	Why  string `json:"why"`
}

func (r refusedRow) String() string {
	if r.Row > 0 {
		return fmt.Sprintf("row %d: %s", r.Row, r.Why)
	}
	return fmt.Sprintf("line %d: %s", r.Line, r.Why)
}

// Run is the verb. The answer is no when a row was refused.
func (c *sessionImportCmd) Run(ctx context.Context, io *terminal) error {
	for _, name := range c.Claims {
		if name == "" || slices.Contains(ownMembers, name) {
			return &usageError{"session import: --claims " + quoted(name) + " cannot be a column of an app", "name columns, with commas between them"}
		}
	}
	in, done, err := c.open(io)
	if err != nil {
		return err
	}
	defer done()
	return withStore(ctx, io, c.placeFlags, func(store *sqlite.Store, site config) error {
		filing := &filing{ctx: ctx, cmd: c, io: io, store: store, users: map[string]bool{}}
		err := filing.all(in)
		if err != nil {
			return fmt.Errorf("session import: %w", err)
		}
		if err := c.tell(io, filing.report(), site); err != nil {
			return err
		}
		if len(filing.Refused) > 0 {
			return errNo
		}
		return nil
	})
}

func (c *sessionImportCmd) open(from *terminal) (io.Reader, func() error, error) {
	if c.File == "-" {
		return from.In, func() error { return nil }, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, nil, &usageError{"session import: " + err.Error(), "name the file with the rows, or - for standard input"}
	}
	return f, f.Close, nil
}

// A filing goes through the rows.
type filing struct {
	ctx   context.Context
	cmd   *sessionImportCmd
	io    *terminal
	store *sqlite.Store

	importReport
	users map[string]bool // by ID: whether we know them
}

// together is how many rows are filed at once: the store takes what waits into one commit.
const together = 256

// all files the rows, a batch at a time.
func (f *filing) all(in io.Reader) error {
	var batch []lucia.Row
	for row, err := range rowsOf(in) {
		var bad *rowError
		switch {
		case errors.As(err, &bad):
			f.Refused = append(f.Refused, bad.refusedRow)
			continue
		case err != nil:
			return err
		case !f.io.Now().Before(row.Expires):
			f.Expired++
			continue
		}
		if batch = append(batch, row); len(batch) < together {
			continue
		}
		if err := f.file(batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return f.file(batch)
}

func (f *filing) file(batch []lucia.Row) error {
	failed := make([]error, len(batch))
	var all sync.WaitGroup
	defer all.Wait()
	for i, row := range batch {
		if err := f.know(row.UserID); err != nil {
			return err
		}
		claims, err := f.cmd.claims(row)
		if err != nil {
			return err
		}
		key, err := row.Key()
		if err != nil {
			return err // was read as a row of a known form
		}
		f.Imported++
		if f.cmd.DryRun {
			continue
		}
		all.Go(func() {
			failed[i] = signet.ImportSession(f.ctx, f.store, lucia.Format, key, signet.Imported{UserID: row.UserID, Expires: row.Expires, Claims: claims})
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// know finds out whether a user is one of ours.
func (f *filing) know(id string) error {
	if _, asked := f.users[id]; asked {
		return nil
	}
	_, err := f.store.User(f.ctx, signet.By{ID: id})
	if err != nil && !errors.Is(err, signet.ErrNotFound) {
		return err
	}
	f.users[id] = err == nil
	return nil
}

func (f *filing) report() importReport {
	r := f.importReport
	r.Refused = append([]refusedRow{}, r.Refused...)
	r.DryRun = f.cmd.DryRun
	for _, known := range f.users {
		if !known {
			r.UnknownUsers++
		}
	}
	return r
}

// claims are the columns that were asked for.
func (c *sessionImportCmd) claims(row lucia.Row) (signet.Claims, error) {
	var claims signet.Claims
	if len(c.Claims) == 0 || row.Attributes == nil {
		return claims, nil
	}
	all, err := signet.ParseClaims(row.Attributes)
	if err != nil {
		return claims, err
	}
	for _, name := range c.Claims {
		if raw := all.Raw(name); raw != nil {
			if err := claims.Set(name, raw); err != nil {
				return claims, err
			}
		}
	}
	return claims, nil
}

// tell prints what became of the rows.
func (c *sessionImportCmd) tell(io *terminal, r importReport, site config) error {
	if c.JSON {
		return writeJSON(io.Out, r)
	}
	done := "Imported"
	if r.DryRun {
		done = "Would import"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s; %d had expired, %d refused.\n", done, counted(r.Imported, "session"), r.Expired, len(r.Refused))
	for i, bad := range r.Refused {
		if i == shown {
			fmt.Fprintf(&b, "… and %d more\n", len(r.Refused)-shown)
			break
		}
		fmt.Fprintln(&b, bad)
	}
	if r.UnknownUsers > 0 {
		fmt.Fprintf(&b, "%s not among those here: the sessions open all the same, without name and e-mail address unless --claims brings them.\n", counted(r.UnknownUsers, "user"))
	}
	if !slices.ContainsFunc(site.session.accept, func(a acceptConfig) bool { return a.format == lucia.Format }) {
		fmt.Fprintf(&b, "They open once `session` has `accept: [lucia]`, or [{format: lucia, cookie: NAME}] where the cookie is not called %s.\n", lucia.CookieName)
	}
	return c.print(io, r, "%s", b.String())
}

// A rowError is a row that cannot be used, while those behind it may be.
type rowError struct{ refusedRow }

func (e *rowError) Error() string { return e.String() }

// rowsOf reads both kinds of files. An error that is no [*rowError] is the last.
func rowsOf(in io.Reader) iter.Seq2[lucia.Row, error] {
	r := bufio.NewReader(in)
	if firstOf(r) == '[' {
		return arrayRows(r)
	}
	return func(yield func(lucia.Row, error) bool) {
		for row, err := range lucia.ReadRows(r) {
			var bad *lucia.RowError
			var wrong *seal.OpenError
			if errors.As(err, &bad) && errors.As(err, &wrong) { // else it is the file that cannot be read
				err = &rowError{refusedRow{Line: bad.Line, Why: whyNot(bad.Err)}}
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// firstOf is the first byte that is no blank, 0 where there is none near.
func firstOf(r *bufio.Reader) byte {
	head, _ := r.Peek(64)
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 {
		return 0
	}
	return head[0]
}

// arrayRows reads the elements of an array, each as strictly as a line.
func arrayRows(r io.Reader) iter.Seq2[lucia.Row, error] {
	return func(yield func(lucia.Row, error) bool) {
		d := json.NewDecoder(r)
		d.Token() // the bracket, which has been seen
		for n := 1; d.More(); n++ {
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				yield(lucia.Row{}, fmt.Errorf("row %d of the array is no JSON: %w", n, err))
				return
			}
			row, err := rowOf(raw)
			if err != nil {
				err = &rowError{refusedRow{Row: n, Why: whyNot(err)}}
			}
			if !yield(row, err) {
				return
			}
		}
		if _, err := d.Token(); err != nil {
			yield(lucia.Row{}, errors.New("the array has no end: the file is cut off"))
		}
	}
}

func rowOf(raw json.RawMessage) (lucia.Row, error) {
	var line bytes.Buffer
	if err := json.Compact(&line, raw); err != nil {
		return lucia.Row{}, err
	}
	for row, err := range lucia.ReadRows(&line) {
		var bad *lucia.RowError
		if errors.As(err, &bad) {
			err = bad.Err
		}
		return row, err
	}
	return lucia.Row{}, errors.New("empty")
}

// whyNot is what is wrong with a row, without the names of packages.
func whyNot(err error) string {
	var bad *seal.OpenError
	if errors.As(err, &bad) && bad.Detail != "" {
		return bad.Detail
	}
	return plainWords(err)
}
