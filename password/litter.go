package password

import (
	"runtime"
	"runtime/metrics"
)

// x/crypto makes the table of every argon2 and scrypt hash anew, 19 MiB with our cost. Left
// alone, the collector lets as much garbage gather as there is live memory, and more while
// it is at work, so a storm of sign-ins took four tables and not one (measured with one
// slot). A collection costs next to nothing beside a hash while the heap is small, so there
// we ask for one as soon as a table is there to be reused.
const (
	litterLimit = 16 << 10 // KiB of tables done with
	smallHeap   = 64 << 20 // bytes; above it the collector is left to its own judgement
)

// tidy runs before a hash, without any lock.
func (h *Hasher) tidy() {
	if h.litter.Load() < litterLimit {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Kind() != metrics.KindUint64 || live[0].Value.Uint64() >= smallHeap {
		return
	}
	h.litter.Store(0)
	runtime.GC()
}

// drop counts the table that a hash has left behind.
func (h *Hasher) drop(s scheme) {
	memory, _ := s.needs()
	h.litter.Add(int64(memory))
}
