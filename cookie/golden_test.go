package cookie_test

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// golden is testdata/golden.json: what Auth.js itself wrote and read.
type golden struct {
	Written []struct {
		Version, Scheme, Kind, Name, Value string
		MaxAge                             int
		Expires                            int64
		Set, Clear                         string
	}
	Own []struct {
		Options struct {
			Domain, Path, SameSite string
			Secure, HTTPOnly       bool
			MaxAge                 int
			Expires                int64
		}
		Set, Clear string
	}
	Encoded, Decoded []struct{ Value, Wire string }
	Read             []struct {
		Header string
		Value  *string
	}
}

func readJSON[T any](t testing.TB, file string) (v T) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// read is the jar of a request with these Cookie lines.
func read(t testing.TB, lines ...string) cookie.Jar {
	t.Helper()
	j, err := cookie.Read(http.Header{"Cookie": lines})
	if err != nil {
		t.Fatalf("Read error = %v", err)
	}
	return j
}

// unix is the time a golden file means, 0 being none. The odd nanoseconds must not show.
func unix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 627e6).In(time.FixedZone("KST", 9*3600))
}

func wantLines(t *testing.T, a cookie.Attributes, name, value, set, clear string) {
	t.Helper()
	if err := a.Check(name); err != nil {
		t.Errorf("Check = %v", err)
	}
	if got, err := a.Set(name, value); err != nil || got != set {
		t.Errorf("Set = %q, %v\n want %q", got, err, set)
	}
	if got := a.Clear(name); got != clear {
		t.Errorf("Clear = %q\n  want %q", got, clear)
	}
}

func TestSetWritesTheBytesOfAuthJS(t *testing.T) {
	g := readJSON[golden](t, "testdata/golden.json")
	if len(g.Written) < 24 {
		t.Fatalf("only %d cookies in the golden file", len(g.Written))
	}
	for _, w := range g.Written {
		t.Run(w.Version+" "+w.Scheme+" "+w.Kind, func(t *testing.T) {
			a := cookie.Attributes{Secure: w.Scheme == "https", MaxAge: w.MaxAge, Expires: unix(w.Expires)}
			wantLines(t, a, w.Name, w.Value, w.Set, w.Clear)
		})
	}
}

func TestSetWritesConfiguredAttributesLikeAuthJS(t *testing.T) {
	sameSite := map[string]http.SameSite{
		"": http.SameSiteDefaultMode, "lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode,
	}
	for _, w := range readJSON[golden](t, "testdata/golden.json").Own {
		t.Run(w.Set, func(t *testing.T) {
			o := w.Options
			a := cookie.Attributes{
				Domain: o.Domain, Path: o.Path, SameSite: sameSite[o.SameSite], Secure: o.Secure,
				ScriptReadable: !o.HTTPOnly, MaxAge: o.MaxAge, Expires: unix(o.Expires),
			}
			wantLines(t, a, "theirs", "v", w.Set, w.Clear)
		})
	}
}

func TestEncodingIsThatOfJavaScript(t *testing.T) {
	g := readJSON[golden](t, "testdata/golden.json")
	for _, e := range g.Encoded {
		t.Run("written "+e.Wire, func(t *testing.T) {
			want := "n=" + e.Wire + "; Path=/; HttpOnly; SameSite=Lax"
			if got, err := (cookie.Attributes{}).Set("n", e.Value); err != nil || got != want {
				t.Errorf("Set = %q, %v, want %q", got, err, want)
			}
		})
	}
	for _, d := range append(g.Decoded, g.Encoded...) {
		t.Run("read "+d.Wire, func(t *testing.T) {
			if got, err := read(t, "n="+d.Wire).Get("n"); err != nil || got != d.Value {
				t.Errorf("Get = %q, %v, want %q", got, err, d.Value)
			}
		})
	}
}

func TestFirstReadsHeadersLikeAuthJS(t *testing.T) {
	stricter := map[string]bool{"n = 1": true} // no browser puts a space there
	for _, r := range readJSON[golden](t, "testdata/golden.json").Read {
		t.Run(r.Header, func(t *testing.T) {
			got, ok := read(t, r.Header).First("n")
			switch want := r.Value; {
			case want == nil || stricter[r.Header]:
				if ok {
					t.Errorf("First = %q, want none", got)
				}
			case !ok || got != *want:
				t.Errorf("First = %q, %v, want %q", got, ok, *want)
			}
		})
	}
}
