package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// lookEvery is how often the files are looked at. Tests have less patience.
var lookEvery = time.Second

// settled is how long the files have to stay the same before a SIGHUP is obeyed: what
// somebody is still writing may look whole.
const settled = 100 * time.Millisecond

// A fileWatch takes new secrets and routes over while we serve: when their files or signet.yaml
// change, and at a SIGHUP. Whatever is wrong with them, what was there before goes on.
type fileWatch struct {
	auth   *signet.Auth
	log    *slog.Logger
	weak   bool
	now    func() time.Time
	reread func() (*config, error)
	routes func(next *config) error // nil where there is no gateway

	started config               // settings as they are in use
	current *config              // with the secrets in use
	made    map[string]time.Time // by text: when we first saw a secret that does not say it
	looked  string               // how the files were at the last look
	taken   string               // how they were when they were last read
	said    string               // what was logged then
	changed []string             // settings that wait for a restart, as was logged

	hangUp chan struct{}
}

// watchFiles prepares the watch over what was read at the start.
func (s *serveCmd) watchFiles(io *terminal, started config, auth *signet.Auth, log *slog.Logger) *fileWatch {
	w := &fileWatch{
		auth: auth, log: log, weak: s.AllowWeakSecret, now: io.Now,
		reread:  func() (*config, error) { return s.reread(io) },
		started: started, current: &started, made: map[string]time.Time{},
		hangUp: make(chan struct{}, 1),
	}
	for _, k := range started.secrets {
		w.made[k.text()] = k.made
	}
	w.looked = w.files()
	w.taken = w.looked
	return w
}

// again asks for a look at once.
func (w *fileWatch) again() {
	select {
	case w.hangUp <- struct{}{}:
	default: // one is asked for already
	}
}

// start looks in the background until the function that it returns is called.
func (w *fileWatch) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

func (w *fileWatch) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look()
		case <-w.hangUp:
			w.settle(ctx)
			w.take(true)
		}
	}
}

// look takes changes over that are a look old, so that what is being written is not read
// halfway. What could not be used is tried again each time: a file that it names may have
// come.
func (w *fileWatch) look() {
	files := w.files()
	still := files == w.looked
	w.looked = files
	if still && (files != w.taken || w.said != "") {
		w.take(false)
	}
}

// settle waits until nobody writes any more, for some seconds at most.
func (w *fileWatch) settle(ctx context.Context) {
	for range 30 {
		w.looked = w.files()
		select {
		case <-ctx.Done():
			return
		case <-time.After(settled):
		}
		if w.files() == w.looked {
			return
		}
	}
}

// files describes everything that a change could be in.
func (w *fileWatch) files() string {
	paths := []string{w.current.file}
	if w.current.file == "" {
		paths[0] = defaultConfig
	}
	for _, s := range slices.Concat(w.current.secrets, w.current.foreignSecrets(), w.current.access.ring) {
		if s.file != "" && !slices.Contains(paths, s.file) {
			paths = append(paths, s.file)
		}
	}
	var b strings.Builder
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil {
			fmt.Fprintln(&b, p, info.ModTime().UnixNano(), info.Size(), info.Mode(), fileNumber(info))
		} else {
			fmt.Fprintln(&b, p, "missing")
		}
	}
	return b.String()
}

// take reads everything and uses it, or says why not: once for each reason, and always when
// it was asked for.
func (w *fileWatch) take(asked bool) {
	files := w.files()
	next, err := w.reread()
	if err == nil {
		err = w.fits(next)
	}
	if err == nil {
		err = w.use(next)
	}
	if err == nil {
		err = w.useRoutes(next)
	}
	again := files == w.taken
	w.taken = files
	if err != nil {
		if why := err.Error(); asked || !again || why != w.said {
			w.log.Error("everything stays as it is: what the files say cannot be used", "error", oneLine(why))
			w.said = why
		}
		return
	}
	if w.said != "" {
		w.said = ""
		w.log.Info("the files can be used again")
	}
	w.tell(next, asked)
	w.current = next
}

// use changes the secrets.
func (w *fileWatch) use(next *config) error {
	if w.started.places.set("secrets") != next.places.set("secrets") {
		return errors.New("the key `secrets` came or went; restart if that is meant")
	}
	if w.same(next) && w.sameAccess(next) {
		return nil
	}
	now := w.now()
	for i, s := range next.secrets {
		if s.made.IsZero() {
			// Read a second time within its first minute a secret is no older than that.
			if _, known := w.made[s.text()]; !known {
				w.made[s.text()] = now
			}
			next.secrets[i].made = w.made[s.text()]
		}
	}
	err := w.auth.Rekey(signet.Config{
		Keys: ringFrom(next.secrets), AllowWeakSecret: w.weak, Session: next.session.make(),
		Access: signet.AccessConfig{Keys: ringFrom(w.accessRing(next))},
	})
	if err != nil {
		return next.explain(err)
	}
	return nil
}

