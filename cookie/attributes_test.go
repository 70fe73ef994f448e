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

func TestCheck(t *testing.T) {
	type a = cookie.Attributes
	long := func(n int) string { return "/" + strings.Repeat("p", n-1) }
	for _, c := range []struct {
		name   string
		cookie string
		attrs  a
		ok     bool
	}{
		{"the zero value", "sid", a{}, true},
		{"every token character", "aZ09!#$%&'*+-.^_`|~", a{}, true},
		{"no name", "", a{}, false},
		{"a space in the name", "s id", a{}, false},
		{"an equals sign in the name", "s=id", a{}, false},
		{"a semicolon in the name", "s;id", a{}, false},
		{"a line break in the name", "s\r\nid", a{}, false},
		{"Korean in the name", "이름", a{}, false},
		{"the longest name", strings.Repeat("n", cookie.MaxName), a{}, true},
		{"a name too long for chunks", strings.Repeat("n", cookie.MaxName+1), a{}, false},

		{"__Secure- with Secure", "__Secure-sid", a{Secure: true, Domain: "example.com", Path: "/app"}, true},
		{"__Secure- without Secure", "__Secure-sid", a{}, false},
		{"__secure- in lower case", "__secure-sid", a{Secure: true}, false},
		{"__Host- with Secure", "__Host-sid", a{Secure: true}, true},
		{"__Host- with Path=/ spelt out", "__Host-sid", a{Secure: true, Path: "/"}, true},
		{"__Host- without Secure", "__Host-sid", a{}, false},
		{"__Host- with a domain", "__Host-sid", a{Secure: true, Domain: "example.com"}, false},
		{"__Host- with another path", "__Host-sid", a{Secure: true, Path: "/app"}, false},
		{"__HOST- in upper case", "__HOST-sid", a{Secure: true}, false},
		{"a prefix in the middle", "my__Host-sid", a{}, true},

		{"Strict", "sid", a{SameSite: http.SameSiteStrictMode}, true},
		{"left to the browser", "sid", a{SameSite: http.SameSiteDefaultMode}, true},
		{"None with Secure", "sid", a{SameSite: http.SameSiteNoneMode, Secure: true}, true},
		{"None without Secure", "sid", a{SameSite: http.SameSiteNoneMode}, false},
		{"an unknown SameSite", "sid", a{SameSite: 9}, false},

		{"a path of 1,024 octets", "sid", a{Path: long(1024)}, true},
		{"a path of 1,025 octets", "sid", a{Path: long(1025)}, false},
		{"a relative path", "sid", a{Path: "app"}, false},
		{"a semicolon in the path", "sid", a{Path: "/; Domain=evil.example"}, false},
		{"a line break in the path", "sid", a{Path: "/\r\nX: y"}, false},
		{"a space in the path", "sid", a{Path: "/app "}, false},
		{"Korean in the path", "sid", a{Path: "/한글"}, false},

		{"a leading dot", "sid", a{Domain: ".example.com"}, true},
		{"a trailing dot", "sid", a{Domain: "example.com."}, false},
		{"only a dot", "sid", a{Domain: "."}, false},
		{"a hyphen at an edge", "sid", a{Domain: "-a.example"}, false},
		{"a port", "sid", a{Domain: "example.com:80"}, false},
		{"a semicolon in the domain", "sid", a{Domain: "a;b"}, false},
		{"a label of 64", "sid", a{Domain: strings.Repeat("a", 64) + ".com"}, false},
		{"a domain of 255", "sid", a{Domain: strings.Repeat("a.", 127) + "a"}, false},

		{"a negative age", "sid", a{MaxAge: -1}, false},
		{"the year 1600", "sid", a{Expires: time.Date(1600, 12, 31, 0, 0, 0, 0, time.UTC)}, false},
		{"the year 10000", "sid", a{Expires: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.attrs.Check(c.cookie); (err == nil) != c.ok {
				t.Errorf("Check = %v, want ok = %v", err, c.ok)
			}
			// Set and Clear judge by themselves too, since a name may be made at run time.
			line, err := c.attrs.Set(c.cookie, "v")
			if okay := c.ok || len(c.cookie) > cookie.MaxName; (err == nil) != okay || (line != "") != okay {
				t.Errorf("Set = %.80q, %v, want ok = %v", line, err, okay)
			}
		})
	}
}

func TestClearOfWhatCannotBeSetIsEmpty(t *testing.T) {
	if line := (cookie.Attributes{}).Clear("__Host-sid"); line != "" {
		t.Errorf("Clear = %q", line)
	}
	if line := (cookie.Attributes{}).Clear("a;b"); line != "" {
		t.Errorf("Clear = %q", line)
	}
}

func TestSetReplacesOctetsThatAreNotText(t *testing.T) {
	got, err := (cookie.Attributes{}).Set("u", "a\xff\xc3")
	if want := "u=a%EF%BF%BD; Path=/; HttpOnly; SameSite=Lax"; err != nil || got != want {
		t.Errorf("Set = %q, %v, want %q", got, err, want)
	}
}

func TestLinesIsAllOrNothing(t *testing.T) {
	plan := []cookie.Write{{Name: "s", Clear: true, Value: "left over"}, {Name: "s.0", Value: "x"}}
	a := cookie.Attributes{Expires: time.Unix(1797842986, 0)}
	got, err := a.Lines(plan)
	want := []string{
		"s=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
		"s.0=x; Path=/; Expires=Mon, 21 Dec 2026 08:49:46 GMT; HttpOnly; SameSite=Lax",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Lines = %q, %v, want %q", got, err, want)
	}
	got, err = a.Lines(append(plan, cookie.Write{Name: "s.1", Value: strings.Repeat("x", 4096)}))
	if got != nil || !errors.Is(err, cookie.ErrTooLarge) {
		t.Errorf("Lines = %q, %v, want ErrTooLarge", got, err)
	}
	got, err = a.Lines([]cookie.Write{{Name: "__Host-s", Clear: true}})
	if got != nil || err == nil {
		t.Errorf("Lines = %q, %v, want an error", got, err)
	}
}

func TestErrorsHoldNoValue(t *testing.T) {
	const secret = "s3cr3t"
	_, large := cookie.Attributes{}.Set("s", strings.Repeat(secret, 1000))
	_, plan := cookie.Plan("s", strings.Repeat(secret+" ", 1000), nil, cookie.ChunkV5)
	_, config := cookie.Attributes{}.Set("__Host-s", secret)
	_, twice := read(t, "s="+secret+"; s="+secret).Get("s")
	for _, err := range []error{large, plan, config, twice} {
		if err == nil || strings.Contains(err.Error(), secret) || !strings.HasPrefix(err.Error(), "cookie: ") {
			t.Errorf("error = %v", err)
		}
	}
}
