//go:build !unix

package sqlite_test

import (
	"bufio"

	"github.com/signet-auth/signet/store/sqlite"
)

// fillUp needs limits that only Unix has.
func fillUp(*sqlite.Store, *bufio.Scanner, func(string, ...any)) {}
