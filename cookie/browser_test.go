package cookie_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// A browser keeps cookies by the rules of RFC 6265bis: net/http's jar, and before it the
// limits on size and the name prefixes, which that jar does not know.
type browser struct {
	jar  *cookiejar.Jar
	page *url.URL
}

func newBrowser(t testing.TB, page string) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	return browser{jar, u}
}

// take stores what the lines set and reports those that a real browser would drop.
func (b browser) take(t testing.TB, lines ...string) {
	t.Helper()
	for _, line := range lines {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatalf("browser cannot read %.100q: %v", line, err)
		}
		pair, attributes, _ := strings.Cut(line, "; ")
		if len(pair)-1 > 4096 {
			t.Fatalf("browser drops a cookie of %d octets", len(pair)-1)
		}
		for attribute := range strings.SplitSeq(attributes, "; ") {
			if _, value, _ := strings.Cut(attribute, "="); len(value) > 1024 {
				t.Fatalf("browser ignores an attribute of %d octets", len(value))
			}
		}
		secure := c.Secure && b.page.Scheme == "https"
		if strings.HasPrefix(c.Name, "__") && !secure ||
			strings.HasPrefix(c.Name, "__Host-") && (c.Domain != "" || c.Path != "/") {
			t.Fatalf("browser refuses %.100q", line)
		}
		b.jar.SetCookies(b.page, []*http.Cookie{c})
	}
}

// header is what the browser's next request carries.
func (b browser) header() http.Header {
	r := http.Request{Header: http.Header{}}
	for _, c := range b.jar.Cookies(b.page) {
		r.AddCookie(c)
	}
	return r.Header
}

// token is a value of n octets whose every chunk is unlike the others.
func token(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), 6265))
	value := make([]byte, n)
	for i := range value {
		value[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."[r.IntN(65)]
	}
	return string(value)
}

// save does what a session layer does: it reads what the request brought and answers with
// the cookies of the new value, or clears when value is empty.
func save(t testing.TB, b browser, a cookie.Attributes, name, value string, size int) error {
	t.Helper()
	j, err := cookie.Read(b.header())
	if err != nil {
		return err
	}
	had := j.Family(name)
	plan := cookie.PlanClear(had)
	if value != "" {
		if plan, err = cookie.Plan(name, value, had, size); err != nil {
			return err
		}
	}
	lines, err := a.Lines(plan)
	if err != nil {
		return err
	}
	b.take(t, lines...)
	return nil
}

// sizes are payload lengths around everything that can go wrong: 0 to 16 KiB, and each
// multiple of a chunk to the octet.
func sizes(chunk int) []int {
	list := []int{0, 1, 457, 2000, 3900, 15_700}
	for n := 1; n <= cookie.MaxChunks; n++ {
		for off := -3; off <= 3; off++ {
			list = append(list, n*chunk+off)
		}
	}
	return append(list, cookie.MaxToken-1, cookie.MaxToken, cookie.MaxToken+1, 40_000)
}

// TestF16SessionsGrowAndShrink walks a browser from every number of cookies to every size.
func TestF16SessionsGrowAndShrink(t *testing.T) {
	for _, c := range []struct {
		name, cookie string
		size         int
	}{
		{"v4", cookie.SecureName("next-auth.session-token"), cookie.ChunkV4},
		{"v5", cookie.SecureName("authjs.session-token"), cookie.ChunkV5},
		{"native", cookie.HostName("session"), cookie.ChunkV5},
		{"the longest name", cookie.HostName(strings.Repeat("n", cookie.MaxName-len("__Host-"))), cookie.ChunkV5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := cookie.Attributes{Secure: true, Expires: time.Now().Add(time.Hour)}
			if err := a.Check(c.cookie); err != nil {
				t.Fatal(err)
			}
			b := newBrowser(t, "https://app.example/")
			stored, all := "", sizes(c.size)
			values := map[int]string{} // made once, since the race detector is slow at it
			for _, n := range all {
				values[n] = token(n)
			}
			for _, from := range []int{0, 457, c.size + 1, 3 * c.size, 4 * c.size} {
				for _, to := range all {
					for _, n := range []int{from, to} {
						value := values[n]
						err := save(t, b, a, c.cookie, value, c.size)
						if n > cookie.MaxChunks*c.size {
							if !errors.Is(err, cookie.ErrTooLarge) {
								t.Fatalf("%d octets: error = %v, want ErrTooLarge", n, err)
							}
						} else if err != nil {
							t.Fatalf("%d octets: %v", n, err)
						} else {
							stored = value
						}
						wantStored(t, b, c.cookie, stored, c.size)
					}
				}
			}
		})
	}
}

// wantStored checks that the browser holds value, and no cookie that it does not need.
func wantStored(t *testing.T, b browser, name, value string, size int) {
	t.Helper()
	j, err := cookie.Read(b.header())
	if err != nil {
		t.Fatal(err)
	}
	got, err := j.Chunked(name)
	if value == "" && !errors.Is(err, cookie.ErrAbsent) || value != "" && err != nil || got.Value != value {
		t.Fatalf("browser holds %d octets in %q, %v, want %d", len(got.Value), got.Names, err, len(value))
	}
	if want := (len(value) + size - 1) / size; len(got.Names) != want {
		t.Fatalf("browser holds %q, want %d cookies", got.Names, want)
	} else if want == 1 && got.Names[0] != name {
		t.Fatalf("browser holds %q, want the bare name", got.Names)
	}
}

func TestF16DamagedChunksNeverReadAsTheValue(t *testing.T) {
	value := token(3*cookie.ChunkV5 + 100)
	plan, err := cookie.Plan("s", value, nil, cookie.ChunkV5)
	if err != nil {
		t.Fatal(err)
	}
	pair := func(w cookie.Write) string { return w.Name + "=" + w.Value }
	for i := range plan {
		var dropped, doubled, swapped []string
		for n, w := range plan {
			if n != i {
				dropped = append(dropped, pair(w))
			}
			doubled = append(doubled, pair(w))
			w.Value = plan[(n+i)%len(plan)].Value
			swapped = append(swapped, pair(w))
		}
		doubled = append(doubled, pair(plan[i]))
		got, err := read(t, dropped...).Chunked("s")
		if i == len(plan)-1 { // a lost tail shows only in the seal
			if err != nil || got.Value != value[:3*cookie.ChunkV5] {
				t.Errorf("tail dropped: %d octets, %v", len(got.Value), err)
			}
		} else if !errors.Is(err, cookie.ErrGap) || got.Value != "" {
			t.Errorf("chunk %d dropped: %d octets, %v, want ErrGap", i, len(got.Value), err)
		}
		if got, err := read(t, doubled...).Chunked("s"); !errors.Is(err, cookie.ErrDuplicate) || got.Value != "" {
			t.Errorf("chunk %d doubled: %d octets, %v, want ErrDuplicate", i, len(got.Value), err)
		}
		if got, _ := read(t, swapped...).Chunked("s"); i > 0 && got.Value == value {
			t.Errorf("chunks rotated by %d read as the value", i)
		}
	}
}
