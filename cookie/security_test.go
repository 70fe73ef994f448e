package cookie_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// TestS01_NativeSessionCookie: __Host-, Secure, HttpOnly, Path=/ and no Domain, and no
// way to write it otherwise. The bytes of the compatible modes are in golden.json.
func TestS01_NativeSessionCookie(t *testing.T) {
	a := cookie.Attributes{Secure: true, Expires: time.Unix(1797842986, 0)}
	wantLines(t, a, cookie.HostName("session"), "eyJ.x",
		"__Host-session=eyJ.x; Path=/; Expires=Mon, 21 Dec 2026 08:49:46 GMT; HttpOnly; Secure; SameSite=Lax",
		"__Host-session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax")
	wantLines(t, cookie.Attributes{Secure: true}, cookie.SecureName("authjs.session-token"), "eyJ.x",
		"__Secure-authjs.session-token=eyJ.x; Path=/; HttpOnly; Secure; SameSite=Lax",
		"__Secure-authjs.session-token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax")

	for name, a := range map[string]cookie.Attributes{
		"without Secure":    {},
		"with a domain":     {Secure: true, Domain: "example.com"},
		"with another path": {Secure: true, Path: "/app"},
	} {
		for _, cookieName := range []string{"__Host-session", "__host-session", "__HOST-session"} {
			if err := a.Check(cookieName); err == nil {
				t.Errorf("Check lets %s through %s", cookieName, name)
			}
			if line, err := a.Set(cookieName, "v"); err == nil || line != "" {
				t.Errorf("Set writes %q %s", line, name)
			}
			if line := a.Clear(cookieName); line != "" {
				t.Errorf("Clear writes %q %s", line, name)
			}
		}
	}
}

// TestS03_OneExactName: another letter case is another cookie, twice is nobody.
func TestS03_OneExactName(t *testing.T) {
	const name = "__Host-session"
	for _, other := range []string{"__host-session", "__HOST-SESSION", "__Host-Session", "__hoſt-session"} {
		j := read(t, other+"=evil")
		if got, err := j.Get(name); !errors.Is(err, cookie.ErrAbsent) {
			t.Errorf("%s: Get = %q, %v", other, got, err)
		}
		if got, ok := j.First(name); ok {
			t.Errorf("%s: First = %q", other, got)
		}
		if got, err := j.Chunked(name); !errors.Is(err, cookie.ErrAbsent) || got.Names != nil {
			t.Errorf("%s: Chunked = %v, %v", other, got, err)
		}
		for _, header := range []string{other + "=evil; " + name + "=mine", name + "=mine; " + other + "=evil"} {
			if got, err := read(t, header).Get(name); got != "mine" || err != nil {
				t.Errorf("%s: Get = %q, %v, want mine", header, got, err)
			}
		}
	}
	for _, header := range []string{
		name + "=mine; " + name + "=evil", name + "=evil; " + name + "=mine", name + "=same; " + name + "=same",
		name + `="evil"; ` + name + "=mine", name + "=; " + name + "=mine",
	} {
		j := read(t, header)
		if got, err := j.Get(name); !errors.Is(err, cookie.ErrDuplicate) || got != "" {
			t.Errorf("%s: Get = %q, %v, want ErrDuplicate", header, got, err)
		}
		if got, err := j.Chunked(name); !errors.Is(err, cookie.ErrDuplicate) || got.Value != "" {
			t.Errorf("%s: Chunked = %q, %v, want ErrDuplicate", header, got.Value, err)
		}
	}
	if got, err := read(t, name+`="mine"`).Get(name); got != `"mine"` || err != nil {
		t.Errorf("quoted value: Get = %q, %v, want the quotes kept", got, err)
	}
}

// TestS04_BoundsOfACookie: 4,096 octets for name and value, 1,024 for an attribute, four
// chunks, never truncated, and nothing stale is joined.
func TestS04_BoundsOfACookie(t *testing.T) {
	if line, err := (cookie.Attributes{}).Set("name", token(4092)); err != nil || line == "" {
		t.Errorf("4,096 octets: %v", err)
	}
	for value, what := range map[string]string{
		token(4093):                   "4,097 octets",
		strings.Repeat("|", 4092/3+1): "4,096 octets once encoded",
	} {
		if line, err := (cookie.Attributes{}).Set("name", value); !errors.Is(err, cookie.ErrTooLarge) || line != "" {
			t.Errorf("%s: line of %d octets, %v, want ErrTooLarge", what, len(line), err)
		}
	}
	path := "/" + strings.Repeat("p", 1023)
	if _, err := (cookie.Attributes{Path: path}).Set("name", "v"); err != nil {
		t.Errorf("path of 1,024 octets: %v", err)
	}
	if line, err := (cookie.Attributes{Path: path + "p"}).Set("name", "v"); err == nil || line != "" {
		t.Error("path of 1,025 octets is written")
	}
	for n := 3900; n <= 40_000; n += 317 {
		plan, err := cookie.Plan("s", token(n), nil, cookie.ChunkV5)
		if tooLong := n > 4*cookie.ChunkV5; tooLong != errors.Is(err, cookie.ErrTooLarge) || tooLong != (plan == nil) {
			t.Errorf("%d octets: %d writes, %v", n, len(plan), err)
		}
		for _, w := range plan {
			if len(w.Name)+len(w.Value) > 4096 {
				t.Errorf("%d octets: a cookie of %d", n, len(w.Name)+len(w.Value))
			}
		}
	}
	for header, want := range map[string]string{
		"s=new; s.1=old": "new", "s.1=old; s=new": "new", "s.0=old; s.1=old; s=new": "new", "s=new; s.0=old": "new",
		"s.0=new; s.2=old": "", "s.1=old": "", "s.0=a; s.1=b; s.2=c; s.3=d; s.4=e": "",
	} {
		if got, err := read(t, header).Chunked("s"); got.Value != want || (err == nil) != (want != "") {
			t.Errorf("%s: Chunked = %q, %v, want %q", header, got.Value, err, want)
		}
	}
}

