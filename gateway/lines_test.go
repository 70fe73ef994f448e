package gateway

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// Every byte at every place, alone and beside every other kind of byte: eight at a time are
// judged as each by itself.
func TestFieldValuesEightAtATime(t *testing.T) {
	for _, around := range []string{"aaaaaaaa", "\x80\xff\x80\xff\x80\xff\x80\xff", "        ", "~~~~~~~~", "\t\t\t\t\t\t\t\t"} {
		for c := range 256 {
			for at := range 8 {
				s := around[:at] + string([]byte{byte(c)}) + around[at+1:]
				for _, text := range []string{s, s + "a", "abc" + s + s} {
					if got, want := isFieldValue(text), isFieldText(text); got != want {
						t.Fatalf("%q: %t, want %t", text, got, want)
					}
				}
			}
		}
	}
	if !isFieldValue("") || isFieldValue("a\r\n") {
		t.Error("short values")
	}
}

func TestLines(t *testing.T) {
	l := linesOf(http.Header{"A": {"1", "2"}, "B": {"3"}})
	l.Set("A", "4")
	l.add("C", "5")
	l.add("C", "6")
	l.Del("B")
	l.Del("none")
	if want := (http.Header{"A": {"4"}, "C": {"5", "6"}}); !reflect.DeepEqual(l.header(), want) || l.Get("C") != "5" || l.Get("B") != "" {
		t.Errorf("%v, want %v", l.header(), want)
	}
	giveBack(&l)
	if len(l.list) != 0 || strings.Join([]string{l.list[:1][0].name, l.list[:1][0].value}, "") != "" {
		t.Error("what was given back remembers")
	}
}
