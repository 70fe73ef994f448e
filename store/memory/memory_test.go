package memory_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/memory"
	"github.com/signet-auth/signet/store/storetest"
)

var (
	ctx  = context.Background()
	noon = time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) signet.Stores { return memory.New().Stores() })
}

// TestS14_TheEndOfAUserIsSeenAtOnce: whoever has heard that a user was disabled or deleted
// finds no session and, after deletion, no account, whatever else is going on.
func TestS14_TheEndOfAUserIsSeenAtOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(s *memory.Store, u signet.User) error
	}{
		{"disabled", func(s *memory.Store, u signet.User) error {
			u.Disabled = true
			_, err := s.UpdateUser(ctx, u)
			return err
		}},
		{"deleted", func(s *memory.Store, u signet.User) error { return s.DeleteUser(ctx, u.ID, noon) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := memory.New()
			for round := range 50 {
				endUser(t, s, signet.SessionID(1+round*100), c.end)
			}
		})
	}
}

func endUser(t *testing.T, s *memory.Store, base signet.SessionID, end func(*memory.Store, signet.User) error) {
	t.Helper()
	u, err := s.CreateUser(ctx, signet.User{}, &signet.Account{Provider: "p", Subject: fmt.Sprintf("%d", base)})
	if err != nil {
		t.Fatal(err)
	}
	for id := base; id < base+20; id++ {
		if err := s.CreateSession(ctx, signet.SessionRow{ID: id, UserID: u.ID}, 0); err != nil {
			t.Fatal(err)
		}
	}
	_, cursor, err := s.Since(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if err := end(s, u); err != nil {
			t.Error(err)
		}
	}()
	if news, _, err := s.Since(ctx, cursor); err != nil || len(news) != 1 || news[0].UserID != u.ID {
		t.Fatalf("news = %+v, %v", news, err)
	}
	for id := base; id < base+20; id++ {
		if _, err := s.Session(ctx, id); !errors.Is(err, signet.ErrNotFound) {
			t.Fatalf("session %d: %v", int64(id), err)
		}
	}
}

func TestContextThatHasEnded(t *testing.T) {
	s := memory.New()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for what, do := range map[string]func() error{
		"User":            func() error { _, err := s.User(ended, signet.By{ID: "u"}); return err },
		"Users":           func() error { _, err := s.Users(ended, "", 9); return err },
		"CreateUser":      func() error { _, err := s.CreateUser(ended, signet.User{ID: "u"}, nil); return err },
		"UpdateUser":      func() error { _, err := s.UpdateUser(ended, signet.User{}); return err },
		"DeleteUser":      func() error { return s.DeleteUser(ended, "u", noon) },
		"Account":         func() error { _, err := s.Account(ended, "p", "s"); return err },
		"AccountsOf":      func() error { _, err := s.AccountsOf(ended, "u"); return err },
		"SaveAccount":     func() error { _, err := s.SaveAccount(ended, signet.Account{}); return err },
		"DeleteAccount":   func() error { return s.DeleteAccount(ended, "p", "s") },
		"CreateSession":   func() error { return s.CreateSession(ended, signet.SessionRow{ID: 1}, 0) },
		"Session":         func() error { _, err := s.Session(ended, 1); return err },
		"UpdateSession":   func() error { return s.UpdateSession(ended, signet.SessionRow{ID: 1}) },
		"EndSessions":     func() error { _, err := s.EndSessions(ended, signet.Ending{ID: 1}); return err },
		"SessionsOf":      func() error { _, err := s.SessionsOf(ended, "u"); return err },
		"SessionByHandle": func() error { _, err := s.SessionByHandle(ended, "h"); return err },
		"AllSessions":     func() error { _, err := s.AllSessions(ended, 0, 9); return err },
		"SweepSessions":   func() error { _, err := s.SweepSessions(ended, noon, noon); return err },
		"Since":           func() error { _, _, err := s.Since(ended, ""); return err },
		"Issue":           func() error { return s.Issue(ended, "k", signet.Ticket{}) },
		"Consume":         func() error { _, err := s.Consume(ended, "k", signet.Use{}); return err },
		"Sweep":           func() error { _, err := s.Sweep(ended, noon); return err },
	} {
		if err := do(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s = %v, want Canceled", what, err)
		}
	}
	if _, err := s.User(ctx, signet.By{ID: "u"}); !errors.Is(err, signet.ErrNotFound) {
		t.Errorf("something was stored: %v", err)
	}
	if news, _, err := s.Since(ctx, ""); err != nil || len(news) != 0 {
		t.Errorf("something was told: %+v, %v", news, err)
	}
}

func FuzzCursor(f *testing.F) {
	s := memory.New()
	for id := signet.SessionID(1); id <= 3; id++ {
		if _, err := s.EndSessions(ctx, signet.Ending{ID: id, At: noon}); err != nil {
			f.Fatal(err)
		}
	}
	for _, cursor := range []string{"", "0", "1", "2", "4", "-1", "+1", "01", "1e3", "９", "9223372036854775807", "99999999999999999999"} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		if cursor == "3" {
			return // the end: it would wait
		}
		soon, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		news, next, err := s.Since(soon, cursor)
		want := map[string]int{"1": 2, "2": 1}[cursor]
		if want == 0 {
			want = 3 // all from the beginning
		}
		if err != nil || next != "3" || len(news) != want {
			t.Fatalf("Since(%q) = %d, %q, %v", cursor, len(news), next, err)
		}
	})
}

// locked is the plain way to keep sessions, to compare with.
type locked struct {
	mu sync.RWMutex
	m  map[signet.SessionID]signet.SessionRow
}

func (l *locked) CreateSession(_ context.Context, row signet.SessionRow, _ signet.SessionID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.m[row.ID] = row
	return nil
}

func (l *locked) Session(_ context.Context, id signet.SessionID) (signet.SessionRow, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	row := l.m[id]
	row.Claims = append([]byte(nil), row.Claims...)
	return row, nil
}

// BenchmarkLookUp is look-ups from all processors while one goroutine signs people in
// without a pause, next to a map with a lock.
func BenchmarkLookUp(b *testing.B) {
	const sessions = 10_000
	for _, c := range []struct {
		name string
		s    interface {
			CreateSession(context.Context, signet.SessionRow, signet.SessionID) error
			Session(context.Context, signet.SessionID) (signet.SessionRow, error)
		}
	}{{"map", &locked{m: map[signet.SessionID]signet.SessionRow{}}}, {"memory", memory.New()}} {
		b.Run(c.name, func(b *testing.B) {
			row := signet.SessionRow{UserID: "u", Claims: make([]byte, 300)}
			for row.ID = 1; row.ID <= sessions; row.ID++ {
				_ = c.s.CreateSession(ctx, row, 0)
			}
			var stop atomic.Bool
			var writer sync.WaitGroup
			writer.Go(func() {
				row := row
				for ; !stop.Load(); row.ID++ {
					_ = c.s.CreateSession(ctx, row, 0)
				}
			})
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := c.s.Session(ctx, 1+rand.N(signet.SessionID(sessions))); err != nil {
						b.Error(err)
					}
				}
			})
			b.StopTimer()
			stop.Store(true)
			writer.Wait()
		})
	}
}