// TestS07_DeletingReachesEveryCookie: a clear repeats domain, path and Secure and names all
// chunks that the request brought, also those that no value could be read from.
func TestS07_DeletingReachesEveryCookie(t *testing.T) {
	for name, c := range map[string]struct {
		page, cookie string
		attrs        cookie.Attributes
	}{
		"plain http":       {"http://localhost:3000/app/x", "authjs.session-token", cookie.Attributes{}},
		"compatible https": {"https://app.example.com/app/x", "__Secure-authjs.session-token", cookie.Attributes{Secure: true}},
		"native":           {"https://app.example.com/app/x", "__Host-session", cookie.Attributes{Secure: true}},
		"shared by hosts":  {"https://app.example.com/app/x", "__Secure-s", cookie.Attributes{Secure: true, Domain: "example.com"}},
		"part of a site":   {"https://app.example.com/app/x", "s", cookie.Attributes{Secure: true, Path: "/app", SameSite: http.SameSiteStrictMode}},
	} {
		for _, brought := range [][]string{
			{""}, {".0", ".1", ".2", ".3"}, {"", ".0", ".3"}, {".7"}, {".0", ".1", ".2", ".3", ".4", ".123456"},
		} {
			b := newBrowser(t, c.page)
			a := c.attrs
			a.Expires, a.MaxAge = time.Now().Add(time.Hour), 3600
			for _, suffix := range brought {
				line, err := a.Set(c.cookie+suffix, "x")
				if err != nil {
					t.Fatal(err)
				}
				b.take(t, line)
			}
			if n := len(b.jar.Cookies(b.page)); n != len(brought) {
				t.Fatalf("%s: browser took %d of %d cookies", name, n, len(brought))
			}
			if err := save(t, b, a, c.cookie, "", cookie.ChunkV5); err != nil {
				t.Fatal(err)
			}
			if left := b.jar.Cookies(b.page); len(left) != 0 {
				t.Errorf("%s, %q: %d cookies left, first %s", name, brought, len(left), left[0].Name)
			}
		}
	}
	// A duplicate is named once, and a clear has no date that could keep the cookie.
	names := read(t, "s.0=a; s.0=b; s=c; s.9=d").Family("s")
	if !slices.Equal(names, []string{"s.0", "s", "s.9"}) {
		t.Errorf("Family = %q", names)
	}
	full := cookie.Attributes{Domain: "example.com", Path: "/app", Secure: true, MaxAge: 900, Expires: time.Unix(1797842986, 0), SameSite: http.SameSiteNoneMode}
	want := "s=; Max-Age=0; Domain=example.com; Path=/app; HttpOnly; Secure; SameSite=None"
	if got := full.Clear("s"); got != want {
		t.Errorf("Clear = %q, want %q", got, want)
	}
}

// TestS112_TooManyCookiesIsSaidAloud: net/http answers 5,000 cookies with none.
func TestS112_TooManyCookiesIsSaidAloud(t *testing.T) {
	h := http.Header{"Cookie": {"sid=mine; " + strings.TrimSuffix(strings.Repeat("a=b; ", 4999), "; ")}}
	if n := len((&http.Request{Header: h}).Cookies()); n != 0 {
		t.Fatalf("net/http reads %d cookies; this test says it reads none", n)
	}
	j, err := cookie.Read(h)
	if !errors.Is(err, cookie.ErrTooMany) {
		t.Errorf("Read error = %v, want ErrTooMany", err)
	}
	if _, err := j.Get("sid"); !errors.Is(err, cookie.ErrAbsent) {
		t.Errorf("a refused header still gives cookies: %v", err)
	}
	// In lines of one cookie each, as some HTTP/2 clients send them.
	if _, err := cookie.Read(http.Header{"Cookie": slices.Repeat([]string{"a=b"}, 5000)}); !errors.Is(err, cookie.ErrTooMany) {
		t.Errorf("Read error = %v, want ErrTooMany", err)
	}
	if _, err := cookie.Read(http.Header{"Cookie": {"a=" + strings.Repeat("x", 1<<20)}}); !errors.Is(err, cookie.ErrTooLarge) {
		t.Errorf("Read error = %v, want ErrTooLarge", err)
	}
}
