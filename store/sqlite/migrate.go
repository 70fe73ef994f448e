package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
)

// appID marks a file as ours ("sgnt"). It stands in the header of the database, so that
// the file of another program is never migrated by mistake.
const appID = 0x73676e74

// Each file is one version of the schema. A file that was released is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

// schema reads the migrations, oldest first, and their names.
func schema() (names []string, s sqlitemigration.Schema) {
	s.AppID = appID
	files, err := fs.ReadDir(migrations, "migrations") // sorted by name
	if err != nil {
		panic("sqlite: " + err.Error()) // embedded at build time
	}
	for _, f := range files {
		text, err := migrations.ReadFile("migrations/" + f.Name())
		if err != nil {
			panic("sqlite: " + err.Error())
		}
		names = append(names, strings.TrimSuffix(f.Name(), ".sql"))
		s.Migrations = append(s.Migrations, string(text))
	}
	return names, s
}

// Pending returns the names of the migrations that the database at path still needs,
// oldest first; all of them where there is no file. It changes nothing and makes no file.
// The errors are [ErrNewer] and [ErrForeign], wrapped, or that of the system.
func Pending(ctx context.Context, path string) ([]string, error) {
	names, _ := schema()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return names, nil
	}
	c, err := dial(path)
	if err != nil {
		return nil, explain("open "+path, err)
	}
	defer c.Close()
	c.SetInterrupt(ctx.Done())
	version, err := schemaVersion(c)
	if err != nil {
		return nil, explain("open "+path, err)
	}
	return names[version:], nil
}

// bringUp applies what is pending.
func bringUp(ctx context.Context, c *sqlite.Conn, o Options) error {
	names, s := schema()
	version, err := schemaVersion(c)
	if err != nil {
		return err
	}
	pending := names[version:]
	if len(pending) == 0 {
		return nil
	}
	if o.NoMigrate {
		return fmt.Errorf("%w: %s", ErrPending, strings.Join(pending, ", "))
	}
	return sqlitemigration.Migrate(ctx, c, s)
}

// schemaVersion tells how many migrations were applied.
func schemaVersion(c *sqlite.Conn) (int, error) {
	var version, app, tables int64
	query := "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version, pragma_application_id"
	err := transient(c, query, func(stmt *sqlite.Stmt) {
		version, app, tables = stmt.ColumnInt64(0), stmt.ColumnInt64(1), stmt.ColumnInt64(2)
	})
	if err != nil {
		return 0, err
	}
	if app != appID && (app != 0 || tables > 0) {
		return 0, ErrForeign
	}
	if names, _ := schema(); version < 0 || version > int64(len(names)) {
		return 0, fmt.Errorf("%w: schema %d, this program knows %d", ErrNewer, version, len(names))
	}
	return int(version), nil
}

// transient runs a statement that is used once, and calls row for its first row.
func transient(c *sqlite.Conn, query string, row func(*sqlite.Stmt)) error {
	stmt, _, err := c.PrepareTransient(query)
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	more, err := stmt.Step()
	if more && row != nil {
		row(stmt)
	}
	return err
}
