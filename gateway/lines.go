package gateway

import (
	"net/http"
	"slices"
	"sync"
)

// lines are the header of a request to a server, name by name in canonical form. They are
// written once, in order, and hardly ever looked up, for which a map is too much.
// [http.Header] has the same methods.
type lines struct{ list []field }

func (l *lines) add(name, value string) { l.list = append(l.list, field{name, value}) }

func (l *lines) addAll(name string, values []string) {
	for _, v := range values {
		l.add(name, v)
	}
}

// Set puts a value in the place of all that is there under the name.
func (l *lines) Set(name, value string) {
	l.Del(name)
	l.add(name, value)
}

// Del takes away what is there under a name.
func (l *lines) Del(name string) {
	l.list = slices.DeleteFunc(l.list, func(f field) bool { return f.name == name })
}

// Get is the first value of a name, "" for none.
func (l *lines) Get(name string) string {
	for _, f := range l.list {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// linesOf is a header as lines. It has to be canonical.
func linesOf(h http.Header) lines {
	var l lines
	for name, values := range h {
		l.addAll(name, values)
	}
	return l
}

// header is the same for who likes maps better.
func (l *lines) header() http.Header {
	h := http.Header{}
	for _, f := range l.list {
		h[f.name] = append(h[f.name], f.value)
	}
	return h
}

// A headerWriter takes what a server may believe: the lines of a request, or the header of
// an answer to another proxy.
type headerWriter interface {
	Set(name, value string)
	Del(name string)
	Get(name string) string
}

// usedLines are of requests that have gone, empty and with their memory.
var usedLines = sync.Pool{New: func() any { return &lines{list: make([]field, 0, 32)} }}

// giveBack is for lines that nobody looks at any more.
func giveBack(l *lines) {
	if cap(l.list) <= 128 {
		clear(l.list)
		l.list = l.list[:0]
		usedLines.Put(l)
	}
}
