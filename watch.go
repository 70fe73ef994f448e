package signet

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A socket outlives the request that opened it. Whoever keeps one open for a session watches
// that session, so that signing out closes it.

// watchers are the sessions that somebody watches.
type watchers struct {
	mu       sync.Mutex
	sessions map[SessionID]map[*watcher]bool
	users    map[string]map[*watcher]bool
}

type watcher struct {
	session Session
	once    sync.Once
	over    func()
}

// Watch calls over, once and in a goroutine of its own, when s has been ended: by a
// sign-out, by a revocation wherever it was made, or because its time is up and it was not
// renewed. stop ends the watch; over may still be running when it returns.
func (a *Auth) Watch(s *Session, over func()) (stop func()) {
	w := &watcher{session: *s, over: over}
	ctx, cancel := context.WithCancel(context.Background())
	a.revoked.watchers.add(w)
	if a.revoked.over(s) { // between the visit and now
		w.end()
	}
	timer := time.AfterFunc(s.Expires.Sub(a.world.Now()), func() { a.watchEnd(ctx, w) })
	return func() {
		cancel()
		timer.Stop()
		a.revoked.watchers.remove(w)
	}
}

// watchEnd comes when the session's time is up, as far as was known when the watch began.
// Visits may have pushed the end out since; only a row can tell.
func (a *Auth) watchEnd(ctx context.Context, w *watcher) {
	store := a.config.Stores.Sessions
	for ctx.Err() == nil {
		if store == nil {
			w.end()
			return
		}
		row, err := store.Session(ctx, w.session.ID)
		wait := time.Second // a store that does not answer is asked again
		if err == nil {
			wait = row.Expires.Sub(a.world.Now())
		}
		if errors.Is(err, ErrNotFound) || err == nil && wait <= 0 {
			w.end()
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (w *watcher) end() { w.once.Do(func() { go w.over() }) }

func (l *watchers) add(w *watcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sessions == nil {
		l.sessions, l.users = map[SessionID]map[*watcher]bool{}, map[string]map[*watcher]bool{}
	}
	enlist(l.sessions, w.session.ID, w)
	enlist(l.users, w.session.UserID, w)
}

func (l *watchers) remove(w *watcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	strike(l.sessions, w.session.ID, w)
	strike(l.users, w.session.UserID, w)
}

func enlist[K comparable](m map[K]map[*watcher]bool, k K, w *watcher) {
	if m[k] == nil {
		m[k] = map[*watcher]bool{}
	}
	m[k][w] = true
}

func strike[K comparable](m map[K]map[*watcher]bool, k K, w *watcher) {
	if delete(m[k], w); len(m[k]) == 0 {
		delete(m, k)
	}
}

// tell ends the watched sessions that the news is about.
func (l *watchers) tell(r *revoked, news Revocation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.sessions[news.Session]
	if news.Session == 0 {
		of = l.users[news.UserID]
	}
	for w := range of {
		if r.over(&w.session) {
			w.end()
		}
	}
}
