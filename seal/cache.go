package seal

import (
	"hash/maphash"
	"math"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// maxCached is the longest value, in bytes, that a cache keeps.
	maxCached = 4 << 10

	// maxHead is the longest beginning of a value that is kept only once.
	maxHead = 512

	// bytesPerEntry times the entries of a cache is what all that it keeps may weigh. A
	// session of usual size weighs half of it.
	bytesPerEntry = 2 << 10
)

// Cached is c with a memory: a value that it has opened before is opened again without
// any cryptography. It keeps at most that many values (at least four), which weigh 2 KiB
// each at most, on average, and about 1 KiB where sessions are of usual size. With twice
// as many entries as there are live sessions it forgets next to none of them. Less than
// one entry means no memory, and c itself.
//
// It answers as c would. What is kept is found by its whole text, never by what the text
// stands for, and belongs to this one codec: a codec made with other keys, or for another
// cookie, begins with an empty cache of its own. Only successes are kept, and one is
// served from the moment it was found to the end written in the value; c is asked at any
// other moment (for the tolerance of Auth.js after that end, say) and each time about a
// value that names no end. So c must be one that, between a moment at which it opens a
// value and the end of that value, opens it with the same result.
//
// A cache holds no verdict about the user: sessions that have been ended are refused by
// who asks, after Open, as without a cache.
//
// What Open returns belongs to the caller, as from c. The result has Inspect if c has it.
func Cached(c Codec, entries int) Codec {
	if entries < 1 {
		return c
	}
	made := &cached{
		Codec:  c,
		seed:   maphash.MakeSeed(),
		places: make([]place, max(entries, 4)),
	}
	made.limit = int64(len(made.places)) * bytesPerEntry
	if i, ok := c.(Inspector); ok {
		return &struct {
			*cached
			Inspector
		}{made, i}
	}
	return made
}

// A cached codec takes no lock. An entry is not changed once it has a place, so readers
// on all cores share it; only where a value was not found is something written.
type cached struct {
	Codec
	seed   maphash.Seed // nobody can choose values that want the same places
	places []place
	limit  int64

	_    [64]byte             // readers need not wait for the line that writers write
	head atomic.Pointer[head] // of the last value that was put in
	used atomic.Int64         // what the entries weigh
	hand atomic.Uint64        // points at one who has to go
}

// A place has an entry, or nil.
type place = atomic.Pointer[entry]

// A head is what nearly all values of one codec have in common.
type head struct {
	text   string // up to the first dot
	header string // Opened.Header
	none   bool   // Opened.Header is nil
	key    string // Opened.Key
}

// An entry is a value and what it opened to, in few pieces: there may be millions.
type entry struct {
	index  uint64
	head   *head
	text   string // the value behind its head, the print, the claims
	value  int    // where the value ends in text
	print  int    // and where the print does
	life   Life
	since  time.Time // the first moment at which it is known to open
	stale  bool
	weight int64
}

// Weights are lengths of texts and, for each entry and head, this much for the rest: the
// struct, the place and what the allocator rounds up.
const restWeight = 256

func (c *cached) Open(value string, now time.Time) (Opened, error) {
	if len(value) > maxCached {
		return c.Codec.Open(value, now)
	}
	index := maphash.String(c.seed, value)
	where := c.where(index)
	for _, at := range where {
		if e := c.places[at].Load(); e != nil && e.index == index && e.is(value) && e.holds(now) {
			return e.opened(), nil
		}
	}
	opened, err := c.Codec.Open(value, now)
	if err == nil && now.Before(opened.Expires) {
		c.keep(where, c.entry(index, value, opened, now), now)
	}
	return opened, err
}

// where gives the places that a value may have: two pairs of neighbours far from each
// other. With one pair a quarter of the values would have to share theirs with too many
// others in a table that is half full.
func (c *cached) where(index uint64) [4]uint32 {
	pairs := uint64(len(c.places) - 1)
	high, low := index>>32, index&math.MaxUint32
	a, b := uint32(high*pairs>>32), uint32(low*pairs>>32)
	return [...]uint32{a, a + 1, b, b + 1}
}

// String keeps what is in the cache out of logs.
func (c *cached) String() string { return "cached codec " + c.Format() }

