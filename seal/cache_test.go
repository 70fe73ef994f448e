package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

var noon = time.Unix(1767225600, 0)

const sessionCookie = "authjs.session-token"

func authjsCodec(t testing.TB, makeCodec seal.Make, cookie string, secrets ...string) seal.Codec {
	t.Helper()
	c, err := makeCodec(seal.Secrets(secrets...), cookie)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	cacheSecret = "a secret of these tests, 32 bytes and more"
	otherSecret = "another secret of theirs, as long as that"
)

// sealFor seals a session for an hour from noon on.
func sealFor(t testing.TB, c seal.Codec, claims string) string {
	t.Helper()
	value, err := c.Seal([]byte(claims), seal.Life{Issued: noon, Expires: noon.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// counted counts how often the codec behind a cache is asked.
type counted struct {
	seal.Codec
	mu    sync.Mutex
	opens int
}

func (c *counted) Open(value string, now time.Time) (seal.Opened, error) {
	c.mu.Lock()
	c.opens++
	c.mu.Unlock()
	return c.Codec.Open(value, now)
}

func mustOpen(t *testing.T, c seal.Codec, value string, now time.Time) seal.Opened {
	t.Helper()
	o, err := c.Open(value, now)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestCachedAsksOnce(t *testing.T) {
	c := &counted{Codec: authjsCodec(t, authjs.V5, sessionCookie, cacheSecret)}
	cache := seal.Cached(c, 8)
	value := sealFor(t, c, `{"sub":"u-1"}`)
	first := mustOpen(t, cache, value, noon)
	for range 5 {
		if again := mustOpen(t, cache, strings.Clone(value), noon.Add(time.Minute)); !reflect.DeepEqual(again, first) {
			t.Errorf("Open = %+v, want %+v", again, first)
		}
	}
	if c.opens != 1 {
		t.Errorf("the codec was asked %d times, want once", c.opens)
	}
}

// TestCachedAnswersAsItsCodec at every moment around the ends, whatever was asked before.
func TestCachedAnswersAsItsCodec(t *testing.T) {
	const claims = `{"sub":"u-1","nbf":1767225660}` // a minute after noon
	fraction := noon.Add(time.Hour - 300*time.Millisecond)
	for name, makeCodec := range map[string]seal.Make{"v5": authjs.V5, "v4": authjs.V4} {
		bare := authjsCodec(t, makeCodec, sessionCookie, cacheSecret)
		value := sealFor(t, bare, claims)
		var moments []time.Time
		for _, mark := range []time.Time{noon, noon.Add(time.Minute), noon.Add(time.Hour), fraction} {
			for second := -20; second <= 20; second++ {
				for _, part := range []time.Duration{0, 1, 500 * time.Millisecond, time.Second - 1} {
					moments = append(moments, mark.Add(time.Duration(second)*time.Second+part))
				}
			}
		}
		for _, order := range []struct {
			name string
			step int // through moments; prime to their number
		}{{"forward", 1}, {"backward", len(moments) - 1}, {"to and fro", 247}} {
			t.Run(name+" "+order.name, func(t *testing.T) {
				behind := &counted{Codec: bare}
				cache := seal.Cached(behind, 4)
				for i := range 2 * len(moments) {
					now := moments[i*order.step%len(moments)]
					want, wantErr := bare.Open(value, now)
					got, err := cache.Open(value, now)
					if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) {
						t.Fatalf("at %v: Open = %+v, %v, want %+v, %v", now.Sub(noon), got, err, want, wantErr)
					}
				}
				if behind.opens == 2*len(moments) {
					t.Error("nothing came from the cache")
				}
			})
		}
	}
}

func TestS97_OneTokenThroughTwoPolicies(t *testing.T) {
	ours := seal.Cached(authjsCodec(t, authjs.V5, sessionCookie, cacheSecret), 8)
	value := sealFor(t, ours, `{"sub":"u-1"}`)
	mustOpen(t, ours, value, noon)
	for name, other := range map[string]seal.Codec{
		"other keys":     authjsCodec(t, authjs.V5, sessionCookie, otherSecret),
		"another cookie": authjsCodec(t, authjs.V5, "__Secure-"+sessionCookie, cacheSecret),
		"other version":  authjsCodec(t, authjs.V4, sessionCookie, cacheSecret),
	} {
		_, want := other.Open(value, noon)
		for range 2 {
			if _, err := seal.Cached(other, 8).Open(value, noon); err == nil || !reflect.DeepEqual(err, want) {
				t.Errorf("%s: Open error = %v, want %v", name, err, want)
			}
		}
	}
}

// spelt opens every spelling of a word and finds the same print in all, as a codec might
// whose signatures have twins.
type spelt struct{ word string }

func (s spelt) Format() string                         { return "spelt" }
func (s spelt) Seal([]byte, seal.Life) (string, error) { return s.word, nil }

func (s spelt) Open(value string, now time.Time) (seal.Opened, error) {
	if !strings.EqualFold(value, s.word) {
		return seal.Opened{}, &seal.OpenError{Codec: "spelt", Reason: seal.ErrForeign}
	}
	return seal.Opened{Claims: []byte(strconv.Quote(value)), Print: "one", Life: seal.Life{Expires: noon.Add(time.Hour)}}, nil
}

func TestS97_SpellingsAreKeptApart(t *testing.T) {
	cache := seal.Cached(spelt{"head.rest"}, 64)
	for range 2 {
		for _, value := range []string{"head.rest", "HEAD.rest", "head.REST", "Head.Rest"} {
			if got := mustOpen(t, cache, value, noon); string(got.Claims) != strconv.Quote(value) {
				t.Errorf("%s: Open = %s", value, got.Claims)
			}
		}
		for _, value := range []string{"head.res", "head.rest.", "", ".", "head", "rest"} {
			if _, err := cache.Open(value, noon); !errors.Is(err, seal.ErrForeign) {
				t.Errorf("%q: Open error = %v, want foreign", value, err)
			}
		}
	}
}

// TestS97_KeysThatWereTakenAway: a key change makes a new codec, and its cache is empty.
func TestS97_KeysThatWereTakenAway(t *testing.T) {
	before := seal.Cached(authjsCodec(t, authjs.V5, sessionCookie, cacheSecret), 8)
	value := sealFor(t, before, `{"sub":"u-1"}`)
	mustOpen(t, before, value, noon)

	during := seal.Cached(authjsCodec(t, authjs.V5, sessionCookie, otherSecret, cacheSecret), 8)
	for range 2 {
		if o := mustOpen(t, during, value, noon); !o.Stale || o.Key != "1" {
			t.Errorf("with both keys: stale %t, key %s", o.Stale, o.Key)
		}
	}
	after := seal.Cached(authjsCodec(t, authjs.V5, sessionCookie, otherSecret), 8)
	if _, err := after.Open(value, noon); !errors.Is(err, seal.ErrForeign) {
		t.Errorf("without the old key: Open error = %v, want foreign", err)
	}
}

func TestCachedKeepsNoFailure(t *testing.T) {
	c := &counted{Codec: authjsCodec(t, authjs.V5, sessionCookie, cacheSecret)}
	cache := seal.Cached(c, 8)
	value := sealFor(t, c, `{}`)
	for range 3 {
		if _, err := cache.Open(value+"A", noon); err == nil {
			t.Error("a changed value opens")
		}
		if _, err := cache.Open(value, noon.Add(2*time.Hour)); !errors.Is(err, seal.ErrExpired) {
			t.Errorf("Open error = %v, want expired", err)
		}
	}
	if c.opens != 6 {
		t.Errorf("the codec was asked %d times, want 6", c.opens)
	}
}

func TestCachedResultBelongsToTheCaller(t *testing.T) {
	bare := authjsCodec(t, authjs.V5, sessionCookie, cacheSecret)
	cache := seal.Cached(bare, 8)
	value := sealFor(t, cache, `{"sub":"u-1"}`)
	want := mustOpen(t, bare, value, noon)
	for range 3 {
		got := mustOpen(t, cache, value, noon)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("Open = %+v, want %+v", got, want)
		}
		_ = append(got.Claims, "overflow"...)
		if !bytes.Equal(got.Header, want.Header) {
			t.Error("appending to the claims changes the header")
		}
		clear(got.Claims)
		clear(got.Header)
	}
}

func TestCachedLeavesOutWhatIsLong(t *testing.T) {
	c := &counted{Codec: authjsCodec(t, authjs.V5, sessionCookie, cacheSecret)}
	cache := seal.Cached(c, 64)
	for size, want := range map[int]int{100: 1, 2500: 1, 4000: 3} { // bytes of claims: times asked
		c.opens = 0
		value := sealFor(t, c, `{"x":"`+strings.Repeat("x", size)+`"}`)
		for range 3 {
			mustOpen(t, cache, value, noon)
		}
		if c.opens != want {
			t.Errorf("%d bytes of claims: the codec was asked %d times, want %d", size, c.opens, want)
		}
	}
}

func TestCachedValueWithoutAnEndIsNotKept(t *testing.T) {
	c := &counted{Codec: endless{}}
	cache := seal.Cached(c, 8)
	for range 3 {
		mustOpen(t, cache, "value", noon)
	}
	if c.opens != 3 {
		t.Errorf("the codec was asked %d times, want 3", c.opens)
	}
}

type endless struct{ spelt }

func (endless) Open(string, time.Time) (seal.Opened, error) {
	return seal.Opened{Claims: []byte("{}")}, nil
}

func TestCachedPassesTheRestOn(t *testing.T) {
	bare := authjsCodec(t, authjs.V5, sessionCookie, cacheSecret)
	cache := seal.Cached(bare, 8)
	value := sealFor(t, cache, `{"sub":"u-1"}`)
	if cache.Format() != bare.Format() {
		t.Errorf("Format = %s", cache.Format())
	}
	inspector, ok := cache.(seal.Inspector)
	if !ok {
		t.Fatal("no Inspect, though the codec has it")
	}
	if o, err := inspector.Inspect(value); err != nil || !strings.Contains(string(o.Claims), "u-1") {
		t.Errorf("Inspect = %s, %v", o.Claims, err)
	}
	if _, ok := seal.Cached(spelt{}, 8).(seal.Inspector); ok {
		t.Error("Inspect, though the codec has it not")
	}
	for _, none := range []int{0, -1} {
		if got := seal.Cached(bare, none); got != bare {
			t.Errorf("%d entries: not the codec itself", none)
		}
	}
}

func TestCachedShowsNothing(t *testing.T) {
	cache := seal.Cached(authjsCodec(t, authjs.V5, sessionCookie, cacheSecret), 2)
	value := sealFor(t, cache, `{"sub":"u-1"}`)
	mustOpen(t, cache, value, noon)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, cache); got != "cached codec authjs" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

// TestCachedIsBounded by entries, and by bytes where values are long.
func TestCachedIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		claims  int // bytes
		most    int // bytes in memory for each entry
		entries int
	}{
		"usual sessions": {215, 1100, 400}, // 300 with the times: a cookie of 650 bytes
		"long sessions":  {2600, 2400, 400},
		"four entries":   {215, 3000, 4},
	} {
		t.Run(name, func(t *testing.T) {
			codec := authjsCodec(t, authjs.V5, sessionCookie, cacheSecret)
			cache := seal.Cached(codec, c.entries)
			before := heap()
			for i := range 8 * c.entries { // all places are taken then
				claims := fmt.Sprintf(`{"sub":"u-%07d","x":"%s"}`, i, strings.Repeat("x", c.claims-26))
				mustOpen(t, cache, sealFor(t, codec, claims), noon)
			}
			used := int(heap()-before) / c.entries
			runtime.KeepAlive(cache)
			if used > c.most {
				t.Errorf("%d bytes for each entry, want %d at most", used, c.most)
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestCachedServesMany: with twice as many entries as values nearly all are found again,
// also under goroutines that read, replace and forget at once.
func TestCachedServesMany(t *testing.T) {
	bare := authjsCodec(t, authjs.V4, sessionCookie, cacheSecret)
	c := &counted{Codec: bare}
	const values, rounds = 200, 6
	for name, entries := range map[string]int{"room for all": 2 * values, "too little room": values / 8} {
		t.Run(name, func(t *testing.T) {
			cache := seal.Cached(c, entries)
			var texts [values]string
			for i := range texts {
				texts[i] = sealFor(t, bare, fmt.Sprintf(`{"sub":"u-%d"}`, i))
				mustOpen(t, cache, texts[i], noon)
			}
			c.opens = 0
			var all sync.WaitGroup
			for g := range 4 {
				all.Go(func() {
					for i := range rounds * values {
						n := (i*7 + g) % values
						o, err := cache.Open(texts[n], noon.Add(time.Duration(i)*time.Second/10))
						if err != nil || !bytes.HasPrefix(o.Claims, fmt.Appendf(nil, `{"sub":"u-%d",`, n)) {
							t.Errorf("value %d: Open = %s, %v", n, o.Claims, err)
							return
						}
						clear(o.Claims)
					}
				})
			}
			all.Wait()
			if entries > values && c.opens > 4*rounds*values/10 {
				t.Errorf("the codec was asked %d times of %d", c.opens, 4*rounds*values)
			}
		})
	}
}

func BenchmarkCached(b *testing.B) {
	for name, makeCodec := range map[string]seal.Make{"v5": authjs.V5, "v4": authjs.V4} {
		b.Run(name, func(b *testing.B) {
			bare := authjsCodec(b, makeCodec, sessionCookie, cacheSecret)
			cache := seal.Cached(bare, 1024)
			value := sealFor(b, bare, benchObject)
			open := func(c seal.Codec) func() {
				return func() {
					if _, err := c.Open(value, noon); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				open(cache)()
			}
			against(b, open(cache), open(bare))
		})
	}
}

func BenchmarkCachedMiss(b *testing.B) {
	bare := authjsCodec(b, authjs.V5, sessionCookie, cacheSecret)
	cache := seal.Cached(bare, 2)
	var values [16]string
	for i := range values {
		values[i] = sealFor(b, bare, benchObject)
	}
	next := 0
	open := func(c seal.Codec) func() {
		return func() {
			next++
			if _, err := c.Open(values[next%len(values)], noon); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		open(cache)()
	}
	against(b, open(cache), open(bare))
}

func BenchmarkCachedParallel(b *testing.B) {
	bare := authjsCodec(b, authjs.V5, sessionCookie, cacheSecret)
	cache := seal.Cached(bare, 1024)
	value := sealFor(b, bare, benchObject)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := cache.Open(value, noon); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
