package session_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/signet-auth/signet/session"
)

func TestSaveKeepsWhatItDoesNotKnow(t *testing.T) {
	for _, c := range []struct {
		name, raw, want string
		change          func(*Cart)
	}{
		{"nothing changed", `{ "x" : 1e21 , "visits":0 , "u":"\u00e9" }`, `{ "x" : 1e21 , "visits":0 , "u":"\u00e9" }`, func(*Cart) {}},
		{
			"a known member changed", `{"a":1e21,"visits":1,"\u0062":9007199254740993,"c":"\u00e9\/"}`,
			`{"a":1e21,"visits":2,"\u0062":9007199254740993,"c":"\u00e9\/"}`, func(c *Cart) { c.Visits = 2 },
		},
		{"white space inside of what is kept", `{"x": [1, {"y" :2}], "visits": 1}`, `{"x":[1, {"y" :2}],"visits":5}`, func(c *Cart) { c.Visits = 5 }},
		{"half a surrogate pair", `{"x":"\ud83d","visits":1}`, `{"x":"\ud83d","visits":2}`, func(c *Cart) { c.Visits = 2 }},
		{"another spelling of a known number", `{"rate":1.50e1,"visits":1}`, `{"rate":1.50e1,"visits":2}`, func(c *Cart) { c.Visits = 2 }},
		{
			"a number with more digits than Go saw", `{"prices":{"a":9007199254740993,"b":1},"visits":1}`,
			`{"prices":{"a":9007199254740993,"b":2},"visits":1}`, func(c *Cart) { c.Prices["b"] = 2 },
		},
		{"a new member", `{"x":1}`, `{"x":1,"tags":["a<b"]}`, func(c *Cart) { c.Tags = []string{"a<b"} }},
		{"a member that JavaScript never had stays away", `{"x":1}`, `{"x":1,"rate":1}`, func(c *Cart) { c.Rate = 1 }},
		{"a member set to its zero", `{"x":1,"visits":3}`, `{"x":1,"visits":0}`, func(c *Cart) { c.Visits = 0 }},
		{"a member removed", `{"a":1,"tags":["t"],"b":2}`, `{"a":1,"b":2}`, func(c *Cart) { c.Tags = nil }},
		{"null that Go leaves alone", `{"user":null,"visits":1}`, `{"user":null,"visits":2}`, func(c *Cart) { c.Visits = 2 }},
		{"null that Go fills", `{"user":null,"x":1}`, `{"user":{"id":1,"admin":false},"x":1}`, func(c *Cart) { c.User = &User{ID: 1} }},
		{"signet's own member", `{"signet":{"id":"a"},"visits":1}`, `{"signet":{"id":"a"},"visits":2}`, func(c *Cart) { c.Visits = 2 }},

		{
			"inside of a known object", `{"user":{"z":0,"id":7,"role":"x","admin":false}}`,
			`{"user":{"z":0,"id":7,"role":"x","admin":true}}`, func(c *Cart) { c.User.Admin = true },
		},
		{
			"an object removed goes with all that is in it", `{"user":{"id":7,"role":"x"},"x":1}`,
			`{"x":1}`, func(c *Cart) { c.User = nil },
		},
		{
			"an object with another id is another one", `{"user":{"id":7,"role":"admin"},"x":1}`,
			`{"user":{"id":8,"admin":false},"x":1}`, func(c *Cart) { c.User.ID = 8 },
		},
		{"an object of which Go knew nothing", `{"place":{"zip":"04524"}}`, `{"place":{"zip":"04524","city":"Seoul"}}`, func(c *Cart) { c.Place.City = "Seoul" }},
		{"a map", `{"flags":{"b":true,"a":false}}`, `{"flags":{"b":false,"c":true}}`, func(c *Cart) {
			delete(c.Flags, "a")
			c.Flags["b"], c.Flags["c"] = false, true
		}},

		{
			"an element appended", `{"items":[{"sku":"a","n":1,"p":1e0}]}`,
			`{"items":[{"sku":"a","n":1,"p":1e0},{"sku":"b","n":2}]}`, func(c *Cart) { c.Items = append(c.Items, Item{SKU: "b", N: 2}) },
		},
		{
			"an element removed", `{"items":[{"sku":"a","n":1,"p":1},{"sku":"b","n":1,"p":2}]}`,
			`{"items":[{"sku":"b","n":1,"p":2}]}`, func(c *Cart) { c.Items = c.Items[1:] },
		},
		{
			"elements in another order", `{"items":[{"sku":"a","n":1,"p":1},{"sku":"b","n":1,"p":2}]}`,
			`{"items":[{"sku":"b","n":1,"p":2},{"sku":"a","n":1,"p":1}]}`, func(c *Cart) { c.Items[0], c.Items[1] = c.Items[1], c.Items[0] },
		},
		{
			"an element changed in its place", `{"items":[{"sku":"a","n":1,"p":1},{"sku":"b","n":1,"p":2}]}`,
			`{"items":[{"sku":"a","n":1,"p":1},{"sku":"b","n":9,"p":2}]}`, func(c *Cart) { c.Items[1].N = 9 },
		},
		{
			"equal elements stay in their places", `{"items":[{"n":1,"p":1},{"n":1,"p":2}],"visits":1}`,
			`{"items":[{"n":2,"p":1},{"n":1,"p":2}],"visits":1}`, func(c *Cart) { c.Items[0].N = 2 },
		},
		{
			"an element changed and one removed, with ids", `{"items":[{"id":"a","n":1,"p":1},{"id":"b","n":1,"p":2}]}`,
			`{"items":[{"id":"b","n":5,"p":2}]}`, func(c *Cart) { c.Items = []Item{{ID: "b", N: 5}} },
		},
		{
			"an element changed and one removed, without ids", `{"items":[{"sku":"a","n":1,"p":1},{"sku":"b","n":1,"p":2}]}`,
			`{"items":[{"sku":"b","n":5}]}`, func(c *Cart) { c.Items = []Item{{SKU: "b", N: 5}} },
		},
		{
			"an element put in another's place", `{"items":[{"id":"a","n":1,"p":1}]}`,
			`{"items":[{"id":"b","n":1}]}`, func(c *Cart) { c.Items[0] = Item{ID: "b", N: 1} },
		},
		{"texts of which one is removed", `{"tags":["\u0061","b","\u0061"]}`, `{"tags":["\u0061","\u0061"]}`, func(c *Cart) { c.Tags = []string{"a", "a"} }},

		{"a name in another case, unchanged", `{"Visits":3,"x":1}`, `{"Visits":3,"x":1,"rate":1}`, func(c *Cart) { c.Rate = 1 }},
		{"a name in another case, removed", `{"Tags":["t"],"x":1}`, `{"x":1}`, func(c *Cart) { c.Tags = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, b := keep[Cart](t, inPlain), browser{"s": wrap(c.raw)}
			do(t, b, k, func(s *session.Session[Cart]) {
				c.change(&s.Data)
				mustSave(t, s)
			})
			if got := b.payload(t); got != c.want {
				t.Errorf("cookie holds\n\t%s, want\n\t%s", got, c.want)
			}
		})
	}
}

