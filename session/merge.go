package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// merge carries a change over into JSON that holds more than Go knows of. raw is the
// value as it was found, base the same as Go writes it back untouched, next as Go writes
// it now. Where base and next are the same, raw stays; what raw holds beyond base stays.
// Equal values of one Go type have equal encodings, so bytes are compared.
func merge(path string, raw, base, next []byte) ([]byte, error) {
	switch {
	case bytes.Equal(base, next):
		return raw, nil
	case opens('{', raw, base, next):
		return mergeObjects(path, raw, base, next)
	case opens('[', raw, base, next):
		return mergeArrays(path, raw, base, next)
	}
	return next, nil
}

// opens reports whether each of the values starts with that bracket.
func opens(bracket byte, values ...[]byte) bool {
	return !slices.ContainsFunc(values, func(v []byte) bool {
		v = bytes.TrimLeft(v, space)
		return len(v) == 0 || v[0] != bracket
	})
}

const space = " \t\r\n"

func mergeObjects(path string, raw, base, next []byte) ([]byte, error) {
	was, err := readMembers(raw)
	if err != nil {
		return nil, err
	}
	saw, err := readMembers(base)
	if err != nil {
		return nil, err
	}
	now, err := readMembers(next)
	if err != nil {
		return nil, err
	}
	// The payload itself is no thing with an identity: it is the session, whatever is in it.
	if path != "" && differ(saw.get("id"), now.get("id")) {
		return next, nil
	}
	var out []member
	for _, m := range was.list {
		kept, err := mergeMember(path, m, saw, now)
		if err != nil {
			return nil, err
		}
		if kept != nil {
			out = append(out, member{m.key, m.name, kept})
		}
	}
	for _, m := range now.list {
		// A member that was not there and is what Go made of that remains not there.
		if was.get(m.name) == nil && !bytes.Equal(m.value, saw.get(m.name)) {
			out = append(out, m)
		}
	}
	return writeMembers(out), nil
}

// differ reports whether both values are there and are not the same.
func differ(a, b []byte) bool { return a != nil && b != nil && !bytes.Equal(a, b) }

// mergeMember decides about one member of raw: its new value, or nil to drop it.
func mergeMember(path string, m member, saw, now members) ([]byte, error) {
	before, after := saw.get(m.name), now.get(m.name)
	switch {
	case before == nil && after == nil:
		return mergeUnknown(path, m, saw, now)
	case after == nil:
		return nil, nil
	case before == nil: // not new, but empty to Go and so left out
		if !opens('{', m.value, after) {
			return after, nil
		}
		before = []byte("{}")
	}
	return merge(join(path, m.name), m.value, before, after)
}

// mergeUnknown keeps a member that Go does not know by this name. Go's decoder may have
// taken it for a field whose name differs in case only. Then it goes where the field
// goes, and a change is refused: it would be written under a name that the other program
// does not use.
func mergeUnknown(path string, m member, saw, now members) ([]byte, error) {
	before := saw.folded(m.name)
	if before == nil {
		return m.value, nil
	}
	after := now.folded(m.name)
	switch {
	case after == nil:
		return nil, nil
	case !bytes.Equal(before.value, after.value):
		return nil, &ValueError{join(path, after.name), fmt.Sprintf("the cookie has it as %q, which differs in case", m.name)}
	}
	return m.value, nil
}

// mergeArrays finds the elements of base in next and puts what raw has for them in their
// place: first by content, then by their member id, then by position.
func mergeArrays(path string, raw, base, next []byte) ([]byte, error) {
	was, saw, now := elements(raw), elements(base), elements(next)
	if len(was) != len(saw) { // a Go array of fixed length: no telling what is what
		return next, nil
	}
	from := pair(saw, now)
	out := make([][]byte, len(now))
	for i, value := range now {
		out[i] = value
		if from[i] < 0 {
			continue
		}
		merged, err := merge(path+"["+strconv.Itoa(i)+"]", was[from[i]], saw[from[i]], value)
		if err != nil {
			return nil, err
		}
		out[i] = merged
	}
	joined := bytes.Join(out, []byte(","))
	return slices.Concat([]byte("["), joined, []byte("]")), nil
}

// pair tells for each element of now which element of saw it was, or -1.
func pair(saw, now []json.RawMessage) []int {
	from := slices.Repeat([]int{-1}, len(now))
	taken := make([]bool, len(saw))
	take := func(i, j int) { from[i], taken[j] = j, true }
	// The place first, so that equal elements do not change theirs.
	for i := range min(len(saw), len(now)) {
		if bytes.Equal(saw[i], now[i]) {
			take(i, i)
		}
	}
	for _, key := range []func(json.RawMessage) string{content, identity} {
		free := map[string][]int{}
		for j, value := range saw {
			if k := key(value); k != "" && !taken[j] {
				free[k] = append(free[k], j)
			}
		}
		for i, value := range now {
			if from[i] >= 0 {
				continue
			}
			if k := key(value); len(free[k]) > 0 {
				take(i, free[k][0])
				free[k] = free[k][1:]
			}
		}
	}
	if len(saw) != len(now) {
		return from
	}
	for i := range now {
		if from[i] < 0 && !taken[i] {
			take(i, i)
		}
	}
	return from
}

func content(value json.RawMessage) string { return string(value) }

// identity is an element's member id as it is written, empty where it has none.
func identity(value json.RawMessage) string {
	if !opens('{', value) {
		return ""
	}
	list, err := readMembers(value)
	if err != nil {
		return ""
	}
	return string(list.get("id"))
}

// elements splits an array.
func elements(array []byte) []json.RawMessage {
	var list []json.RawMessage
	// Opened or encoded by us, so it is an array; an empty one has no elements either.
	_ = json.Unmarshal(array, &list)
	return list
}

// A member of an object, with its name also as it is written, quotes and escapes included.
type member struct {
	key   []byte
	name  string
	value []byte
}

// members is an object, in order and by name.
type members struct {
	list []member
	at   map[string]int
	fold map[string]int
}

func (m members) get(name string) []byte {
	if i, ok := m.at[name]; ok {
		return m.list[i].value
	}
	return nil
}

// folded finds a member whose name differs at most in case.
func (m members) folded(name string) *member {
	if i, ok := m.fold[fold(name)]; ok {
		return &m.list[i]
	}
	return nil
}

// fold gives one text for all names that encoding/json takes for the same field.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}

// readMembers splits an object. package seal has a stricter and faster reader, which does
// not tell how a name was written.
func readMembers(object []byte) (members, error) {
	m := members{at: map[string]int{}, fold: map[string]int{}}
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return m, fmt.Errorf("session: %w", err)
	}
	for d.More() {
		start := d.InputOffset()
		name, err := d.Token()
		if err != nil {
			return m, fmt.Errorf("session: %w", err)
		}
		key := bytes.TrimLeft(object[start:d.InputOffset()], space+",")
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return m, fmt.Errorf("session: %w", err)
		}
		text, _ := name.(string)
		m.at[text], m.fold[fold(text)] = len(m.list), len(m.list)
		m.list = append(m.list, member{key, text, value})
	}
	return m, nil
}

func writeMembers(list []member) []byte {
	out := []byte{'{'}
	for i, m := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, m.key...)
		out = append(out, ':')
		out = append(out, m.value...)
	}
	return append(out, '}')
}
