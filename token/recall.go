package token

import (
	"hash/maphash"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// A memory is a record as it was read a moment ago. It is not changed once it is in a table.
type memory struct {
	key    string
	record Record
	at     time.Time // when the place was asked
	good   time.Time // no need to look closer before
	alarm  *alarm    // nil where there is none
	index  uint64
}

// A table finds memories by key. Readers take no lock and write nothing; who writes holds the
// keeper's. It has room for a fixed number, and forgets any when a place is needed.
type table struct {
	seed  maphash.Seed // nobody can choose keys that want the same places
	slots []atomic.Pointer[memory]
}

func newTable(size int) table {
	return table{maphash.MakeSeed(), make([]atomic.Pointer[memory], size)}
}

// where gives the slots that a key may have: two pairs of neighbours.
func (t *table) where(index uint64) [4]int {
	pairs := uint64(len(t.slots) - 1)
	a, b := int((index>>32)*pairs>>32), int((index&math.MaxUint32)*pairs>>32)
	return [...]int{a, a + 1, b, b + 1}
}

func (t *table) get(key string) *memory {
	if len(t.slots) == 0 {
		return nil
	}
	index := maphash.String(t.seed, key)
	for _, at := range t.where(index) {
		if m := t.slots[at].Load(); m != nil && m.index == index && m.key == key {
			return m
		}
	}
	return nil
}

func (t *table) put(m *memory) {
	if len(t.slots) == 0 {
		return
	}
	m.index = maphash.String(t.seed, m.key)
	where := t.where(m.index)
	to := where[rand.N(len(where))]
	for _, at := range where {
		if old := t.slots[at].Load(); old == nil {
			to = at
		} else if old.index == m.index && old.key == m.key {
			to = at
			break
		}
	}
	t.slots[to].Store(m)
}

func (t *table) drop(key string) {
	if len(t.slots) == 0 {
		return
	}
	index := maphash.String(t.seed, key)
	for _, at := range t.where(index) {
		if m := t.slots[at].Load(); m != nil && m.index == index && m.key == key {
			t.slots[at].Store(nil)
		}
	}
}
