package session_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/session"
)

// Loose takes any value at any place.
type Loose struct {
	User struct {
		Balance float64 `json:"balance"`
	} `json:"user"`
	Items []struct {
		ID    int64  `json:"id"`
		Mark  uint64 `json:"mark,string"`
		Other *int64 `json:"other,string"`
	} `json:"items"`
	Any     any            `json:"any"`
	Map     map[string]any `json:"map"`
	Skipped chan int       `json:"-"`
	Gone    func()         `json:"gone,omitzero"`
	hidden  complex128
	Embedded
}

type Embedded struct {
	Inner any
}

// ring points at itself.
type ring struct {
	Next *ring
}

// shout writes itself as text.
type shout string

func (s shout) MarshalText() ([]byte, error) {
	if s == "" {
		return nil, errors.New("nothing to shout")
	}
	return []byte(strings.ToUpper(string(s))), nil
}

// sign is a number whose text fails.
type sign int

func (sign) MarshalText() ([]byte, error) { return nil, errors.New("no sign") }

// mute writes itself as an object but cannot be read back.
type mute struct{}

func (mute) MarshalJSON() ([]byte, error) { return []byte(`"mute"`), nil }

func deep(levels int) any {
	var v any
	for range levels {
		v = []any{v}
	}
	return v
}

