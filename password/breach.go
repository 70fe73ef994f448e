package password

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

const (
	hashLine    = 2 * sha1.Size
	longestLine = hashLine + 24 // hash, colon, count, line end
)

var errBreachList = errors.New("password: breach list: not sorted lines of SHA-1 and count")

// BreachList makes a check for [Rules.Breached] of a file of breached passwords, size bytes
// long: one line each, the SHA-1 of the password in upper-case hex, then optionally a colon
// and a count, sorted. That is how the well-known lists are offered for download. A look-up
// reads some thirty short pieces of the file, which is never held in memory.
func BreachList(file io.ReaderAt, size int64) func(ctx context.Context, password string) (bool, error) {
	return func(ctx context.Context, password string) (bool, error) {
		sum := sha1.Sum([]byte(password)) // a name in a list, not a protection
		want := bytes.ToUpper(hex.AppendEncode(nil, sum[:]))
		// The line begins in [low, high), both of which are beginnings of lines.
		for low, high := int64(0), size; low < high; {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			begin, line, err := lineAround(file, low, low+(high-low)/2)
			if err != nil {
				return false, err
			}
			switch order := bytes.Compare(want, line[:hashLine]); {
			case order == 0:
				return true, nil
			case order < 0:
				high = begin
			default:
				low = begin + int64(len(line))
			}
		}
		return false, nil
	}
}

// lineAround reads the line, with its end, that the byte at middle belongs to.
func lineAround(file io.ReaderAt, low, middle int64) (begin int64, line []byte, err error) {
	from := max(low, middle-longestLine)
	piece := make([]byte, middle-from+longestLine)
	n, err := file.ReadAt(piece, from)
	if err != nil && err != io.EOF {
		return 0, nil, fmt.Errorf("password: breach list: %w", err)
	}
	piece = piece[:n]
	if int64(n) <= middle-from {
		return 0, nil, errBreachList // shorter than it was said to be
	}
	start := bytes.LastIndexByte(piece[:middle-from], '\n') + 1
	line = piece[start:]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end+1]
	} else if err != io.EOF {
		return 0, nil, errBreachList // no such long lines
	}
	if len(line) < hashLine {
		return 0, nil, errBreachList
	}
	return from + int64(start), line, nil
}
