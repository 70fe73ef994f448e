package cookie_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// FuzzChunked compares reading with a slow second reading written from the rules.
func FuzzChunked(f *testing.F) {
	for _, header := range []string{
		"", ";", "s=A", "s.0=A; s.1=B", "s.1=B; s.0=A", "s.0=A; s.2=C", "s=A; s.0=B", "s=A; s=B", "s=; s.0=A", "S=A; s.00=B",
		"s.0=%41; s.1=%; s.2=%ED%95%9C", `a="; s=1`, " s=1 ;\ts.0 = 2", "s.99999999999999999999=x", "=s; s", "s.0=a\ns.1=b\ns.2=c",
		"s.0=a; s.1=b; s.2=c; s.3=d; s.4=e", strings.Repeat("s=;", 300), "s=\x00\xff",
	} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		lines := strings.Split(header, "\n")
		j, err := cookie.Read(http.Header{"Cookie": lines})
		names, values := slowRead(lines)
		if err != nil {
			if len(header) <= cookie.MaxHeader && strings.Count(header, ";")+len(lines) <= cookie.MaxCookies {
				t.Fatalf("Read error = %v for a small header", err)
			}
			return
		}
		if len(names) > cookie.MaxCookies {
			t.Fatalf("Read takes %d cookies", len(names))
		}
		var all []string
		for name := range j.All() {
			all = append(all, name)
		}
		if !slices.Equal(all, names) {
			t.Fatalf("All = %q, want %q", all, names)
		}

		want, wantErr := slowJoin(names, values)
		got, err := j.Chunked("s")
		if !errors.Is(err, wantErr) || got.Value != want {
			t.Errorf("Chunked = %q, %v, want %q, %v", got.Value, err, want, wantErr)
		}
		if family := j.Family("s"); !slices.Equal(family, got.Names) {
			t.Errorf("Family = %q, Names = %q", family, got.Names)
		}
		if len(got.Value) > cookie.MaxToken {
			t.Errorf("value of %d octets", len(got.Value))
		}
		value, err := j.Get("s")
		first, ok := j.First("s")
		if ok == errors.Is(err, cookie.ErrAbsent) || err == nil && value != first {
			t.Errorf("Get = %q, %v, but First = %q, %v", value, err, first, ok)
		}
	})
}

func slowRead(lines []string) (names, values []string) {
	for _, piece := range strings.Split(strings.Join(lines, ";"), ";") {
		name, value, ok := strings.Cut(strings.Trim(piece, " \t"), "=")
		if ok && name != "" {
			names, values = append(names, name), append(values, strings.Trim(value, " \t"))
		}
	}
	return names, values
}

func slowJoin(names, values []string) (string, error) {
	seen := map[string]string{}
	highest := -1
	for i, name := range names {
		number, numbered := strings.CutPrefix(name, "s.")
		if name != "s" && !(numbered && number != "" && strings.Trim(number, "0123456789") == "" && (number == "0" || number[0] != '0')) {
			continue
		}
		if _, twice := seen[name]; twice {
			return "", cookie.ErrDuplicate
		}
		seen[name] = values[i]
	}
	if seen["s"] != "" {
		return slowBound(slowDecode(seen["s"]))
	}
	count := 0
	for name, value := range seen {
		if name != "s" && value != "" {
			count++
		}
	}
	switch {
	case count == 0:
		return "", cookie.ErrAbsent
	case count > 4:
		return "", cookie.ErrTooLarge
	}
	whole := ""
	for highest = range count {
		value := seen[fmt.Sprint("s.", highest)]
		if value == "" {
			return "", cookie.ErrGap
		}
		whole += slowDecode(value)
	}
	return slowBound(whole)
}

func slowBound(value string) (string, error) {
	if len(value) > 16384 {
		return "", cookie.ErrTooLarge
	}
	return value, nil
}

// slowDecode is decodeURIComponent by way of net/url: escapes must be well-formed, and
// text, with the octets that came as they are taken for text.
func slowDecode(value string) string {
	decoded, err := url.PathUnescape(value)
	if err != nil {
		return value
	}
	var escapes strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '%' {
			escapes.WriteString(value[i : i+3])
			i += 2
		} else {
			escapes.WriteByte('_')
		}
	}
	if text, _ := url.PathUnescape(escapes.String()); strings.ToValidUTF8(text, "") != text {
		return value
	}
	return decoded
}

