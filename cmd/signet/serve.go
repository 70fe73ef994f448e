package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"

	"github.com/signet-auth/signet/store/sqlite"
)

// serveCmd is `signet serve`.
type serveCmd struct {
	placeFlags

	Listen          string `placeholder:"ADDRESS" help:"Where to listen (default: 127.0.0.1:3000); port 0 takes any free one."`
	Demo            bool   `help:"Add a demo user, a protected page and a protected API."`
	AllowWeakSecret bool   `help:"Take secrets that others can guess, when only this machine is served."`
	LogLevel        string `placeholder:"LEVEL" help:"debug, info, warn or error (default: info)."`
	LogFormat       string `placeholder:"FORMAT" help:"text or json (default: text on a terminal)."`
}

// Run serves until SIGTERM or SIGINT, or until ctx ends.
func (s *serveCmd) Run(ctx context.Context, io *terminal) error {
	c, err := s.settle(io)
	if err != nil {
		return err
	}
	room := heapRoom()
	defer runtime.KeepAlive(room)
	log := newLog(io.Err, c.log)
	store, err := sqlite.Open(ctx, c.database, sqlite.Options{})
	if err != nil {
		return err
	}
	err = s.serveFrom(ctx, io, c, store, log)
	if errors.Is(err, errAtOnce) {
		return errNo // what was acknowledged is on disk: this is as safe as a crash
	}
	return errors.Join(err, store.Close())
}

// serveFrom serves what is in the store until it is told to stop.
func (s *serveCmd) serveFrom(ctx context.Context, io *terminal, c *config, store *sqlite.Store, log *slog.Logger) error {
	read := *c
	if s.Demo {
		c.protect = append(c.protect, demoProtects...)
		c.access.forDemo()
	}
	o, err := c.open(ctx, store, setting{weak: s.AllowWeakSecret, now: io.Now, log: log, http: io.HTTP})
	if err != nil {
		return err
	}
	f, err := c.front(ctx, o, s.Demo, log)
	if err == nil {
		watch := s.watchFiles(io, read, o.auth, log)
		if f.gate != nil {
			watch.routes = func(next *config) error { return next.changeGate(f, o, log) }
		}
		err = c.serve(ctx, io, o, f, watch)
	}
	if errors.Is(err, errAtOnce) {
		return err
	}
	return errors.Join(err, o.auth.Close())
}

// settle reads the configuration, lets the flags change it and makes sure that it can be
// served.
func (s *serveCmd) settle(io *terminal) (*config, error) {
	c, err := loadConfig(io, s.placeFlags)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.listenAt(s.Listen), c.logAt(s.LogLevel, s.LogFormat)); err != nil {
		return nil, err
	}
	c.chooseProviders(s.Demo)
	problems := slices.Concat(c.reachable(), c.exposedOutbox(), c.loops())
	if s.Demo && !c.onLoopback() {
		return nil, &usageError{fmt.Sprintf("--demo has a user whose password is printed, and others can reach %s", c.listen), "listen on 127.0.0.1"}
	}
	if s.Demo && !c.hasPasswords() {
		return nil, &usageError{"--demo needs a sign-in by password", "add `type: credentials` to `providers`"}
	}
	if s.AllowWeakSecret && !c.onLoopback() {
		return nil, &usageError{fmt.Sprintf("--allow-weak-secret is for this machine only, and others can reach %s", c.listen), "make a secret with `signet init`"}
	}
	if len(c.secrets) == 0 && len(problems) == 0 {
		if err := c.ownSecrets(io.Now()); err != nil {
			return nil, err
		}
	}
	problems = append(problems, c.weakSecrets(s.AllowWeakSecret)...)
	if len(problems) > 0 {
		return nil, &configErrors{problems}
	}
	return &c, nil
}

// serve listens and serves until it is told to stop, and then stops in order.
func (c *config) serve(ctx context.Context, io *terminal, o *opened, front *front, files *fileWatch) error {
	signals, forget := watchSignals(ctx)
	defer forget()
	log := files.log
	life := &life{config: c, log: log, hangUp: files.again}
	var err error
	if c.adminListen != "" {
		if life.admin, err = listen(c.adminListen, newAdmin(o, front, life), log); err != nil {
			return err
		}
	}
	if life.public, err = listen(c.listen, life.closing(front), log); err != nil {
		return err
	}
	if err := c.knowOwn(life.public, files); err != nil {
		return err
	}
	defer files.start()()
	if front.outbox != nil {
		front.outbox.Address = life.public.url() + outboxPath
	}
	if front.gate != nil {
		life.public.server.RegisterOnShutdown(func() { front.gate.Close() })
	}
	life.start()
	fmt.Fprintf(io.Out, "listening on %s\n", life.public)
	if life.admin != nil {
		log.Info("admin listener", "address", life.admin.Addr().String())
	}
	front.greet(io.Out, life.public.url())
	return life.wait(signals)
}

// knowOwn looks at the routes once more when it is known where we listen, which port 0 leaves
// open.
func (c *config) knowOwn(l *listener, files *fileWatch) error {
	c.bound = []string{l.Addr().String()}
	files.started.bound = c.bound
	if problems := c.loops(); len(problems) > 0 {
		return errors.Join(&configErrors{problems}, l.Close())
	}
	return nil
}

// listen takes an address. What cannot be had is said in the words of whoever typed it.
func listen(address string, handler handler, log *slog.Logger) (*listener, error) {
	l, err := net.Listen("tcp", address)
	if isInUse(err) {
		return nil, fmt.Errorf("serve: %s is in use by another program; stop it, or choose another address with --listen or `listen`", address)
	}
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	return &listener{Listener: l, asked: address, server: newServer(handler, log)}, nil
}
