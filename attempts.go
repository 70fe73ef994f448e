package signet

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signet-auth/signet/cookie"
)

// While somebody is away at a provider, their browser keeps what the answer is held
// against, in one sealed cookie for all attempts: one tab does not overwrite another's, and
// a thousand attempts do not fill the Cookie header.

// Bounds of attempts.
const (
	attemptLife = 15 * time.Minute // security line S-06
	maxAttempts = 8                // the oldest goes
	maxKeep     = 512              // bytes that a provider may keep
	maxBack     = 1024             // bytes of the return target; a longer one is forgotten
	maxWaiting  = 2900             // bytes of all attempts together: sealed and in base64 they fit into a cookie
)

// waiting is one attempt as the browser keeps it.
type waiting struct {
	ID       string    `json:"i"`
	Provider string    `json:"p"`
	Callback string    `json:"c"` // where the answer has to come to
	Back     string    `json:"b,omitempty"`
	Keep     []byte    `json:"k,omitempty"`
	Link     string    `json:"l,omitempty"` // the user who adds a way to sign in
	Session  SessionID `json:"s,omitempty"` // in which session
	Ends     int64     `json:"e"`           // Unix seconds

	// Of a letter: the address it went to, the secret of its link, its hash, and the code.
	To    string `json:"t,omitempty"`
	Token string `json:"o,omitempty"`
	Proof []byte `json:"m,omitempty"`
	Code  string `json:"d,omitempty"`

	Ask *ask `json:"q,omitempty"` // what else the provider wants to know
}

// errNoAttempt: nothing in this browser began what comes back.
var errNoAttempt = errors.New("signet: the answer belongs to no attempt of this browser")

// attemptIDLength is that of newAttemptID, in characters.
const attemptIDLength = 43

// newAttemptID makes 256 random bits as text.
func newAttemptID(rand io.Reader) (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// attempts reads the attempts of this browser that are not over. A cookie that cannot be
// read holds none.
func (v *Visit) attempts(name string) []waiting {
	value, err := v.jar.Get(name)
	if err != nil {
		return nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return nil
	}
	plain, _, err := v.keys.attempts.open("attempts "+name, sealed)
	if err != nil {
		return nil
	}
	var list []waiting
	if json.Unmarshal(plain, &list) != nil {
		return nil
	}
	return slices.DeleteFunc(list, func(w waiting) bool { return v.now.Unix() >= w.Ends })
}

// setAttempts makes the Set-Cookie line for a list, newest last; the oldest are left out
// where there is no room for all.
func (v *Visit) setAttempts(name string, list []waiting) (string, error) {
	attrs := v.wire.attempts(name)
	if len(list) == 0 {
		return attrs.Clear(name), nil
	}
	list = list[max(0, len(list)-maxAttempts):]
	plain, err := json.Marshal(list)
	for err == nil && len(plain) > maxWaiting && len(list) > 1 {
		list = list[1:]
		plain, err = json.Marshal(list)
	}
	if err != nil {
		return "", err
	}
	sealed, err := v.keys.attempts.seal("attempts "+name, plain)
	if err != nil {
		return "", err
	}
	return attrs.Set(name, base64.RawURLEncoding.EncodeToString(sealed))
}

// attempts are the attributes of the cookie of that name.
func (w *wire) attempts(name string) cookie.Attributes {
	if name == w.postedName {
		return w.posted
	}
	return w.away
}

// attemptsName is the cookie that keeps the attempts with a provider.
func (w *wire) attemptsName(p Info) string {
	if p.FormPost {
		return w.postedName
	}
	return w.awayName
}

// keep remembers an attempt in the browser.
func (x *exchange) keep(p registered, w waiting) error {
	if len(w.Keep) > maxKeep && (w.Ask == nil || len(w.Keep) > maxKeepAsk) {
		return errors.New("signet: provider " + p.info.ID + " keeps too much")
	}
	if len(w.Back) > maxBack {
		w.Back = ""
	}
	w.Provider, w.Callback = p.info.ID, x.callbackOf(p)
	if w.Ends == 0 { // one that goes on does not live longer for it
		w.Ends = x.now.Add(attemptLife).Unix()
	}
	name := x.wire.attemptsName(p.info)
	list := slices.DeleteFunc(x.attempts(name), func(o waiting) bool { return o.ID == x.taken })
	line, err := x.setAttempts(name, append(list, w))
	if err != nil {
		return err
	}
	x.sendAttempts(name, line)
	return nil
}

// sendAttempts puts a Set-Cookie line for attempts into the answer, in the place of an
// earlier one.
func (x *exchange) sendAttempts(name, line string) {
	x.guest = slices.DeleteFunc(x.guest, func(l string) bool { return strings.HasPrefix(l, name+"=") })
	x.guest = append(x.guest, line)
}

// take finds an attempt, removes it from the browser and makes sure that it is used once,
// whatever the browser still shows. Whoever comes second gets [ErrSpent].
func (x *exchange) take(p registered, which func(waiting) bool) (waiting, error) {
	name := x.wire.attemptsName(p.info)
	list := x.attempts(name)
	i := slices.IndexFunc(list, func(w waiting) bool {
		return w.Provider == p.info.ID && w.Callback == x.callbackOf(p) && which(w)
	})
	if i < 0 {
		return waiting{}, errNoAttempt
	}
	found := list[i]
	x.taken = found.ID
	if line, err := x.setAttempts(name, slices.Delete(list, i, i+1)); err == nil {
		x.sendAttempts(name, line)
	}
	return found, x.a.burnAttempt(x.context(), found, x.now)
}

// burnAttempt uses up an attempt, in all processes that share a store.
func (a *Auth) burnAttempt(ctx context.Context, w waiting, now time.Time) error {
	ends := time.Unix(w.Ends, 0)
	if store := a.config.Stores.Tickets; store != nil {
		_, err := store.Consume(ctx, "attempt "+hashed(w.ID), Use{Now: now, Fresh: &Ticket{Uses: 1, Expires: ends}})
		return fromStore(err)
	}
	return a.burnt.use(w.ID, ends, now)
}

// burnt remembers used attempts where there is no store: for one process.
type burnt struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

func (b *burnt) use(id string, ends, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.seen[id]; ok {
		return ErrSpent
	}
	if b.seen == nil {
		b.seen = map[string]time.Time{}
	}
	for old, end := range b.seen {
		if !now.Before(end) {
			delete(b.seen, old)
		}
	}
	b.seen[id] = ends
	return nil
}

func (x *exchange) callbackOf(p registered) string { return x.base + "/callback/" + p.info.ID }
