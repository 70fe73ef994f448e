package session_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/session"
)

// change does one of many things to a cart.
func change(c *Cart, how uint16, text string) {
	text = strings.ToValidUTF8(text, "?")
	on := func(bit int) bool { return how>>bit&1 == 1 }
	if on(0) {
		c.Visits++
	}
	if on(1) && c.User != nil {
		c.User.Name = text
	}
	if on(2) && c.User != nil {
		c.User.ID++
	}
	if on(3) {
		c.User = nil
	}
	if on(4) {
		c.Items = append([]Item{{SKU: text, N: 1}}, c.Items...)
	}
	if on(5) && len(c.Items) > 0 {
		c.Items = c.Items[1:]
	}
	if on(6) && len(c.Items) > 1 {
		c.Items[0], c.Items[1] = c.Items[1], c.Items[0]
	}
	if on(7) && len(c.Items) > 0 {
		c.Items[len(c.Items)-1].N++
	}
	if on(8) {
		c.Flags = map[string]bool{text: true}
	}
	if on(9) {
		c.Rate /= 3
	}
	if on(10) {
		c.Tags = append(c.Tags, text)
	}
	if on(11) {
		c.Place.City = text
	}
	if on(12) {
		for name := range c.Prices {
			c.Prices[name] *= 2
		}
	}
	if on(13) {
		c.Big = -c.Big
	}
}

// known are the members of Cart in the case that all readers take for theirs.
var known = []string{"user", "items", "visits", "rate", "flags", "big", "prices", "tags", "place"}

// unknown returns the members of an object that Cart does not know, as they are written.
func unknown(t *testing.T, payload []byte) map[string]string {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(payload, &all); err != nil {
		t.Fatal(err)
	}
	rest := map[string]string{}
next:
	for name, value := range all {
		for _, k := range known {
			if strings.EqualFold(name, k) {
				continue next
			}
		}
		rest[name] = string(value)
	}
	return rest
}

func encode(t *testing.T, c *Cart) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// FuzzSave reads a payload of another program, changes what Go knows of it and saves:
// the result is strict JSON, says what Go says, and has all that Go does not know.
func FuzzSave(f *testing.F) {
	for _, raw := range []string{
		`{}`, `{"x":1e21,"visits":1,"\u0062":9007199254740993}`,
		`{ "user" : {"id":7,"role":"x","admin":false} , "y": [ 1, {"a" :null} ] }`,
		`{"items":[{"sku":"a","n":1,"p":1},{"sku":"a","n":1,"p":2},{"id":"c","n":3,"p":{"q":[]}}]}`,
		`{"Visits":3,"TAGS":["\ud83d","b"],"flags":{"a":true},"prices":{"k":1.50e1,"K2":9007199254740993}}`,
		`{"place":{"zip":"04524"},"big":"9223372036854775807","rate":-0.0,"user":null}`,
		`{"u\u017fer":{"id":1},"item\u017f":[],"tags":null,"items":[null,{"n":0}]}`,
	} {
		for _, how := range []uint16{0, 1, 0x0fff, 0x2fff, 0x3012, 0x00e0, 0x0806, 0x0010} {
			f.Add([]byte(raw), how, "Kim<\u2028")
		}
	}
	k := keep[Cart](f, inPlain, inChunks)
	f.Fuzz(func(t *testing.T, raw []byte, how uint16, text string) {
		if len(raw) == 0 || len(raw) > 4000 || len(text) > 200 {
			return
		}
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		value := wrap(string(raw))
		r.Header.Set("Cookie", "s.0="+value[:len(value)/2]+"; s.1="+value[len(value)/2:])
		s, err := k.Open(w, r)
		if err != nil {
			t.Fatal(err)
		}
		before := encode(t, &s.Data)
		change(&s.Data, how, text)
		if err := s.Save(); err != nil {
			wrong, ok := errors.AsType[*session.ValueError](err)
			if !ok || wrong.Path == "" || len(w.Header()["Set-Cookie"]) > 0 {
				t.Fatalf("Save = %v", err)
			}
			return
		}
		payload := written(t, w)
		if err := seal.PickScript(payload, nil, nil); err != nil {
			t.Fatalf("%s: %v", payload, err)
		}
		var again Cart
		if err := json.Unmarshal(payload, &again); err != nil {
			t.Fatal(err)
		}
		if got, want := encode(t, &again), encode(t, &s.Data); got != want {
			t.Fatalf("%s\nbecame %s:\nread as %s,\n  want %s", raw, payload, got, want)
		}
		if s.Unreadable() != "" {
			return
		}
		if before == encode(t, &s.Data) && !bytes.Equal(payload, raw) {
			t.Fatalf("nothing changed, but %s became %s", raw, payload)
		}
		kept := unknown(t, payload)
		for name, want := range unknown(t, raw) {
			if kept[name] != want {
				t.Fatalf("member %q of %s is %s in %s", name, raw, kept[name], payload)
			}
		}
	})
}

// written puts together what a response sets.
func written(t *testing.T, w *httptest.ResponseRecorder) []byte {
	t.Helper()
	b := browser{}
	for _, c := range w.Result().Cookies() {
		if c.MaxAge > 0 {
			b[c.Name] = c.Value
		}
	}
	if b["s"] == "" {
		b["s"] = b["s.0"] + b["s.1"] + b["s.2"] + b["s.3"]
	}
	return []byte(b.payload(t))
}

// FuzzOpen sends any Cookie header: it never fails but for its size.
func FuzzOpen(f *testing.F) {
	for _, header := range []string{"", "s=", "s=x; s=y", "s.0=a; s.1=b", "s=Fe26.2*1*a*b*c**d*e~2", "s.3=;;=", "s=%7B%7D"} {
		f.Add(header)
	}
	k := keep[Cart](f)
	f.Fuzz(func(t *testing.T, header string) {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.Header["Cookie"] = []string{header}
		s, err := k.Open(w, r)
		if err != nil {
			if len(header) < 32<<10 && strings.Count(header, ";") < 200 {
				t.Fatal(err)
			}
			return
		}
		if s.Data.Visits != 0 {
			t.Fatal("a session from nowhere")
		}
		if err := s.Destroy(); err != nil {
			t.Fatal(err)
		}
	})
}