func TestSaveNamesThePathOfWhatCannotBeKept(t *testing.T) {
	circle := &ring{}
	circle.Next = &ring{circle}
	selfish := map[string]any{}
	selfish["me"] = selfish
	loop := []any{nil}
	loop[0] = loop
	huge := int64(1)<<53 + 1
	for _, c := range []struct {
		name   string
		change func(*Loose)
		want   string // of the error, empty if there is none
	}{
		{"nothing", func(*Loose) {}, ""},
		{"NaN", func(l *Loose) { l.User.Balance = math.NaN() }, "user.balance: NaN"},
		{"infinity", func(l *Loose) { l.Any = float32(math.Inf(-1)) }, "any: -Inf"},
		{"the largest exact integer", func(l *Loose) { l.Any = int64(1) << 53 }, ""},
		{"one more", func(l *Loose) { l.Any = []int64{0, huge} }, "any[1]: 9007199254740993 is more than a JavaScript number holds exactly"},
		{"one less than the smallest", func(l *Loose) { l.Any = -huge }, "any: -9007199254740993 is more than"},
		{"unsigned", func(l *Loose) { l.Any = map[string]uint64{"n": math.MaxUint64} }, "any.n: 18446744073709551615 is more than"},
		{"in the third element", func(l *Loose) {
			l.Items = append(l.Items, make([]struct {
				ID    int64  `json:"id"`
				Mark  uint64 `json:"mark,string"`
				Other *int64 `json:"other,string"`
			}, 3)...)
			l.Items[2].ID = huge
		}, "items[2].id: 9007199254740993 is more than"},
		{"with the option string", func(l *Loose) {
			l.Items = append(l.Items, struct {
				ID    int64  `json:"id"`
				Mark  uint64 `json:"mark,string"`
				Other *int64 `json:"other,string"`
			}{0, math.MaxUint64, &huge})
		}, ""},
		{"invalid UTF-8", func(l *Loose) { l.Any = "a\xff" }, "any: invalid UTF-8"},
		{"invalid UTF-8 in a key", func(l *Loose) { l.Map = map[string]any{"\xff": 1} }, `map."\xff": invalid UTF-8 in the key`},
		{"NUL", func(l *Loose) { l.Any = "a\x00" }, ""},
		{"NUL in a key", func(l *Loose) { l.Map = map[string]any{"a\x00": 1} }, `map."a\x00": NUL in the key`},
		{"a key with a meaning in JavaScript", func(l *Loose) { l.Map = map[string]any{"__proto__": 1} }, "map.__proto__: "},
		{"keys with dots and none", func(l *Loose) { l.Map = map[string]any{"a.b": map[string]any{"": math.NaN()}} }, `map."a.b"."": NaN`},
		{"keys that are numbers", func(l *Loose) { l.Any = map[int]any{-7: math.NaN()} }, "any.-7: NaN"},
		{"keys that write themselves", func(l *Loose) { l.Any = map[time.Month]string{time.May: "m"} }, ""},
		{"keys that write themselves badly", func(l *Loose) { l.Any = map[*big.Float]int{nil: 1} }, ""},
		{"keys that fail to", func(l *Loose) { l.Any = map[sign]int{0: 1} }, "any: no sign"},
		{"keys without a sign", func(l *Loose) { l.Any = map[uint8]any{7: math.NaN()} }, "any.7: NaN"},
		{"texts that are keys as they are", func(l *Loose) { l.Any = map[shout]int{"": 1} }, ""},
		{"keys that are no text", func(l *Loose) { l.Any = map[float64]int{1: 1} }, "any: a float64 cannot be the key of a map"},
		{"a channel", func(l *Loose) { l.Any = make(chan int) }, "any: a chan cannot be kept"},
		{"a function", func(l *Loose) { l.Map = map[string]any{"f": func() {}} }, "map.f: a func cannot be kept"},
		{"a complex number", func(l *Loose) { l.Inner = 1i }, "Inner: a complex128 cannot be kept"},
		{"a channel that is skipped", func(l *Loose) { l.Skipped = make(chan int); l.hidden = 1i }, ""},
		{"a mutex", func(l *Loose) { l.Any = &struct{ Lock *sync.Mutex }{new(sync.Mutex)} }, "any.Lock: type sync.Mutex has no exported fields"},
		{"an empty struct", func(l *Loose) { l.Any = map[string]struct{}{"a": {}} }, ""},
		{"pointers in a circle", func(l *Loose) { l.Any = circle }, "any.Next.Next: a cycle"},
		{"a map in itself", func(l *Loose) { l.Any = selfish }, "any.me: a cycle"},
		{"a slice in itself", func(l *Loose) { l.Any = loop }, "any[0]: a cycle"},
		{"the same pointer twice", func(l *Loose) { u := &User{}; l.Any = []any{u, u} }, ""},
		{"a slice within its array", func(l *Loose) { a := []any{1, nil}; a[1] = a[:1]; l.Any = a }, ""},
		{"63 levels", func(l *Loose) { l.Any = deep(63) }, ""},
		{"65 levels", func(l *Loose) { l.Any = deep(64) }, "any" + strings.Repeat("[0]", 63) + ": nested too deep"},
		{"times", func(l *Loose) { l.Any = []any{noon, &noon, (*time.Time)(nil)} }, ""},
		{"a time that has no text", func(l *Loose) { l.Any = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "any: "},
		{"text of its own", func(l *Loose) { l.Any = []any{shout("a"), big.NewInt(math.MaxInt64), json.Number("9007199254740993")} }, ""},
		{"text that fails", func(l *Loose) { l.Any = []any{shout("")} }, "any[0]: "},
		{"bytes", func(l *Loose) { l.Any = []byte{0xff} }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			do(t, browser{}, keep[Loose](t, inPlain), func(s *session.Session[Loose]) {
				c.change(&s.Data)
				err := s.Save()
				if c.want == "" {
					if err != nil {
						t.Errorf("Save = %v", err)
					}
					return
				}
				wrong, ok := errors.AsType[*session.ValueError](err)
				if !ok || !strings.HasPrefix(err.Error(), "session: "+c.want) {
					t.Errorf("Save = %v (%T), want %s", err, wrong, c.want)
				}
			})
		})
	}
}

func TestSaveReadsWhatItWrote(t *testing.T) {
	type odd struct {
		Sound struct{ M mute } `json:"sound"`
	}
	if _, err := session.New[odd](session.Config{}); err == nil {
		t.Error("no configuration is accepted")
	}
	do(t, browser{}, keep[odd](t, inPlain), func(s *session.Session[odd]) {
		wantPath(t, s.Save(), "sound.M")
	})
}