// GoString is String.
func (c *cached) GoString() string { return c.String() }

// is compares the whole text. It need not take the same time for all: only a text whose
// index is right comes here, and the index depends on a seed that nobody knows.
func (e *entry) is(value string) bool {
	n := len(e.head.text)
	return len(value) == n+e.value && value[:n] == e.head.text && value[n:] == e.text[:e.value]
}

// holds tells whether the codec would still say what it said. Before since it might find
// that the value has not begun.
func (e *entry) holds(now time.Time) bool {
	return !now.Before(e.since) && now.Before(e.life.Expires)
}

// opened makes a copy that the caller may write to.
func (e *entry) opened() Opened {
	claims, header := e.text[e.print:], e.head.header
	buf := make([]byte, len(claims)+len(header))
	n := copy(buf, claims)
	copy(buf[n:], header)
	opened := Opened{
		Claims: buf[:n:n],
		Life:   e.life,
		Print:  e.text[e.value:e.print],
		Key:    e.head.key,
		Stale:  e.stale,
		Header: buf[n:],
	}
	if e.head.none {
		opened.Header = nil
	}
	return opened
}

// entry copies all it keeps: value is a piece of a request's header, claims of a larger
// buffer, and both belong to the caller.
func (c *cached) entry(index uint64, value string, o Opened, now time.Time) *entry {
	e := &entry{
		index: index, life: o.Life, stale: o.Stale,
		since: now.Round(0), // without the monotonic clock: codecs judge by the wall clock
	}
	e.head, e.weight = c.headOf(value, o)
	rest := value[len(e.head.text):]
	e.value = len(rest)
	e.print = len(rest) + len(o.Print)
	var b strings.Builder
	b.Grow(e.print + len(o.Claims))
	b.WriteString(rest)
	b.WriteString(o.Print)
	b.Write(o.Claims)
	e.text = b.String()
	e.weight += restWeight + int64(len(e.text))
	return e
}

// headOf gives the head that the last value had if this one has the same: of a version 5
// cookie of Auth.js it is a third. A head of its own weighs something.
func (c *cached) headOf(value string, o Opened) (h *head, weight int64) {
	text, _, _ := strings.Cut(value, ".")
	if len(text) > maxHead {
		text = ""
	}
	h = c.head.Load()
	if h != nil && h.text == text && h.header == string(o.Header) && h.none == (o.Header == nil) && h.key == o.Key {
		return h, 0
	}
	h = &head{
		text:   strings.Clone(text),
		header: string(o.Header),
		none:   o.Header == nil,
		key:    strings.Clone(o.Key),
	}
	c.head.Store(h)
	return h, restWeight + int64(len(h.text)+len(h.header)+len(h.key))
}

// keep puts e in one of its places: that of an older entry of the same value, else a free
// one or one whose entry is over, else any.
func (c *cached) keep(where [4]uint32, e *entry, now time.Time) {
	if e.weight > c.limit {
		return
	}
	c.used.Add(e.weight)
	c.forgot(c.put(where, e, now))
	c.shrink()
}

// put returns the entry that is no longer kept.
func (c *cached) put(where [4]uint32, e *entry, now time.Time) *entry {
	var old [len(where)]*entry
	for i, at := range where {
		// It is there where another goroutine was faster or the clock went back.
		if old[i] = c.places[at].Load(); old[i] != nil && old[i].index == e.index {
			return c.places[at].Swap(e)
		}
	}
	for i, at := range where {
		free := old[i] == nil || !now.Before(old[i].life.Expires)
		if free && c.places[at].CompareAndSwap(old[i], e) {
			return old[i]
		}
	}
	return c.places[where[c.hand.Add(1)%uint64(len(where))]].Swap(e)
}

// shrink forgets values, one place after the other, until the rest weighs little enough.
func (c *cached) shrink() {
	for range c.places {
		if c.used.Load() <= c.limit {
			return
		}
		c.forgot(c.places[c.hand.Add(1)%uint64(len(c.places))].Swap(nil))
	}
}

func (c *cached) forgot(e *entry) {
	if e != nil {
		c.used.Add(-e.weight)
	}
}
