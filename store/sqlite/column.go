package sqlite

import (
	"encoding/json"
	"time"

	"zombiezen.com/go/sqlite"
)

// How Go values stand in columns.

// moment is the opposite of [time.Time.UnixMilli], which columns hold. Go's zero time
// comes back as zero time.
func moment(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

func bytesAt(stmt *sqlite.Stmt, col int) []byte {
	n := stmt.ColumnLen(col)
	if n == 0 {
		return nil
	}
	b := make([]byte, n)
	stmt.ColumnBytes(col, b)
	return b
}

// groupsText is empty for no groups, and readable in a SQL shell otherwise.
func groupsText(groups []string) string {
	if len(groups) == 0 {
		return ""
	}
	b, _ := json.Marshal(groups) // strings always can be marshalled
	return string(b)
}

func groupsFrom(text string) []string {
	var groups []string
	if text != "" {
		// Somebody may have written it by hand; what is no array gives no rights.
		if json.Unmarshal([]byte(text), &groups) != nil {
			return nil
		}
	}
	return groups
}

// prepare takes a statement from c, ready for its arguments. Arguments are int64, string,
// []byte and bool; their order is that of the ?1, ?2 … of the query.
func prepare(c *sqlite.Conn, query string, args ...any) (*sqlite.Stmt, error) {
	stmt, err := c.Prepare(query)
	if err != nil {
		return nil, err
	}
	for i, arg := range args {
		switch v := arg.(type) {
		case int64:
			stmt.BindInt64(i+1, v)
		case string:
			stmt.BindText(i+1, v)
		case []byte:
			stmt.BindBytes(i+1, v)
		case bool:
			stmt.BindBool(i+1, v)
		case nil:
			stmt.BindNull(i + 1)
		default:
			panic("sqlite: argument of a type that no column has")
		}
	}
	return stmt, nil
}

// exec runs a statement that returns no rows, and tells how many it changed.
func exec(c *sqlite.Conn, query string, args ...any) (int, error) {
	stmt, err := prepare(c, query, args...)
	if err != nil {
		return 0, err
	}
	if _, err := stmt.Step(); err != nil {
		return 0, err
	}
	// Left unreset, the statement would hold on to its transaction.
	return c.Changes(), stmt.Reset()
}

// each calls row for each row of the answer.
func each(c *sqlite.Conn, row func(*sqlite.Stmt), query string, args ...any) error {
	stmt, err := prepare(c, query, args...)
	if err != nil {
		return err
	}
	for {
		more, err := stmt.Step()
		if err != nil {
			return err
		}
		if !more {
			return stmt.Reset()
		}
		row(stmt)
	}
}

// one calls row for the first row of the answer and tells whether there is one.
func one(c *sqlite.Conn, row func(*sqlite.Stmt), query string, args ...any) (bool, error) {
	stmt, err := prepare(c, query, args...)
	if err != nil {
		return false, err
	}
	found, err := stmt.Step()
	if err != nil {
		return false, err
	}
	if found {
		row(stmt)
	}
	return found, stmt.Reset()
}
