package session

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A ValueError tells that something in Data cannot be kept faithfully in JSON, or not in
// a way that JavaScript reads it as it was. Nothing has been written then.
type ValueError struct {
	Path    string // by JSON names, such as user.items[2].id
	Problem string
}

func (e *ValueError) Error() string {
	path := e.Path
	if path == "" {
		path = "the data"
	}
	return "session: " + path + ": " + e.Problem
}

const (
	// maxDepth is how deep objects and arrays may be nested; package seal reads no deeper.
	maxDepth = 64

	// maxExact is the largest integer up to which a float64 holds all, which is what
	// JavaScript has for numbers.
	maxExact = 1 << 53
)

// checkValue walks through what pointer points to and refuses what encoding/json would
// change without a word, or refuse without a path.
func checkValue(pointer any) error {
	w := walker{}
	return w.value(reflect.ValueOf(pointer).Elem(), "", false)
}

// A walker holds the pointers that lead to where it is, to notice when it walks in a circle.
type walker map[visit]bool

type visit struct {
	pointer uintptr
	length  int // of a slice, which may begin where the one around it does
	kind    reflect.Type
}

// value checks v. quoted says that the field has the option ",string".
func (w walker) value(v reflect.Value, path string, quoted bool) error {
	if !v.IsValid() {
		return nil
	}
	if ok, err := checkMarshaler(v, path); ok {
		return err
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n := v.Int(); !quoted && (n > maxExact || n < -maxExact) {
			return inexact(path, strconv.FormatInt(n, 10))
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if n := v.Uint(); !quoted && n > maxExact {
			return inexact(path, strconv.FormatUint(n, 10))
		}
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return &ValueError{path, strconv.FormatFloat(f, 'g', -1, 64)}
		}
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return &ValueError{path, "invalid UTF-8"}
		}
	case reflect.Interface:
		return w.value(v.Elem(), path, false)
	case reflect.Pointer:
		return w.inside(v, path, func() error { return w.value(v.Elem(), path, quoted) })
	case reflect.Map:
		return w.inside(v, path, func() error { return w.entries(v, path) })
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil // base64
		}
		return w.inside(v, path, func() error { return w.elements(v, path) })
	case reflect.Array:
		return w.elements(v, path)
	case reflect.Struct:
		return w.fields(v, path)
	case reflect.Complex64, reflect.Complex128, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return &ValueError{path, "a " + v.Kind().String() + " cannot be kept"}
	}
	return nil
}

func inexact(path, number string) error {
	return &ValueError{path, number + " is more than a JavaScript number holds exactly"}
}

