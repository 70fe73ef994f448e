package signet

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// A Visit is one request with the session it brought. It decides once about the session
// cookie of the answer: to leave it, to renew it, or to clear it, and clearing wins.
type Visit struct {
	// Session is nil for nobody.
	Session *Session

	a       *Auth
	keys    *keys
	wire    *wire
	origin  string
	jar     cookie.Jar
	now     time.Time
	besides []string // Set-Cookie lines of the formats beside ours

	header http.Header // of the answer, once Commit has seen it
	shown  *shownToken // what a cookie of its own is to show
	grants sync.Mutex  // held where handlers in parallel change what the answer says of the session

	broken bool  // there is a cookie, and it is worth nothing
	fault  error // the store did not answer: who this is, is not known
}

// errUpdate: that would be another session.
var errUpdate = errors.New("signet: an update cannot change whose session it is; sign in instead")

// errCookies: the Cookie header is beyond what we read; the answer is 431.
var errCookies = errors.New("signet: too many cookies, or too large")

// Visit reads the session of a request. It fails where the request cannot be judged: its
// Host is not ours, or its cookies are too many; a bad cookie is no failure, but nobody.
func (a *Auth) Visit(r *http.Request) (*Visit, error) {
	v := &Visit{a: a, now: a.world.Now()}
	var err error
	if v.origin, err = a.originOf(r); err != nil {
		return nil, err
	}
	v.keys = a.current(v.now)
	v.wire = v.keys.wireFor(v.origin)
	if v.jar, err = cookie.Read(r.Header); err != nil {
		a.stats.badCookie("header")
		return nil, errCookies
	}
	v.read(r.Context())
	return v, nil
}

// read opens the session cookie.
func (v *Visit) read(ctx context.Context) {
	s, err := v.a.keeper.open(ctx, v.wire, v.jar, v.now)
	if err == nil {
		v.Session = s
		return
	}
	if errors.Is(err, errNobody) {
		return
	}
	var bad *badCookie
	switch {
	case errors.As(err, &bad):
		v.broken = true
		v.a.stats.badCookie(bad.reason)
	default:
		v.fault = err
		v.a.stats.storeFault.Add(1)
		v.a.log.Error("session cannot be read", "error", err)
	}
}

// Commit writes the decision about the session cookie into the headers of the answer: it
// renews a session that is due. Call it before the answer's headers are sent.
func (v *Visit) Commit(ctx context.Context, h http.Header) {
	addVary(h, "Cookie")
	v.header = h
	defer v.showLate(h) // it is shown to a session that lives
	s := v.Session
	if s == nil || !s.stale && v.now.Sub(s.issued) < v.a.updateAge {
		return
	}
	if err := v.renew(ctx, h); err != nil && !errors.Is(err, ErrStale) {
		v.a.log.Error("session cannot be renewed", "error", err)
	}
}

// renew gives the session a fresh end and writes its cookie. When the session turns out to
// be over, the visit is nobody's.
func (v *Visit) renew(ctx context.Context, h http.Header) error {
	s := *v.Session
	v.a.extend(&s, v.now)
	if err := errors.Join(v.endReplaced(ctx, &s), v.a.burn(ctx, &s, v.now)); err != nil {
		return err
	}
	v.sealBeside(&s)
	value, err := v.a.keeper.renew(ctx, v.wire, &s, v.now)
	if errors.Is(err, errNobody) {
		v.Session, v.broken = nil, true
		return nil
	}
	if err != nil {
		return err
	}
	s.stale, s.foreign, s.undated, s.replaced = false, false, false, ""
	before := v.Session
	v.Session = &s
	if err := v.set(h, value); err != nil {
		v.Session = before
		return err
	}
	return nil
}

