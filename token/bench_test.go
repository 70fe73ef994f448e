package token_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/token"
)

// BenchmarkFresh is a live token that is remembered; a map under a lock is what it is to be
// measured against.
func BenchmarkFresh(b *testing.B) {
	how := (&provider{}).refresh
	for _, keys := range []int{1, 1000} {
		place := new(token.Memory)
		k := &token.Keeper{Place: place, Recall: time.Hour}
		names := make([]string, keys)
		var mu sync.RWMutex
		peer := map[string]token.Record{}
		for i := range names {
			names[i] = fmt.Sprintf("user-%d at kakao", i)
			place.Seed(names[i], ending(time.Hour))
			peer[names[i]] = ending(time.Hour)
			if _, err := k.Fresh(b.Context(), names[i], how); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprintf("keys=%d/keeper", keys), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				ctx := b.Context()
				for i := 0; pb.Next(); i++ {
					if r, err := k.Fresh(ctx, names[i%keys], how); err != nil || r.Set.Access != "access-0" {
						b.Error(r, err)
						return
					}
				}
			})
		})
		b.Run(fmt.Sprintf("keys=%d/locked-map", keys), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					mu.RLock()
					r := peer[names[i%keys]]
					mu.RUnlock()
					if r.Set.Access != "access-0" || time.Now().After(r.Set.Expires) {
						b.Error(r)
						return
					}
				}
			})
		})
		k.Close(b.Context())
	}
}