// checkMarshaler lets a type that writes itself do so, which tells the path of its error.
// ok is false for all other types. The choice is that of encoding/json.
func checkMarshaler(v reflect.Value, path string) (ok bool, err error) {
	t := v.Type()
	switch {
	case !v.CanInterface():
		return false, nil
	case writesItself(t):
		if k := v.Kind(); (k == reflect.Pointer || k == reflect.Interface) && v.IsNil() {
			return true, nil
		}
	case v.CanAddr() && t.Kind() != reflect.Pointer && writesItself(reflect.PointerTo(t)):
		v = v.Addr()
	default:
		return false, nil
	}
	if _, err := json.Marshal(v.Interface()); err != nil {
		return true, &ValueError{path, err.Error()}
	}
	return true, nil
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func writesItself(t reflect.Type) bool {
	return t.Implements(jsonMarshaler) || t.Implements(textMarshaler)
}

// inside walks into a pointer, map or slice.
func (w walker) inside(v reflect.Value, path string, walk func() error) error {
	if v.IsNil() {
		return nil
	}
	here := visit{pointer: v.Pointer(), kind: v.Type()}
	if v.Kind() == reflect.Slice {
		here.length = v.Len()
	}
	if w[here] {
		return &ValueError{path, "a cycle"}
	}
	w[here] = true
	defer delete(w, here)
	return walk()
}

func (w walker) elements(v reflect.Value, path string) error {
	for i := range v.Len() {
		if err := w.value(v.Index(i), path+"["+strconv.Itoa(i)+"]", false); err != nil {
			return err
		}
	}
	return nil
}

// entries checks a map in the order of its names, so that the same data always gives the
// same error.
func (w walker) entries(v reflect.Value, path string) error {
	type entry struct {
		name  string
		value reflect.Value
	}
	var list []entry
	for each := v.MapRange(); each.Next(); {
		name, err := keyName(each.Key())
		if err != nil {
			return &ValueError{path, err.Error()}
		}
		list = append(list, entry{name, each.Value()})
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	for _, e := range list {
		switch inner := join(path, e.name); {
		case !utf8.ValidString(e.name):
			return &ValueError{inner, "invalid UTF-8 in the key"}
		case strings.IndexByte(e.name, 0) >= 0: // package seal reads neither this nor the next
			return &ValueError{inner, "NUL in the key"}
		case e.name == "__proto__":
			return &ValueError{inner, "JavaScript gives this key a meaning of its own"}
		}
		if err := w.value(e.value, join(path, e.name), false); err != nil {
			return err
		}
	}
	return nil
}

// keyName is the name that encoding/json gives to a key.
func keyName(key reflect.Value) (string, error) {
	if key.Kind() == reflect.String {
		return key.String(), nil
	}
	if m, ok := key.Interface().(encoding.TextMarshaler); ok {
		if key.Kind() == reflect.Pointer && key.IsNil() {
			return "", nil
		}
		text, err := m.MarshalText()
		return string(text), err
	}
	switch {
	case key.CanInt():
		return strconv.FormatInt(key.Int(), 10), nil
	case key.CanUint():
		return strconv.FormatUint(key.Uint(), 10), nil
	}
	return "", fmt.Errorf("a %s cannot be the key of a map", key.Type())
}

func (w walker) fields(v reflect.Value, path string) error {
	t := v.Type()
	open := 0
	for i := range t.NumField() {
		f := t.Field(i)
		name, written := fieldName(f)
		if written || f.Tag.Get("json") == "-" {
			open++
		}
		if !written || leftOut(f, v.Field(i)) {
			continue
		}
		inner := path
		if name != "" {
			inner = join(path, name)
		}
		if err := w.value(v.Field(i), inner, option(f, "string")); err != nil {
			return err
		}
	}
	if open == 0 && t.NumField() > 0 {
		return &ValueError{path, "type " + t.String() + " has no exported fields and writes nothing of itself"}
	}
	return nil
}

// fieldName is the name that encoding/json gives to a field, empty for an embedded struct
// whose fields it takes for those of the outer one. written is false for fields that it
// passes over.
func fieldName(f reflect.StructField) (name string, written bool) {
	tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	inner := f.Type
	if inner.Kind() == reflect.Pointer {
		inner = inner.Elem()
	}
	embedded := f.Anonymous && inner.Kind() == reflect.Struct
	switch {
	case f.Tag.Get("json") == "-", !f.IsExported() && !embedded:
		return "", false
	case tag != "":
		return tag, true
	case embedded:
		return "", true
	}
	return f.Name, true
}

// option reports whether the field's tag has an option.
func option(f reflect.StructField, name string) bool {
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return slices.Contains(strings.Split(options, ","), name)
}

// leftOut reports whether omitzero keeps the field out. omitempty needs no look: what it
// keeps out is empty and has nothing inside to refuse.
func leftOut(f reflect.StructField, v reflect.Value) bool {
	return v.IsZero() && option(f, "omitzero")
}

// checkNames refuses names that readers take for the same, in any object of a value, and
// nesting too deep to be read.
func checkNames(path string, value []byte, depth int) error {
	switch {
	case !opens('{', value) && !opens('[', value):
		return nil
	case depth > maxDepth:
		return &ValueError{path, "nested too deep"}
	case opens('[', value):
		for i, element := range elements(value) {
			if err := checkNames(path+"["+strconv.Itoa(i)+"]", element, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	object, err := readMembers(value)
	if err != nil {
		return err
	}
	for i, m := range object.list {
		// fold holds the last one of a name, so all but that see another one.
		if last := object.fold[fold(m.name)]; last != i {
			return &ValueError{join(path, object.list[last].name), fmt.Sprintf("there is %q beside it, which readers take for the same", m.name)}
		}
		if err := checkNames(join(path, m.name), m.value, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// join appends a name to a path, quoted where it could be misread.
func join(path, name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsPrint(r) || r == ' ' || r == utf8.RuneError || strings.ContainsRune(`.[]":`, r)
	}) {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