func TestSaveTwiceMergesIntoTheFirst(t *testing.T) {
	k, b := keep[Cart](t, inPlain), browser{"s": wrap(`{"x":1,"visits":1}`)}
	do(t, b, k, func(s *session.Session[Cart]) {
		s.Data.Tags = []string{"t"}
		mustSave(t, s)
		s.Data.Tags, s.Data.Visits = nil, 2
		mustSave(t, s)
	})
	if got, want := b.payload(t), `{"x":1,"visits":2}`; got != want {
		t.Errorf("cookie holds %s, want %s", got, want)
	}
}

func TestWhatOneSaveRemovedTheNextDoesNotBringBack(t *testing.T) {
	k, b := keep[Cart](t, inPlain), browser{"s": wrap(`{"user":{"id":1,"role":"admin"}}`)}
	do(t, b, k, func(s *session.Session[Cart]) {
		s.Data.User = nil
		mustSave(t, s)
		s.Data.User = &User{ID: 1}
		mustSave(t, s)
	})
	if got, want := b.payload(t), `{"user":{"id":1,"admin":false}}`; got != want {
		t.Errorf("cookie holds %s, want %s", got, want)
	}
}

func TestResetDropsWhatGoDoesNotKnow(t *testing.T) {
	k, b := keep[Cart](t, inPlain), browser{"s": wrap(`{"role":"admin","visits":9}`)}
	do(t, b, k, func(s *session.Session[Cart]) {
		s.Reset()
		if s.Data.Visits != 0 {
			t.Errorf("Data = %+v after Reset", s.Data)
		}
		s.Data.User = &User{ID: 2}
		mustSave(t, s)
	})
	if got, want := b.payload(t), `{"user":{"id":2,"admin":false},"visits":0}`; got != want {
		t.Errorf("cookie holds %s, want %s", got, want)
	}
}

func TestSaveRefusesTwoSpellingsOfAName(t *testing.T) {
	change := func(c *Cart) { c.User = &User{ID: 3, Name: "Kim"} }
	for _, c := range []struct {
		name, raw, path string
	}{
		{"a field of another case changed", `{"x":1,"User":{"id":1,"admin":false}}`, "user"},
		{"beside a member that Go took for empty", `{"USER":null}`, "user"},
		{"inside of an object", `{"user":{"id":3,"NAME":"Lee","admin":false}}`, "user.name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, b := keep[Cart](t, inPlain), browser{"s": wrap(c.raw)}
			w := do(t, b, k, func(s *session.Session[Cart]) {
				change(&s.Data)
				wantPath(t, s.Save(), c.path)
			})
			if len(w.Result().Cookies()) != 0 {
				t.Error("a cookie is set all the same")
			}
		})
	}
}

func TestSaveRefusesNamesThatReadersTakeForTheSame(t *testing.T) {
	k := keep[map[string]any](t, inPlain)
	do(t, browser{}, k, func(s *session.Session[map[string]any]) {
		s.Data = map[string]any{"list": []any{map[string]any{"Kelvin": 1, "\u212Aelvin": 2}}}
		err := s.Save()
		wantPath(t, err, "list[0].\u212Aelvin")
		if !strings.Contains(err.Error(), `"Kelvin"`) {
			t.Errorf("Save = %v, want both names", err)
		}
	})
}

func wantPath(t testing.TB, err error, path string) {
	t.Helper()
	wrong, ok := errors.AsType[*session.ValueError](err)
	if !ok || wrong.Path != path {
		t.Errorf("Save = %v, want a ValueError at %s", err, path)
	}
}
