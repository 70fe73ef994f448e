package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// inFlight is how long requests that have begun may take after a stop was asked for.
const inFlight = 10 * time.Second

// defaultDrain is how long we go on serving after /readyz has begun to say no, so that
// whoever sends us requests hears of it. Without an admin listener nobody can hear, and
// shortDrain is for the requests that are on their way at that moment: a server that shuts
// down drops what it has accepted and not read yet.
const (
	defaultDrain = 2 * time.Second
	shortDrain   = 250 * time.Millisecond
)

// errAtOnce: somebody asked twice. Nothing is waited for or closed any more.
var errAtOnce = errors.New("stopped at once")

// A life is a server from its first request to its last.
type life struct {
	config        *config
	log           *slog.Logger
	public, admin *listener // admin may be nil
	draining      atomic.Bool
	failed        chan error
	hangUp        func() // reads the secrets again
}

// watchSignals tells of the signals that concern a server; the end of ctx counts as a
// request to stop.
func watchSignals(ctx context.Context) (signals chan os.Signal, forget func()) {
	signals = make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	unwatch := context.AfterFunc(ctx, func() { signals <- syscall.SIGTERM })
	return signals, func() {
		unwatch()
		signal.Stop(signals)
	}
}

// start accepts connections.
func (l *life) start() {
	l.failed = make(chan error, 2)
	for _, to := range []*listener{l.admin, l.public} {
		if to == nil {
			continue
		}
		go func() {
			if err := to.server.Serve(to.Listener); !errors.Is(err, http.ErrServerClosed) {
				l.failed <- err
			}
		}()
	}
}

// wait serves until a signal asks to stop, then stops in order: say so on /readyz, go on
// serving for a while, finish what has begun. A second signal ends all that.
func (l *life) wait(signals <-chan os.Signal) error {
	for {
		select {
		case err := <-l.failed:
			return err
		case s := <-signals:
			if s == syscall.SIGHUP {
				l.hangUp()
				continue
			}
			return l.stop(s, signals)
		}
	}
}

func (l *life) stop(s os.Signal, signals <-chan os.Signal) error {
	l.draining.Store(true) // before it is said: whoever reads it may rely on it
	l.log.Info("stopping", "signal", s.String(), "drain", l.drain().String())
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(l.drain())
		ctx, cancel := context.WithTimeout(context.Background(), inFlight)
		defer cancel()
		if err := l.public.server.Shutdown(ctx); err != nil {
			l.log.Warn("requests cut off", "after", inFlight.String())
			l.public.server.Close()
		}
	}()
	for {
		select {
		case <-done:
			if l.admin != nil {
				l.admin.server.Close()
			}
			l.log.Info("stopped")
			return nil
		case s := <-signals:
			if s == syscall.SIGHUP {
				continue
			}
			l.log.Warn("stopped at once", "signal", s.String())
			return errAtOnce
		}
	}
}

func (l *life) drain() time.Duration {
	switch {
	case l.config.drain != nil:
		return *l.config.drain
	case l.config.adminListen != "":
		return defaultDrain
	}
	return shortDrain
}

// closing asks clients to come back on a new connection while we drain: one that is kept
// open would be cut in the end, maybe just when the next request is on its way.
func (l *life) closing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
