package password_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/signet-auth/signet/password"
)

// TestS48_TablesDoNotGather: while the heap is small, a table is collected before the next
// is made; a large heap is not marked for each hash.
func TestS48_TablesDoNotGather(t *testing.T) {
	forced := func(hashes int) uint32 {
		h := &password.Hasher{Slots: 1, Cost: password.Cost{Memory: 16 << 10, Time: 1}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range hashes {
			if err := h.Decoy(context.Background(), phrase); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		return after.NumForcedGC - before.NumForcedGC
	}
	runtime.GC()
	if n := forced(4); n != 3 {
		t.Errorf("%d collections for four hashes, want 3", n)
	}
	ballast := make([]byte, 100<<20)
	runtime.GC() // so that the ballast is known to be live
	if n := forced(4); n != 0 {
		t.Errorf("%d collections of a heap of 100 MiB", n)
	}
	runtime.KeepAlive(ballast)
}