// set writes the cookie of the session, in chunks if need be, and clears what is left over
// from a longer one or from another format.
func (v *Visit) set(h http.Header, value string) error {
	name := v.wire.formats[0].name
	plan, err := cookie.Plan(name, value, v.jar.Family(name), v.wire.formats[0].Chunk)
	if err != nil {
		return err
	}
	attrs := v.wire.session
	attrs.Expires = v.Session.Expires
	lines, err := attrs.Lines(plan)
	if err != nil {
		return err
	}
	v.wire.dropSession(h)
	for i, f := range v.wire.formats {
		if v.wire.named(f.name, i) || f.name == name || f.Beside {
			continue
		}
		for _, old := range v.jar.Family(f.name) {
			h.Add("Set-Cookie", v.wire.session.Clear(old))
		}
	}
	for _, l := range append(lines, v.besides...) {
		h.Add("Set-Cookie", l)
	}
	noStore(h)
	return nil
}

// clear ends the cookies of the session that the request brought, whatever was decided
// before. More than what it brought need not be named: a browser that did not send a
// cookie does not have it.
func (v *Visit) clear(h http.Header) {
	v.wire.dropSession(h)
	v.hideTokens(h)
	for _, name := range v.wire.family(v.jar) {
		h.Add("Set-Cookie", v.wire.session.Clear(name))
		if attrs := v.wire.session; attrs.Domain != "" {
			// The same name may also sit there without a domain, from before the setting was
			// changed; with both, the browser's owner would stay nobody.
			attrs.Domain = ""
			h.Add("Set-Cookie", attrs.Clear(name))
		}
	}
	noStore(h)
}

// noStore keeps an answer out of every cache (the headers of Auth.js).
func noStore(h http.Header) {
	h["Cache-Control"], h["Pragma"], h["Expires"] = valueNoStore, valueNoCache, valueZero
}

// Values of headers that most answers have. Assigned instead of set, they cost nothing; a
// handler that adds to one gets a copy, since the slices have no room.
var (
	valueNoStore = []string{"private, no-cache, no-store"}
	valueNoCache = []string{"no-cache"}
	valueZero    = []string{"0"}
	valueJSON    = []string{"application/json"}
	valueNosniff = []string{"nosniff"}
	valueHSTS    = []string{"max-age=31536000"}
	valueCookie  = []string{"Cookie"}
)

func addVary(h http.Header, name string) {
	if h["Vary"] == nil && name == "Cookie" {
		h["Vary"] = valueCookie
		return
	}
	if !slices.Contains(h["Vary"], name) {
		h.Add("Vary", name)
	}
}

// Session returns who is signed in, without renewing anything; nil for nobody. It reads
// the request's cookies unless [Auth.Middleware] has done so.
func (a *Auth) Session(r *http.Request) *Session {
	if v := visitFrom(r.Context()); v != nil && v.a == a {
		return v.current()
	}
	v, err := a.Visit(r)
	if err != nil {
		return nil
	}
	return v.Session
}

// Update changes the session of a request and writes it back with the answer: change gets
// a copy and may set claims. Errors of change, [ErrNotFound] for nobody, and those of the
// store are returned, and nothing is written.
func (a *Auth) Update(w http.ResponseWriter, r *http.Request, change func(*Session) error) error {
	v := visitFrom(r.Context())
	if v == nil || v.a != a {
		var err error
		if v, err = a.Visit(r); err != nil {
			return err
		}
	}
	return v.update(r.Context(), w.Header(), change)
}

// updateTries bounds how often an update starts anew. Each time means that another request
// of the same session has got through, so as many as a browser sends at once do.
const updateTries = 100

// update runs change on a copy of the session and writes it. When somebody else wrote the
// session meanwhile, it reads it again and repeats.
func (v *Visit) update(ctx context.Context, h http.Header, change func(*Session) error) error {
	if v.a.revoked.blind(v.now) {
		return errBlind
	}
	for try := 0; ; try++ {
		if v.fault != nil {
			return v.fault
		}
		if v.Session == nil {
			return ErrNotFound
		}
		s := *v.Session
		s.Claims = s.Claims.clone()
		before := s.UserID
		if err := change(&s); err != nil {
			return err
		}
		if s.UserID != before || s.ID != v.Session.ID {
			return errUpdate
		}
		kept := v.Session
		v.Session = &s
		err := v.renew(ctx, h)
		if err == nil {
			if v.Session == nil {
				return ErrNotFound
			}
			return nil
		}
		v.Session = kept
		if !errors.Is(err, ErrStale) || try == updateTries {
			return err
		}
		v.read(ctx)
	}
}
