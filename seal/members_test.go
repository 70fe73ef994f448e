package seal_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
)

// members collects what Members yields, as name=value.
func members(object string) (got []string, err error) {
	err = seal.Members([]byte(object), func(name string, value []byte) error {
		got = append(got, name+"="+string(value))
		return nil
	})
	return got, err
}

func TestMembers(t *testing.T) {
	for _, c := range []struct {
		name, object string
		want         []string
	}{
		{"nothing inside", `{}`, nil},
		{"white space everywhere", " \t\r\n{ \"a\" : 1 , \"b\":\t[ ]\n} \n", []string{"a=1", "b=[ ]"}},
		{"one of each kind", `{"s":"x","n":-1.5e+3,"t":true,"f":false,"z":null,"o":{"p":1},"a":[1,"2",{}]}`,
			[]string{`s="x"`, "n=-1.5e+3", "t=true", "f=false", "z=null", `o={"p":1}`, `a=[1,"2",{}]`}},
		{"numbers stay as written", `{"a":9007199254740993,"b":1e21,"c":0.10,"d":-0}`,
			[]string{"a=9007199254740993", "b=1e21", "c=0.10", "d=-0"}},
		{"a name with escapes", `{"\u0061\n":1}`, []string{"a\n=1"}},
		{"an empty name", `{"":1}`, []string{"=1"}},
		{"Korean and emoji", `{"이름":"김민수 🙂","e":"\ud83d\ude42"}`, []string{`이름="김민수 🙂"`, `e="\ud83d\ude42"`}},
		{"one name in two objects", `{"a":{"x":1},"b":{"x":2},"x":3}`, []string{`a={"x":1}`, `b={"x":2}`, "x=3"}},
		{"names of which one begins the other", `{"a":1,"aa":2,"aaaaaaaa":3,"aaaaaaaaa":4}`,
			[]string{"a=1", "aa=2", "aaaaaaaa=3", "aaaaaaaaa=4"}},
		{"DEL is no control character in JSON", "{\"a\":\"\x7f\"}", []string{"a=\"\x7f\""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := members(c.object)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("Members = %q, want %q", got, c.want)
			}
		})
	}
}

func nest(open, inside, shut string, levels int) string {
	return strings.Repeat(open, levels) + inside + strings.Repeat(shut, levels)
}

