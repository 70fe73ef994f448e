package token

import (
	"cmp"
	"container/list"
	"context"
	"sync"
)

// A Memory is a [Place] in this process, for sessions whose cookies carry the tokens: each
// request seeds it with what its cookie holds. So a refresh happens once per process, and a cookie
// that is older than the last refresh gets the newest tokens. The zero value is ready; its
// methods may be called from several goroutines.
type Memory struct {
	// Keys is how many are kept; zero means 10,000. The one not used for longest goes first;
	// one whose refresh is under way stays.
	Keys int

	mu   sync.Mutex
	rows map[string]*list.Element // of *row
	used list.List                // the last used at the front
	last int64                    // the newest version of all: a key that comes back never has one again
}

type row struct {
	key    string
	record Record
}

var _ Place = (*Memory)(nil)

// Load returns the record of a key.
func (m *Memory) Load(_ context.Context, key string) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.rows[key]
	if e == nil {
		return Record{}, ErrNone
	}
	m.used.MoveToFront(e)
	return e.Value.(*row).record, nil
}

// Save writes r where its version is the one stored.
func (m *Memory) Save(_ context.Context, key string, r Record) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.rows[key]
	switch {
	case e == nil && r.Version != 0:
		return r, ErrNone
	case e != nil && e.Value.(*row).record.Version != r.Version:
		return r, ErrStale
	}
	return m.put(e, key, r), nil
}

// Seed stores r unless a record of the same or a newer generation is there, and returns what
// is there then. The version of r counts for nothing.
func (m *Memory) Seed(key string, r Record) Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.rows[key]
	if e != nil && e.Value.(*row).record.Generation >= r.Generation {
		m.used.MoveToFront(e)
		return e.Value.(*row).record
	}
	return m.put(e, key, r)
}

// Drop removes a key, as at sign-out. A refresh that is under way does not bring it back.
func (m *Memory) Drop(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.rows[key]; e != nil {
		m.used.Remove(e)
		delete(m.rows, key)
	}
}

// put writes r over what e holds, or into a row of its own where e is nil.
func (m *Memory) put(e *list.Element, key string, r Record) Record {
	m.last++
	r.Version = m.last
	if e != nil {
		e.Value.(*row).record = r
		m.used.MoveToFront(e)
		return r
	}
	if m.rows == nil {
		m.rows = map[string]*list.Element{}
	}
	m.rows[key] = m.used.PushFront(&row{key, r})
	m.shrink()
	return r
}

// shrink removes what was not used for longest. The last used stays whatever happens: it has
// just been put in.
func (m *Memory) shrink() {
	most := cmp.Or(max(m.Keys, 0), maxKeys)
	for e := m.used.Back(); e != m.used.Front() && len(m.rows) > most; {
		old := e.Value.(*row)
		next := e.Prev()
		if old.record.State != Asked {
			m.used.Remove(e)
			delete(m.rows, old.key)
		}
		e = next
	}
}