// same tells whether the secrets are those in use.
func (w *fileWatch) same(next *config) bool {
	return sameSecrets(slices.Concat(w.current.secrets, w.current.foreignSecrets()), slices.Concat(next.secrets, next.foreignSecrets()))
}

// sameAccess is same for the keys of access tokens.
func (w *fileWatch) sameAccess(next *config) bool {
	return sameSecrets(w.accessRing(w.current), w.accessRing(next))
}

func sameSecrets(a, b []secret) bool {
	return slices.EqualFunc(a, b, func(a, b secret) bool { return a.text() == b.text() && a.id == b.id })
}

// accessRing are the keys of access tokens that can be taken over from c: to have any at all,
// and another algorithm, wait for a restart.
func (w *fileWatch) accessRing(c *config) []secret {
	if len(w.started.access.ring) == 0 || c.access.algorithm != w.started.access.algorithm {
		return nil
	}
	return c.access.ring
}

// tell logs what is used from now on, and what is not.
func (w *fileWatch) tell(next *config, asked bool) {
	if !w.same(next) {
		var ids []string
		for _, k := range ringFrom(next.secrets) {
			ids = append(ids, k.ID)
		}
		w.log.Info("secrets changed", "keys", strings.Join(ids, " "))
	}
	if ring := w.accessRing(next); len(ring) > 0 && !w.sameAccess(next) {
		w.log.Info("keys of access tokens changed", "keys", len(ring))
	}
	if asked && w.same(next) && w.sameAccess(next) {
		w.log.Info("SIGHUP: read again, and no secret has changed")
	}
	changed := w.started.differs(next)
	if len(changed) > 0 && !slices.Equal(changed, w.changed) {
		w.log.Warn("settings changed: restart to apply them", "keys", strings.Join(changed, " "))
	}
	w.changed = changed
}

// reread is settle for a server that runs: it makes no secret where one has gone.
func (s *serveCmd) reread(io *terminal) (*config, error) {
	c, err := loadConfig(io, s.placeFlags)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.listenAt(s.Listen), c.logAt(s.LogLevel, s.LogFormat), c.findSecrets()); err != nil {
		return nil, err
	}
	c.chooseProviders(s.Demo)
	if len(c.secrets) == 0 {
		return nil, fmt.Errorf("there is no secret any more in %s", c.secretPath())
	}
	if problems := append(c.weakSecrets(s.AllowWeakSecret), c.loops()...); len(problems) > 0 {
		return nil, &configErrors{problems}
	}
	return &c, nil
}

// differs names the settings in which next is another configuration, secrets aside.
func (c *config) differs(next *config) []string {
	var names []string
	for _, s := range []struct {
		name     string
		old, now any
	}{
		{"site", c.site, next.site},
		{"url", c.url, next.url},
		{"base_path", c.basePath, next.basePath},
		{"listen", c.listen, next.listen},
		{"admin_listen", c.adminListen, next.adminListen},
		{"drain", c.drain, next.drain},
		{"store", c.database, next.database},
		{"session", c.session.withoutSecrets(), next.session.withoutSecrets()},
		{"providers", comparable(c.providers), comparable(next.providers)},
		{"mail", c.mail.comparable(), next.mail.comparable()},
		{"protect", c.protect, next.protect},
		{"public", c.public, next.public},
		{"pages", c.pages, next.pages},
		{"trust_host", c.trustHost, next.trustHost},
		{"trusted_proxies", c.trustedProxies, next.trustedProxies},
		{"trusted_origins", c.trustedOrigins, next.trustedOrigins},
		{"gateway", c.gateway.on(), next.gateway.on()},
		{"gateway.next", c.protectSite(), next.protectSite()},
		{"access_tokens", c.access.comparable(), next.access.comparable()},
		{"limits", c.limits, next.limits},
		{"log", c.log, next.log},
	} {
		if !reflect.DeepEqual(s.old, s.now) {
			names = append(names, s.name)
		}
	}
	return names
}

func (s sessionConfig) withoutSecrets() sessionConfig {
	s.accept = slices.Clone(s.accept)
	for i := range s.accept {
		s.accept[i].secrets = nil
	}
	return s
}