func TestS90_AmbiguousObjectsAreRefused(t *testing.T) {
	for _, c := range []struct{ name, object string }{
		{"a name twice", `{"exp":1,"exp":2}`},
		{"a name twice, far apart", `{"exp":1,"a":2,"b":3,"exp":4}`},
		{"a long name twice", `{"accessToken":1,"accessToken":1}`},
		{"a name twice with an escape", `{"exp":1,"\u0065xp":2}`},
		{"a name in capitals", `{"exp":1,"EXP":2}`},
		{"a long name in another case", `{"accessToken":1,"accesstoken":2}`},
		{"a name with the long s", `{"sub":"a","ſub":"b"}`},
		{"a name with the Kelvin sign", `{"kid":"a","Kid":"b"}`},
		{"a Greek name in another case", `{"σ":1,"ς":2}`},
		{"an escaped capital", `{"sub":1,"\u0053ub":2}`},
		{"an empty name twice", `{"":1,"":2}`},
		{"a name twice inside", `{"a":{"x":1,"x":2}}`},
		{"a name twice inside a list", `{"a":[{"x":1,"X":2}]}`},
		{"invalid UTF-8 in a value", "{\"a\":\"\xff\"}"},
		{"invalid UTF-8 in a name", "{\"\xff\":1}"},
		{"UTF-8 of half a pair", "{\"a\":\"\xed\xa0\x80\"}"},
		{"UTF-8 longer than needed", "{\"a\":\"\xc0\xaf\"}"},
		{"UTF-8 cut short", "{\"a\":\"\xe2\x82\"}"},
		{"the first half of a pair", `{"sub":"user-\ud800"}`},
		{"the second half of a pair", `{"sub":"user-\udc00"}`},
		{"a pair the wrong way round", `{"a":"\udc00\ud800"}`},
		{"half a pair and a letter", `{"a":"\ud800x"}`},
		{"half a pair and an escape", `{"a":"\ud800\n"}`},
		{"half a pair in a name", `{"\ud800":1}`},
		{"half a pair inside", `{"a":["\udfff"]}`},
		{"NUL in a value", `{"sub":"admin\u0000user"}`},
		{"NUL in a name", `{"a\u0000":1}`},
		{"NUL inside", `{"a":{"b":"\u0000"}}`},
		{"a raw NUL in a value", "{\"a\":\"\x00\"}"},
		{"a raw NUL behind", "{}\x00"},
		{"a raw newline in a value", "{\"a\":\"x\ny\"}"},
		{"a raw control character among letters", "{\"a\":\"123\x1f5678901234567890\"}"},
		{"a raw control character after eight letters", "{\"a\":\"12345678\x1f\"}"},
		{"data behind", `{"alg":"dir"}{"alg":"none"}`},
		{"a letter behind", `{} x`},
		{"a byte order mark", "\xef\xbb\xbf{}"},
		{"other white space", "\u00a0{}"},
		{"a form feed", "\f{}"},
		{"65 levels of lists", `{"a":` + nest("[", "", "]", 64) + `}`},
		{"65 levels of objects", nest(`{"a":`, "1", "}", 65)},
		{"100,000 levels", `{"a":` + nest("[", "", "]", 100000) + `}`},
		{"100,000 levels never closed", nest(`{"a":`, "", "", 100000)},
		{"nothing", ``},
		{"white space only", ` `},
		{"a list", `[]`},
		{"a string", `"admin"`},
		{"a number", `1`},
		{"null", `null`},
		{"no end", `{"a":1`},
		{"no value", `{"a":}`},
		{"no colon", `{"a" 1}`},
		{"no comma", `{"a":1 "b":2}`},
		{"a comma at the end", `{"a":1,}`},
		{"a comma in front", `{,"a":1}`},
		{"two commas", `{"a":1,,"b":2}`},
		{"a comma at the end of a list", `{"a":[1,]}`},
		{"a list without comma", `{"a":[1 2]}`},
		{"a list without end", `{"a":[1`},
		{"a list closed as an object", `{"a":[1}`},
		{"an object closed as a list", `{"a":{"b":1]}`},
		{"a name without quotes", `{a:1}`},
		{"single quotes", `{'a':1}`},
		{"a number as a name", `{1:1}`},
		{"a comment", `{"a":1/**/}`},
		{"a string without end", `{"a":"x`},
		{"a string that ends in a backslash", `{"a":"x\`},
		{"an escape there is none of", `{"a":"\x41"}`},
		{"a short escape", `{"a":"\u12"}`},
		{"an escape that is no hex", `{"a":"\u12g4"}`},
		{"a sign in an escape", `{"a":"\u+123"}`},
		{"a leading zero", `{"a":01}`},
		{"a plus sign", `{"a":+1}`},
		{"a minus sign alone", `{"a":-}`},
		{"a point in front", `{"a":.5}`},
		{"a point at the end", `{"a":1.}`},
		{"an exponent without digits", `{"a":1e}`},
		{"an exponent with a sign only", `{"a":1e+}`},
		{"a hex number", `{"a":0x10}`},
		{"NaN", `{"a":NaN}`},
		{"Infinity", `{"a":-Infinity}`},
		{"True", `{"a":True}`},
		{"a word cut short", `{"a":nul}`},
		{"a word too long", `{"a":nulll}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := members(c.object); !errors.Is(err, seal.ErrMalformed) {
				t.Errorf("Members = %q, %v, want ErrMalformed", got, err)
			}
			if err := seal.Pick([]byte(c.object), nil, nil); !errors.Is(err, seal.ErrMalformed) {
				t.Errorf("Pick = %v, want ErrMalformed", err)
			}
			if got, err := seal.Stamp(nil, []byte(c.object), someLife, "j"); err == nil {
				t.Errorf("Stamp = %s, want an error", got)
			}
		})
	}
	for _, object := range []string{`{"a":` + nest("[", "", "]", 63) + `}`, nest(`{"a":`, "1", "}", 64)} {
		if _, err := members(object); err != nil {
			t.Errorf("64 levels: %v", err)
		}
	}
}

// A name is read in words of eight bytes, and short ones otherwise than long ones.
func TestS90_ANameTwiceIsSeenAtAnyLength(t *testing.T) {
	const letters = "accessTokenExpiresAtTheEndOfTheSession"
	for n := range len(letters) + 1 {
		name := letters[:n]
		spellings := []string{name, strings.ToUpper(name), name + `" `}
		if n > 0 {
			spellings = append(spellings, fmt.Sprintf(`\u%04x`, name[0])+name[1:], fmt.Sprintf(`%s\u%04x`, name[:n-1], name[n-1]))
		}
		for _, again := range spellings {
			if !strings.HasSuffix(again, `" `) {
				again += `"`
			}
			for _, object := range []string{
				`{"` + name + `":1,"` + again + `:2}`,
				`{"` + again + `:"a text","x-1":2,"` + name + `":"another"}`,
				`{"a":[{"` + again + `:1,"` + name + `":2}]}`,
			} {
				if got, err := members(object); !errors.Is(err, seal.ErrMalformed) {
					t.Errorf("Members(%s) = %q, %v, want ErrMalformed", object, got, err)
				}
			}
		}
		for _, object := range []string{
			`{"` + name + `":1,"` + name + `x":2,"y` + name + `":3}`,
			`{"` + name + `":{"` + name + `":1},"other":{"` + name + `":1}}`,
		} {
			if _, err := members(object); err != nil {
				t.Errorf("Members(%s): %v", object, err)
			}
		}
	}
}

