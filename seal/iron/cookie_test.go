package iron_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/cookie"
	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

// lines are the Set-Cookie lines that a vector's options lead to, by packages iron and cookie alone.
func (v vector) lines(t *testing.T, codec seal.Codec) ([]string, error) {
	t.Helper()
	at := time.UnixMilli(v.Now)
	attributes := cookie.Attributes{Secure: true}
	jar, err := cookie.Read(http.Header{"Cookie": {v.Request}})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(v.Name, "destroy") { // a save after it is ignored
		return []string{attributes.Clear(v.Options.Name)}, nil
	}
	ttl := iron.DefaultTTL
	if v.Options.TTL != nil {
		ttl = time.Duration(*v.Options.TTL) * time.Second
	}
	var life seal.Life
	if _, untilBrowserEnds := v.Options.Cookie["maxAge"]; !untilBrowserEnds {
		attributes.MaxAge = iron.MaxAge(ttl)
		if ttl != 0 {
			life.Expires = at.Add(ttl)
		}
	}
	value, err := codec.Seal(v.sealed(), life)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Options.Chunk {
		line, err := attributes.Set(v.Options.Name, value)
		return []string{line}, err
	}
	empty, err := attributes.Set(v.Options.Name+".0", "")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := cookie.Plan(v.Options.Name, value, jar.Family(v.Options.Name), iron.ChunkRoom(empty))
	if err != nil {
		return nil, err
	}
	return attributes.Lines(plan)
}

// sealed is what the app has put into the session: that of the request is replaced.
func (v vector) sealed() []byte {
	if v.Data != nil {
		return v.Data
	}
	return v.Expect.Session
}

// splitLine gives name, value and the attributes, sorted.
func splitLine(line string) (name, value string, attributes []string) {
	parts := strings.Split(line, "; ")
	name, value, _ = strings.Cut(parts[0], "=")
	slices.Sort(parts[1:])
	return name, value, parts[1:]
}

func TestCookieVectors(t *testing.T) {
	for _, v := range readVectors(t, "cookie") {
		t.Run(v.ID+" "+v.Name, func(t *testing.T) {
			codec := makeCodec(t, iron.New, seal.Secrets(v.Options.Password))
			if v.Request != "" && len(v.Expect.Cookies) == 0 {
				checkRead(t, codec, v)
				return
			}
			lines, err := v.lines(t, codec)
			if v.Expect.Error {
				if err == nil {
					t.Fatal("a session too large for one cookie is written")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkLines(t, codec, v, lines)
		})
	}
}

func checkLines(t *testing.T, codec seal.Codec, v vector, lines []string) {
	t.Helper()
	if len(lines) != len(v.Expect.Cookies) {
		t.Fatalf("%d cookies are written, want %d", len(lines), len(v.Expect.Cookies))
	}
	var pairs []string
	for _, line := range lines {
		name, value, attributes := splitLine(line)
		if len(line) > 4096 {
			t.Errorf("%s: the line has %d bytes", name, len(line))
		}
		found := false
		for _, want := range v.Expect.Cookies {
			if want.Name != name {
				continue
			}
			found = true
			if want.Empty != (value == "") || !slices.Equal(attributes, want.Attributes) {
				t.Errorf("%s: empty %t, attributes %q, want %t, %q", name, value == "", attributes, want.Empty, want.Attributes)
			}
		}
		if !found {
			t.Errorf("%s is written, too", name)
		}
		if value != "" {
			pairs = append(pairs, name+"="+value)
		}
	}
	// The browser sends back what it was given.
	if v.Request = strings.Join(pairs, "; "); v.Request != "" {
		checkRead(t, codec, v)
	}
}

func checkRead(t *testing.T, codec seal.Codec, v vector) {
	t.Helper()
	jar, err := cookie.Read(http.Header{"Cookie": {v.Request}})
	if err != nil {
		t.Fatal(err)
	}
	claims := "{}" // nobody
	if chunked, err := jar.Chunked(v.Options.Name); err == nil {
		got, err := codec.Open(chunked.Value, time.UnixMilli(v.Now))
		if err != nil {
			t.Fatal(err)
		}
		claims = string(got.Claims)
	}
	if !sameJSON(t, []byte(claims), v.Expect.Session) {
		t.Errorf("the session is %.200s, want %.200s", claims, v.Expect.Session)
	}
}

func TestCookieLineIsThatOfIronSession(t *testing.T) {
	line, err := cookie.Attributes{Secure: true, MaxAge: iron.MaxAge(iron.DefaultTTL)}.Set("carrotsession", "Fe26.2*~_-.")
	if err != nil {
		t.Fatal(err)
	}
	// iron-session 9.0.1, in this order; the characters of a seal need no encoding.
	if want := "carrotsession=Fe26.2*~_-.; Max-Age=1209540; Path=/; HttpOnly; Secure; SameSite=Lax"; line != want {
		t.Errorf("line = %s, want %s", line, want)
	}
}

func TestMaxAge(t *testing.T) {
	for _, c := range []struct {
		name string
		ttl  time.Duration
		want int
	}{
		{"the default", iron.DefaultTTL, 1209540},
		{"the default of version 6", iron.DefaultTTLv6, 1295940},
		{"no end", 0, 1<<31 - 1},
		{"one minute is kept whole", time.Minute, 60},
		{"below the skew", 30 * time.Second, 30},
		{"one second more", 61 * time.Second, 1},
		{"a fraction is dropped", 90*time.Second + 999*time.Millisecond, 30},
		{"less than nothing", -time.Second, 0},
		{"longer than a browser counts", 200 * 365 * 24 * time.Hour, 1<<31 - 1},
	} {
		if got := iron.MaxAge(c.ttl); got != c.want {
			t.Errorf("%s: MaxAge(%v) = %d, want %d", c.name, c.ttl, got, c.want)
		}
	}
}

func TestChunkRoom(t *testing.T) {
	if got := iron.ChunkRoom("carrotsession.0=; Max-Age=1209540; Path=/; HttpOnly; Secure; SameSite=Lax"); got != 4096-73 {
		t.Errorf("ChunkRoom = %d, want %d", got, 4096-73)
	}
	if got := iron.ChunkRoom(strings.Repeat("x", 5000)); got != 0 {
		t.Errorf("ChunkRoom of a long line = %d, want 0", got)
	}
}