// FuzzSet reads what was written with net/http and with Jar.
func FuzzSet(f *testing.F) {
	f.Add("sid", "value", "/", "", int64(0), 0, byte(0))
	f.Add("__Secure-sid", "한글 | %41\r\n;", "/app", "example.com", int64(1797842986), 900, byte(3))
	f.Add("__Host-sid", "\xff\x00\"", "", "", int64(-1), -1, byte(13))
	f.Add("a;b", "x", "/;Secure", "a;b", int64(1<<40), 1, byte(4))
	f.Fuzz(func(t *testing.T, name, value, path, domain string, expires int64, maxAge int, flags byte) {
		a := cookie.Attributes{
			Path: path, Domain: domain, MaxAge: maxAge, Secure: flags&1 != 0, ScriptReadable: flags&2 != 0,
			SameSite: http.SameSite(flags >> 2 & 7),
		}
		if expires != 0 {
			a.Expires = time.Unix(expires, 5)
		}
		line, err := a.Set(name, value)
		if (err != nil) != (line == "") {
			t.Fatalf("Set = %q, %v", line, err)
		}
		if err != nil {
			return
		}
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatalf("net/http cannot read %q: %v", line, err)
		}
		text := strings.ToValidUTF8(value, "\uFFFD")
		if got, err := url.PathUnescape(c.Value); c.Name != name || err != nil || got != text {
			t.Errorf("net/http reads %q = %q, %v, want %q = %q", c.Name, got, err, name, text)
		}
		if path == "" {
			path = "/"
		}
		if c.Path != path || c.Domain != domain || len(c.Unparsed) > 0 {
			t.Errorf("net/http reads path %q, domain %q, unknown %q", c.Path, c.Domain, c.Unparsed)
		}
		if c.Secure != a.Secure || c.HttpOnly == a.ScriptReadable || c.MaxAge != maxAge {
			t.Errorf("net/http reads Secure %v, HttpOnly %v, Max-Age %d", c.Secure, c.HttpOnly, c.MaxAge)
		}
		if expires != 0 && c.Expires.Unix() != expires {
			t.Errorf("net/http reads Expires %v, want %v", c.Expires, a.Expires)
		}
		pair, _, _ := strings.Cut(line, "; ")
		if len(pair)-1 > cookie.MaxPair {
			t.Errorf("cookie of %d octets", len(pair)-1)
		}
		if got, err := read(t, pair).Get(name); err != nil || got != text {
			t.Errorf("Get = %q, %v, want %q", got, err, text)
		}
		if clear := a.Clear(name); !strings.HasPrefix(clear, name+"=; Max-Age=0; ") {
			t.Errorf("Clear = %q", clear)
		}
	})
}

// FuzzPlan checks that what is planned over anything a request brought reads back.
func FuzzPlan(f *testing.F) {
	f.Add("s=1", uint16(100), uint16(3936))
	f.Add("s.0=a; s.1=b; s.5=c; s=d", uint16(9000), uint16(3933))
	f.Add("s.3=a; s.2=b", uint16(15744), uint16(3936))
	f.Fuzz(func(t *testing.T, header string, length, size uint16) {
		j, err := cookie.Read(http.Header{"Cookie": {header}})
		if err != nil {
			return
		}
		value, had := token(int(length)), j.Family("s")
		plan, err := cookie.Plan("s", value, had, int(size))
		if err != nil {
			return
		}
		var pairs, order []string
		for _, w := range plan {
			order = append(order, w.Name)
			if !w.Clear {
				pairs = append(pairs, w.Name+"="+w.Value)
			} else if !slices.Contains(had, w.Name) || w.Value != "" {
				t.Errorf("clears %q, which nobody brought", w.Name)
			}
		}
		if !slices.Equal(order[:len(had)], had) {
			t.Errorf("order %q does not begin with %q", order, had)
		}
		if got, err := read(t, pairs...).Chunked("s"); err != nil || got.Value != value {
			t.Errorf("planned cookies read as %d octets, %v, want %d", len(got.Value), err, len(value))
		}
	})
}
