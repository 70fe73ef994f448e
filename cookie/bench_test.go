package cookie_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// tenCookies is a request header with nine ordinary cookies and, before the last two, own.
func tenCookies(own string) http.Header {
	return http.Header{"Cookie": {
		"_ga=GA1.2.1234567890.1234567890; _gid=GA1.2.987654321.1234567890; theme=dark; lang=ko; " +
			"authjs.csrf-token=" + strings.Repeat("c", 64) + "%7C" + strings.Repeat("d", 64) + "; " +
			"authjs.callback-url=https%3A%2F%2Fapp.example; consent=a1b2c3; " + own + "; seen=1; cart=42",
	}}
}

const session = "authjs.session-token"

// BenchmarkGet reads one cookie of ten, from header to value. The peer is net/http.
func BenchmarkGet(b *testing.B) {
	h := tenCookies(session + "=" + strings.Repeat("x", 457))
	b.Run("cookie", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			j, _ := cookie.Read(h)
			if _, err := j.Get(session); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("net_http", func(b *testing.B) {
		r := &http.Request{Header: h}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Cookie(session); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkChunked reads a session from among ten cookies, in one cookie and in four. The
// peer is net/http's list of cookies, from which a joiner would start.
func BenchmarkChunked(b *testing.B) {
	chunk := strings.Repeat("x", cookie.ChunkV5)
	four := session + ".0=" + chunk + "; " + session + ".1=" + chunk + "; " + session + ".2=" + chunk + "; " + session + ".3=tail"
	for _, c := range []struct{ name, own string }{
		{"bare", session + "=" + chunk[:457]}, {"four", four}, {"absent", "other=1"},
	} {
		h := tenCookies(c.own)
		b.Run(c.name+"/cookie", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				j, _ := cookie.Read(h)
				if got, err := j.Chunked(session); err != nil && c.name != "absent" || len(got.Names) > 4 {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/net_http", func(b *testing.B) {
			r := &http.Request{Header: h}
			b.ReportAllocs()
			for b.Loop() {
				if len(r.Cookies()) < 10 {
					b.Fatal("cookies lost")
				}
			}
		})
	}
}

// BenchmarkSet writes a session cookie. The peer is net/http.
func BenchmarkSet(b *testing.B) {
	value, end := strings.Repeat("x", 457), time.Unix(1797842986, 0)
	b.Run("cookie", func(b *testing.B) {
		a := cookie.Attributes{Secure: true, Expires: end}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := a.Set("__Secure-"+session, value); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("net_http", func(b *testing.B) {
		c := http.Cookie{
			Name: "__Secure-" + session, Value: value, Path: "/", Expires: end,
			HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
		}
		b.ReportAllocs()
		for b.Loop() {
			if c.String() == "" {
				b.Fatal("no line")
			}
		}
	})
}
