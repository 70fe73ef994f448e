package signet

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// A mailed link carries a secret that opens one thing once. The store has its hash, what it
// is for, and which link of its kind is the newest for an address: an older one is void
// (security lines S-51, S-52).

// How long what is mailed is good for.
const (
	codeLife   = 10 * time.Minute
	linkLife   = 15 * time.Minute
	verifyLife = 24 * time.Hour
	resetLife  = 30 * time.Minute
)

// Bounds of mail.
const (
	lettersPerAddress = 3  // an hour
	lettersPerNetwork = 30 // an hour
	codeTries         = 5
)

const kindVerification = "Verification"

// errLink: the link is not known, used, too old, or a newer one was sent.
var errLink = errors.New("signet: mailed link is not good any more")

// mailed is what a link was made for.
type mailed struct {
	UserID string `json:"u,omitempty"`
	Email  string `json:"e"`           // the address that it was sent to
	Was    string `json:"w,omitempty"` // with a change: the address before
	Epoch  int64  `json:"v,omitempty"` // of the user who asks: a link does not outlive their sessions

	// Of a sign-up that waits for its link: the account to be.
	Name     string `json:"n,omitempty"`
	Provider string `json:"p,omitempty"`
	Subject  string `json:"s,omitempty"`
	Data     []byte `json:"d,omitempty"`
}

// mailer is who sends our letters, or nil.
func (a *Auth) mailer() Mailer {
	if a.config.Mailer != nil {
		return a.config.Mailer
	}
	for _, p := range a.providers {
		if m, ok := p.Provider.(Mailer); ok {
			return m
		}
	}
	return nil
}

// canMail tells whether letters with links can be sent at all.
func (a *Auth) canMail() bool { return a.mailer() != nil && a.config.Stores.Tickets != nil }

// mayMail takes a letter from the budgets of its address and of the network that asks.
func (x *exchange) mayMail(email string) error {
	t := x.newTry()
	if t.store == nil {
		return nil
	}
	if err := t.count(x.context(), "letters net:"+t.network, lettersPerNetwork, time.Hour); err != nil {
		return err
	}
	return t.count(x.context(), "letters:"+hashed(FoldEmail(email)), lettersPerAddress, time.Hour)
}

// newLink makes the secret of a link.
func (a *Auth) newLink(ctx context.Context, kind LetterKind, m mailed, ends time.Time) (token string, err error) {
	var raw [32]byte
	if _, err := io.ReadFull(a.world.Rand, raw[:]); err != nil {
		return "", err
	}
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	value, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	store := a.config.Stores.Tickets
	if err := store.Issue(ctx, linkKey(kind, token), Ticket{Value: value, Uses: 1, Expires: ends}); err != nil {
		return "", fromStore(err)
	}
	newest := Ticket{Value: proofOf(token), Uses: 1, Expires: ends}
	return token, fromStore(store.Issue(ctx, newestKey(kind, m.Email), newest))
}

// peekLink reads what a link is for and leaves it as it is.
func (a *Auth) peekLink(ctx context.Context, kind LetterKind, token string, now time.Time) (mailed, error) {
	return a.readLink(ctx, kind, token, Use{Now: now, Look: true})
}

// useLink uses a link up. Of parallel calls one succeeds.
func (a *Auth) useLink(ctx context.Context, kind LetterKind, token string, now time.Time) (mailed, error) {
	m, err := a.peekLink(ctx, kind, token, now)
	if err != nil {
		return m, err
	}
	newest, err := a.config.Stores.Tickets.Consume(ctx, newestKey(kind, m.Email), Use{Now: now, Look: true})
	if err != nil && !isAnswerOfTickets(err) {
		return m, fromStore(err)
	}
	if err != nil || string(newest.Value) != string(proofOf(token)) {
		return m, errLink
	}
	return a.readLink(ctx, kind, token, Use{Now: now})
}

func (a *Auth) readLink(ctx context.Context, kind LetterKind, token string, u Use) (m mailed, err error) {
	if len(token) != 43 || a.config.Stores.Tickets == nil {
		return m, errLink
	}
	taken, err := a.config.Stores.Tickets.Consume(ctx, linkKey(kind, token), u)
	if isAnswerOfTickets(err) {
		return m, errLink
	}
	if err != nil {
		return m, fromStore(err)
	}
	return m, json.Unmarshal(taken.Value, &m)
}

func isAnswerOfTickets(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrSpent)
}

func proofOf(token string) []byte {
	h := sha256.Sum256([]byte("signet mailed " + token))
	return h[:]
}

func linkKey(kind LetterKind, token string) string {
	return "mailed " + string(kind) + " " + base64.RawURLEncoding.EncodeToString(proofOf(token))
}

func newestKey(kind LetterKind, email string) string {
	return "newest mailed " + string(kind) + " " + hashed(FoldEmail(email))
}

// write fills in what all letters have and sends one. What fails is told to the log without
// the address.
func (x *exchange) write(l Letter) error {
	l.Lang, l.Site = x.lang, x.a.config.Pages.Site
	err := x.a.mailer().Mail(x.context(), l)
	if err != nil {
		x.a.log.Error("letter not sent", "kind", string(l.Kind), "error", err)
	}
	return err
}

// notify tells a user at their proved address what has happened. That it cannot be sent
// changes nothing.
func (x *exchange) notify(kind LetterKind, u User) {
	if x.a.mailer() != nil && u.Email != "" && !u.EmailVerified.IsZero() {
		_ = x.write(Letter{Kind: kind, To: u.Email, Was: u.Email})
	}
}

// writeLater sends a letter that an answer must not wait for: whether there is one to send
// would show in the time.
func (x *exchange) writeLater(make func(context.Context) (Letter, error)) {
	lang, site, a := x.lang, x.a.config.Pages.Site, x.a
	a.done.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(x.context()), 30*time.Second)
		defer cancel()
		l, err := make(ctx)
		if err == nil && l.To == "" {
			return
		}
		l.Lang, l.Site = lang, site
		if err == nil {
			err = a.mailer().Mail(ctx, l)
		}
		if err != nil {
			a.log.Error("letter not sent", "kind", string(l.Kind), "error", err)
		}
	})
}
