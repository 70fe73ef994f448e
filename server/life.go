package server

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A life is the context of a request. It ends when the handler returns or the client leaves,
// but what that takes is only there once somebody asks: most handlers are done before.
type life struct {
	c    *conn
	mu   sync.Mutex // of what follows, when it is made
	live atomic.Pointer[live]
	over bool
}

// A live context can end.
type live struct {
	context.Context
	cancel context.CancelFunc
}

var _ context.Context = (*life)(nil)

// get returns the live context, and begins to watch the client.
func (l *life) get() *live {
	if made := l.live.Load(); made != nil {
		return made
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if made := l.live.Load(); made != nil {
		return made
	}
	made := &live{}
	made.Context, made.cancel = context.WithCancel(l.c.base)
	switch {
	case l.over:
		made.cancel()
	case !l.c.handed:
		l.c.watch.start(l.c, made.cancel)
	}
	l.live.Store(made)
	return made
}

// end is called when the handler has returned.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if made := l.live.Load(); made != nil {
		made.cancel()
		l.c.watch.stop(l.c)
	}
}

// cut ends what the handler waits for when the client cannot be written to.
func (l *life) cut() { l.get().cancel() }

func (l *life) Deadline() (time.Time, bool) { return l.c.base.Deadline() }

func (l *life) Done() <-chan struct{} { return l.get().Done() }

func (l *life) Err() error {
	if made := l.live.Load(); made != nil {
		return made.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return context.Canceled
	}
	return l.c.base.Err()
}

// Value lets package context find the live context, once there is one.
func (l *life) Value(key any) any {
	if made := l.live.Load(); made != nil {
		return made.Value(key)
	}
	return l.c.base.Value(key)
}

// past is a deadline that is over, or that somebody else may have moved.
var past = time.Unix(1, 0)

// A watch reads while a handler works, to see whether the client is still there. What comes
// is the beginning of the next request.
type watch struct {
	done     chan struct{} // nil while nobody watches
	stopping atomic.Bool
}

// start watches until the client leaves or says something, or until stop.
func (w *watch) start(c *conn, gone func()) {
	if c.end-c.begin >= smallBuffer {
		return // it has said so much that it is there
	}
	c.settle()
	c.readUntil = time.Time{}
	c.tcp.SetReadDeadline(c.readUntil)
	w.stopping.Store(false)
	done := make(chan struct{})
	w.done = done
	go func() {
		defer close(done)
		n, err := c.tcp.Read(c.buf[c.end:])
		c.end += n
		if n == 0 && err != nil && !w.stopping.Load() {
			gone()
		}
	}()
}

// stop returns when nobody watches any more.
func (w *watch) stop(c *conn) {
	if w.done == nil {
		return
	}
	w.stopping.Store(true)
	c.readUntil = past
	c.tcp.SetReadDeadline(c.readUntil)
	<-w.done
	w.done = nil
}