// Texts are read in words of eight bytes: no byte may be overlooked at any place of one,
// nor at any distance from the object's end.
func TestS90_NoByteOfATextIsOverlooked(t *testing.T) {
	// Those around the special ones, and the same with the high bit set.
	bytes := []int{0, 1, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0x9f, 0xa0, 0xa2, 0xdc, 0xff}
	for size := 1; size <= 20; size++ {
		for at := range size {
			for _, c := range bytes {
				text := []byte(strings.Repeat("x", size))
				text[at] = byte(c)
				plain := ' ' <= c && c < 0x80 && c != '"' && c != '\\'
				for _, object := range []string{`{"a":"` + string(text) + `"}`, `{"` + string(text) + `":1}`} {
					for _, behind := range []string{"", "          "} {
						if _, err := members(object + behind); (err == nil) != plain {
							t.Errorf("Members(%q) = %v", object+behind, err)
						}
					}
				}
			}
		}
	}
}

func TestManyNames(t *testing.T) {
	object := func(names ...string) string {
		var b strings.Builder
		for i, n := range names {
			fmt.Fprintf(&b, ",%q:%d", n, i)
		}
		return "{" + strings.TrimPrefix(b.String(), ",") + "}"
	}
	for _, count := range []int{1, 15, 16, 17, 31, 32, 33, 34, 100, 1000} {
		names := make([]string, count)
		for i := range names {
			names[i] = fmt.Sprintf("name-of-%d", i)
		}
		good := object(names...)
		if got, err := members(good); err != nil || len(got) != count {
			t.Errorf("%d names: %d read, %v", count, len(got), err)
		}
		for _, again := range []int{0, count / 2, count - 1} {
			if _, err := members(object(append(names, names[again])...)); err == nil {
				t.Errorf("%d names, number %d twice: accepted", count, again)
			}
		}
		// The same names in objects beside and around each other are no matter.
		wide := `{"a":` + good + `,"b":[` + good + `,` + good + `],` + good[1:]
		if _, err := members(wide); err != nil {
			t.Errorf("%d names in four objects: %v", count, err)
		}
		if _, err := members(`{"x":` + good + `,` + good[1:len(good)-1] + `,"X":1}`); err == nil {
			t.Errorf("%d names, the first and the last are one: accepted", count)
		}
	}
}

func TestMembersStopsAtTheCallersError(t *testing.T) {
	stop, calls := errors.New("enough"), 0
	err := seal.Members([]byte(`{"a":1,"b":2}`), func(string, []byte) error {
		calls++
		return stop
	})
	if err != stop || calls != 1 {
		t.Errorf("Members = %v after %d calls, want %v after one", err, calls, stop)
	}
}

func TestPick(t *testing.T) {
	values := [][]byte{[]byte("old"), []byte("old"), []byte("old")}
	object := []byte(`{"b":[1,{"a":0}],"\u0061":"x","c":null}`)
	if err := seal.Pick(object, []string{"a", "b", "d"}, values); err != nil {
		t.Fatal(err)
	}
	if string(values[0]) != `"x"` || string(values[1]) != `[1,{"a":0}]` || values[2] != nil {
		t.Errorf("Pick = %q", values)
	}
	long := []byte(benchObject)
	if n := testing.AllocsPerRun(100, func() { seal.Pick(long, []string{"exp"}, values[:1]) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestValuesCannotGrowIntoTheirObject(t *testing.T) {
	object := []byte(`{"a":1,"b":2}`)
	seal.Members(object, func(_ string, value []byte) error {
		_ = append(value, "xxxx"...)
		return nil
	})
	if string(object) != `{"a":1,"b":2}` {
		t.Errorf("appending to a value changed the object to %s", object)
	}
}

// elements collects what Elements yields.
func elements(array string) (got []string, err error) {
	err = seal.Elements([]byte(array), func(value []byte) error {
		got = append(got, string(value))
		return nil
	})
	return got, err
}

func TestElements(t *testing.T) {
	for _, c := range []struct {
		name, array string
		want        []string
	}{
		{"nothing inside", " [ ] ", nil},
		{"one of each kind", `["x",-1.5e+3,true,false,null,{"p":1},[1,"2"]]`, []string{`"x"`, "-1.5e+3", "true", "false", "null", `{"p":1}`, `[1,"2"]`}},
		{"white space everywhere", " [ 1 ,\n{ \"a\" : 2 }\t] \n", []string{"1", `{ "a" : 2 }`}},
		{"one name in two objects", `[{"a":1},{"a":2}]`, []string{`{"a":1}`, `{"a":2}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := elements(c.array)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("Elements = %q, %v, want %q", got, err, c.want)
			}
		})
	}
	for _, array := range []string{
		``, `{}`, `null`, `1`, `[`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[1]]`, `[1]x`, `["a]`, `[{"a":1,"A":2}]`, "[\"\xff\"]", `["\ud800"]`,
		nest("[", "", "]", 65),
	} {
		if got, err := elements(array); !errors.Is(err, seal.ErrMalformed) {
			t.Errorf("Elements(%.20s) = %q, %v", array, got, err)
		}
	}
	if _, err := elements(nest("[", "", "]", 64)); err != nil {
		t.Errorf("64 levels: %v", err)
	}
	stop := errors.New("enough")
	if err := seal.Elements([]byte(`[1,2`), func([]byte) error { return stop }); err != stop {
		t.Errorf("Elements = %v, want what yield returned", err)
	}
}
