package signet

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// A budget says how many wrong tries there are, per account, per network and altogether.
// A try is taken before the secret is checked and given back when it was right, so N
// parallel guesses cost N. Without a store for tickets there is no budget.
type budget struct {
	a     *Auth
	store TicketStore
}

// A try is one attempt at signing in.
type try struct {
	*budget
	v       *Visit
	network string
	account string   // set by take; "" when the provider names none
	device  string   // the account, as this browser knows it: "" unless it signed in before
	taken   []string // counters to give back
}

func (x *exchange) newTry() *try {
	return &try{budget: x.a.budget, v: x.Visit, network: network(x.a.clientIP(x.r))}
}

const (
	maxDelay   = 15 * time.Minute
	dayWindow  = 24 * time.Hour
	deviceLife = 180 * 24 * time.Hour
)

// take takes one try; the error is a *Refused, or the store's.
func (t *try) take(ctx context.Context, account string) error {
	if t.store == nil {
		return nil
	}
	l := t.a.config.Limits
	if err := t.count(ctx, "global", l.GlobalPerMinute, time.Minute); err != nil {
		return err
	}
	if err := t.count(ctx, "net:"+t.network, l.NetworkPerMinute, time.Minute); err != nil || account == "" {
		return err
	}
	t.account = account
	key := "account:" + hashed(account)
	if t.knownDevice() {
		// The owner's browser has a budget of its own: nobody can lock her out.
		key = "device:" + hashed(t.device)
	}
	err := t.count(ctx, key+":free", l.AccountFree, dayWindow)
	if !isThrottled(err) {
		return err
	}
	return t.slowly(ctx, key)
}

// slowly takes a try after the free ones are gone: one at a time, each after twice the
// wait of the one before.
func (t *try) slowly(ctx context.Context, key string) error {
	hard := t.a.config.Limits.AccountHard - t.a.config.Limits.AccountFree
	if hard <= 0 {
		return throttled(maxDelay)
	}
	spent := 0
	now := t.v.now
	if was, err := t.store.Consume(ctx, key+":slow", Use{Now: now, Look: true}); err == nil {
		spent = hard - was.Left
	} else if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrSpent) {
		return fromStore(err)
	}
	delay := maxDelay
	if spent < 10 {
		delay = min(maxDelay, time.Second<<spent)
	}
	if err := t.count(ctx, key+":gate", 1, delay); err != nil {
		return err
	}
	t.taken = t.taken[:len(t.taken)-1] // the gate stays shut for its time, whatever comes
	return t.count(ctx, key+":slow", hard, dayWindow)
}

// count takes one use of a window.
func (t *try) count(ctx context.Context, key string, uses int, window time.Duration) error {
	now := t.v.now
	got, err := t.store.Consume(ctx, key, Use{Now: now, Fresh: &Ticket{Uses: uses, Expires: now.Add(window)}})
	if errors.Is(err, ErrSpent) {
		wait := got.Expires.Sub(now)
		if !putBack(wait, max(window, maxDelay)) {
			return throttled(wait)
		}
		// Nobody waits for the time that the clock lost.
		err = t.store.Issue(ctx, key, Ticket{Uses: uses - 1, Expires: now.Add(window)})
	}
	if err == nil {
		t.taken = append(t.taken, key)
	}
	return fromStore(err)
}

// putBack tells by the rest of a window that the clock has been put back since it began. A
// little is no sign of that: a request that was on its way longer, or is in a process whose
// clock is late, has an earlier time than the one that began the window, and must not begin
// another with all its tries.
func putBack(rest, window time.Duration) bool { return rest > window+5*time.Minute }

func throttled(wait time.Duration) error {
	return &Refused{Code: "too_many_requests", Kind: kindTooMany, RetryAfter: max(wait, time.Second)}
}

func isThrottled(err error) bool {
	var no *Refused
	return errors.As(err, &no)
}

// failed gives the account's try back when nothing was guessed, since we were too busy to
// look. The network's stays spent: a flood has to run into its bound.
func (t *try) failed(ctx context.Context, why error) {
	var no *Refused
	if !errors.As(why, &no) || no.Kind != kindBusy || t.account == "" {
		return
	}
	last := len(t.taken) - 1
	if _, err := t.store.Consume(ctx, t.taken[last], Use{Now: t.v.now, Back: true}); err != nil && !errors.Is(err, ErrNotFound) {
		t.a.log.Warn("try not given back", "error", err)
	}
}

// succeed gives the tries back and remembers the browser.
func (t *try) succeed(ctx context.Context, h http.Header) error {
	for _, key := range t.taken {
		if _, err := t.store.Consume(ctx, key, Use{Now: t.v.now, Back: true}); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	if t.account == "" {
		return nil
	}
	return t.remember(h)
}

// A device cookie is <random>.<HMAC over it and the account>: it tells a browser that
// signed in before from one that guesses, and opens nothing.

func (t *try) knownDevice() bool {
	value, ok := t.v.jar.First(t.v.wire.deviceName)
	id, mac, cut := strings.Cut(value, ".")
	if !ok || !cut || len(id) != 22 {
		return false
	}
	known := false
	for _, k := range t.v.keys.device {
		known = sameText(mac, deviceMAC(k, id, t.account)) || known
	}
	if known {
		t.device = id
	}
	return known
}

func (t *try) remember(h http.Header) error {
	if t.device != "" {
		return nil
	}
	var raw [16]byte
	if _, err := io.ReadFull(t.a.world.Rand, raw[:]); err != nil {
		return err
	}
	id := base64.RawURLEncoding.EncodeToString(raw[:])
	line, err := t.v.wire.device.Set(t.v.wire.deviceName, id+"."+deviceMAC(t.v.keys.device[0], id, t.account))
	if err != nil {
		return err
	}
	h.Add("Set-Cookie", line)
	return nil
}

func deviceMAC(key []byte, id, account string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id + "." + account))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}

// hashed keeps addresses out of the keys of counters, and the keys short.
func hashed(s string) string {
	h := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(h[:18])
}
