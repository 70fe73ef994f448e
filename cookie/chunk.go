package cookie

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// A Chunked is a value that a request brought in one cookie or in several.
type Chunked struct {
	// Value is the whole value, decoded.
	Value string

	// Names are the cookies of the family that the request brought, as by Jar.Family,
	// also those that Value was not taken from.
	Names []string
}

// Chunked returns the value of the cookie name, or of name.0, name.1, … put together.
// Only exactly these names count; numbers have no leading zeros.
//
// A bare cookie is the value by itself and numbered ones beside it are not joined to it:
// they are left over from a longer value whose clearing did not reach the browser.
// Otherwise there must be 1 to MaxChunks chunks without a gap, in any order. An empty
// cookie counts as not there, as in Auth.js v5.
//
// Errors are ErrAbsent, ErrDuplicate (any name of the family twice, also one that would
// not have been used), ErrGap and ErrTooLarge (more chunks than MaxChunks, or more octets
// than MaxToken). With an error Value is empty and Names is still filled in, so the
// caller can clear what is broken.
func (j Jar) Chunked(name string) (Chunked, error) {
	var room [2 * MaxChunks]string // on the stack; only a hostile request needs more
	var parts [MaxChunks]string
	names, whole, chunks, twice := room[:0], "", 0, false
	c := cursor{lines: j.lines}
	for c.next() {
		n, ok := place(c.name, name)
		if !ok {
			continue
		}
		if slices.Contains(names, c.name) {
			twice = true
			continue
		}
		names = append(names, c.name)
		switch {
		case c.value == "":
		case n == bareName:
			whole = c.value
		default:
			chunks++
			if n < MaxChunks {
				parts[n] = c.value
			}
		}
	}
	found := Chunked{Names: append([]string(nil), names...)}
	switch {
	case twice:
		return found, ErrDuplicate
	case whole != "":
		parts[0], chunks = whole, 1
	case chunks == 0:
		return found, ErrAbsent
	case chunks > MaxChunks:
		return found, ErrTooLarge
	}
	value, err := join(parts[:chunks])
	found.Value = value
	return found, err
}

// join puts chunks together. Each is decoded by itself, since each was a cookie by itself.
func join(parts []string) (string, error) {
	size := 0
	for i, part := range parts {
		if part == "" {
			return "", ErrGap
		}
		parts[i] = decode(part)
		size += len(parts[i])
	}
	if size > MaxToken {
		return "", ErrTooLarge
	}
	return strings.Join(parts, ""), nil
}

// Family returns the names that Chunked would look at, in request order, each once: what
// the request brought under name and name.<number>, whatever its state. It is what a
// clear or a new value has to name.
func (j Jar) Family(name string) []string {
	var names []string
	c := cursor{lines: j.lines}
	for c.next() {
		if _, ok := place(c.name, name); ok && !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	return names
}

// bareName is the place of a cookie without a number.
const bareName = -1

// place returns where a cookie stands in the family of base: bareName or its number.
// Numbers too high to be used come out as MaxChunks or more, whatever their length.
func place(name, base string) (n int, ok bool) {
	suffix, ok := strings.CutPrefix(name, base)
	if !ok {
		return 0, false
	}
	if suffix == "" {
		return bareName, true
	}
	digits, ok := strings.CutPrefix(suffix, ".")
	if !ok || digits == "" || digits[0] == '0' && digits != "0" {
		return 0, false
	}
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n < MaxChunks { // no overflow
			n = n*10 + int(c-'0')
		}
	}
	return n, true
}

// A Write is one cookie of a plan: to be set to Value, or to be cleared.
type Write struct {
	Name, Value string
	Clear       bool
}

// errSplit is for callers who try to spread what is not a token.
var errSplit = errors.New("cookie: a value in chunks must need no encoding")

// Plan tells which cookies put value in the browser's hands and leave nothing of the
// value before. had is what Family returned for name, size the room in one cookie:
// ChunkV4 or ChunkV5.
//
// A value of up to size octets goes under the bare name, a longer one under name.0,
// name.1, … only. Every name in had that the new value does not use is cleared. The order
// is that of Auth.js: names of had first, each in its place whether set or cleared, then
// the new ones.
//
// ErrTooLarge means more than MaxChunks chunks, more than MaxToken octets, or a name that
// leaves no room for a chunk; nothing is planned then, so the session in the browser
// stays as it was. A value longer than size must consist of letters, digits and
// -_.!~*'(), which all formats of tokens do; an empty one is an error, see PlanClear.
func Plan(name, value string, had []string, size int) ([]Write, error) {
	fresh, err := split(name, value, size)
	if err != nil {
		return nil, err
	}
	plan := make([]Write, 0, len(had)+len(fresh))
	for _, old := range had {
		if slices.ContainsFunc(plan, named(old)) {
			continue
		}
		w := Write{Name: old, Clear: true}
		if i := slices.IndexFunc(fresh, named(old)); i >= 0 {
			w = fresh[i]
			fresh = slices.Delete(fresh, i, i+1)
		}
		plan = append(plan, w)
	}
	return append(plan, fresh...), nil
}

// PlanClear is the plan that ends a value: every name in had is cleared, in order.
func PlanClear(had []string) []Write {
	plan := make([]Write, 0, len(had))
	for _, old := range had {
		if !slices.ContainsFunc(plan, named(old)) {
			plan = append(plan, Write{Name: old, Clear: true})
		}
	}
	return plan
}

// split cuts value into the cookies that hold it.
func split(name, value string, size int) ([]Write, error) {
	switch {
	case value == "":
		return nil, errors.New("cookie: no value to plan for")
	case size < 1:
		return nil, errors.New("cookie: chunks without size")
	case len(value) <= size:
		return []Write{{Name: name, Value: value}}, nil
	case len(value) > MaxToken, len(value) > MaxChunks*size, len(name)+len(".0")+size > MaxPair:
		return nil, ErrTooLarge
	case !inValue.cover(value):
		return nil, errSplit
	}
	var writes []Write
	for n := 0; value != ""; n++ {
		part := value[:min(size, len(value))]
		writes = append(writes, Write{Name: name + "." + strconv.Itoa(n), Value: part})
		value = value[len(part):]
	}
	return writes, nil
}

func named(name string) func(Write) bool {
	return func(w Write) bool { return w.Name == name }
}
