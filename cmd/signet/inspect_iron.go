package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

// An ironPassword is a secret as iron-session takes it.
type ironPassword struct {
	id   string // what seals call it by
	name string // what the ring calls it by
	text []byte
}

// passwords gives the secrets their ids. Those that came without one count up from the
// oldest, as in [seal.Secrets]: the only password of an iron-session app is 1. The highest
// number comes first, which is the one that iron-session seals with (iron-session@9.0.1).
// refused are the names of those that are too short for the format.
func passwords(ring seal.Ring) (list []ironPassword, refused []string) {
	taken := map[string]bool{}
	for _, k := range ring {
		if id, ok := passwordID(k); ok {
			taken[id] = true
		}
	}
	next := 0
	for _, k := range slices.Backward(ring) {
		id, ok := passwordID(k)
		for !ok {
			next++
			if id = strconv.Itoa(next); !taken[id] {
				break
			}
		}
		if _, err := iron.Bare(bare("", k.Secret)); err != nil {
			refused = append(refused, k.ID)
			continue
		}
		list = append(list, ironPassword{id, k.ID, k.Secret})
	}
	slices.SortStableFunc(list, func(a, b ironPassword) int { return cmp.Compare(b.number(), a.number()) })
	return list, refused
}

// placedMark stands between the place of a password and its number.
const placedMark = " (id "

// passwordID is the number that a password came with, or that a site gives it.
func passwordID(k seal.Key) (id string, ok bool) {
	if id, ok = wireID(k); ok {
		return id, true
	}
	at := strings.LastIndex(k.ID, placedMark)
	if at < 0 {
		return "", false
	}
	return strings.CutSuffix(k.ID[at+len(placedMark):], ")")
}

// number is the id as a number, or -1.
func (p ironPassword) number() int64 {
	n, err := strconv.ParseInt(p.id, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

func bare(id string, text []byte) iron.Password {
	return iron.Password{Key: seal.Key{ID: id, Secret: text}}
}

// An ironSeal is what a seal says in the clear:
// Fe26.2*passwordId*encSalt*iv*ciphertext*expiration*macSalt*mac (@hapi/iron 7).
type ironSeal struct {
	text, suffix string // suffix begins with ~, or is empty
	fields       []string
	expires      time.Time // zero: none that can be read
}

func readIron(value string) ironSeal {
	s := ironSeal{text: value}
	if i := strings.IndexByte(value, '~'); i >= 0 {
		s.text, s.suffix = value[:i], value[i:]
	}
	s.fields = strings.SplitN(s.text, "*", 16)
	if len(s.fields) == 8 {
		if ms, err := strconv.ParseInt(s.fields[5], 10, 64); err == nil && 0 < ms && ms < 1<<48 {
			s.expires = time.UnixMilli(ms)
		}
	}
	return s
}

// id is the password's, as the seal names it.
func (s ironSeal) id() string {
	if len(s.fields) < 2 {
		return ""
	}
	return s.fields[1]
}

// isCookie tells cookies of iron-session, also those that lack their suffix, from the
// seals of other programs, whose ids are no numbers.
func (s ironSeal) isCookie() bool { return s.suffix != "" || isNumber(s.id()) }

// isCut tells seals whose end is missing. Its last field has 43 characters.
func (s ironSeal) isCut() bool {
	return s.suffix == "" && (len(s.fields) < 8 || len(s.fields) == 8 && len(s.fields[7]) < 43)
}

// openIron opens a seal: as a session cookie if it can be one, else as a bare seal.
func (in *inspector) openIron(value string) finding {
	s := readIron(value)
	f := finding{Format: iron.Format}
	list, refused := passwords(in.ring)
	var best ironTrial
	var opened seal.Opened
	for i, t := range ironTrials(s, list) {
		o, err := openWhenever(t.Codec, value, in.now)
		if i == 0 || rankOf(o, err) < rankOf(opened, f.Err) {
			best, opened, f.Err = t, o, err
		}
	}
	if len(list) == 0 && errors.Is(f.Err, seal.ErrForeign) {
		f.Err = &seal.OpenError{Codec: iron.Format, Reason: seal.ErrNoKey}
	}
	if opened.Claims == nil && s.suffix == "" && s.isCookie() {
		// It is refused for its form; what is inside is shown all the same.
		opened, best = openBare(s, list)
	}
	if s.isCut() { // that it has no ~2 either says nothing more
		f.Err = &seal.OpenError{Codec: iron.Format, Reason: seal.ErrMalformed}
	}
	if opened.Claims != nil {
		f.Verified, f.Claims, f.Life, f.Stale = true, opened.Claims, opened.Life, opened.Stale
		f.Key = best.name(opened.Key)
		f.Endless = f.Err == nil && f.Expires.IsZero()
	} else if len(s.fields) == 8 {
		f.Expires = s.expires
	}
	if len(s.fields) == 8 && s.id() != "" && len(s.id()) <= maxPasswordID && f.Key != numbered+s.id() {
		f.Facts = append(f.Facts, fact{"password", visible(s.id())})
	}
	in.adviseIron(&f, s, list, refused, best.ctr)
	return f
}

// An ironTrial is one codec with the names of its passwords.
type ironTrial struct {
	seal.Codec
	names map[string]string // by id
	ctr   bool
}

func (t ironTrial) name(id string) string {
	if name, ok := t.names[id]; ok {
		return name
	}
	return t.names[""]
}

// ironTrials are the codecs for a seal. Without a password the form is judged with one
// that nobody has.
func ironTrials(s ironSeal, list []ironPassword) []ironTrial {
	if len(list) == 0 {
		list = []ironPassword{{id: "1", text: []byte(rand.Text() + rand.Text())}}
	}
	if s.isCookie() {
		return cookieTrial(list)
	}
	return bareTrials(list)
}

func cookieTrial(list []ironPassword) []ironTrial {
	var ring seal.Ring
	names := map[string]string{}
	for _, p := range list {
		if _, err := iron.New(seal.Ring{{ID: p.id, Secret: p.text}}, ""); err == nil {
			ring, names[p.id] = append(ring, seal.Key{ID: p.id, Secret: p.text}), p.name
		}
	}
	if len(ring) == 0 { // all have words for ids
		ring = seal.Secrets(rand.Text() + rand.Text())
	}
	c, err := iron.New(ring, "")
	if err != nil {
		return nil
	}
	return []ironTrial{{Codec: c, names: names}}
}

// bareTrials tries the passwords by id and, since a program that has only one gives it
// none, each on its own.
func bareTrials(list []ironPassword) []ironTrial {
	var trials []ironTrial
	add := func(names map[string]string, some ...iron.Password) {
		if c, err := iron.Bare(some...); err == nil {
			trials = append(trials, ironTrial{Codec: c, names: names})
		}
		if c, err := iron.BareCTR(some...); err == nil {
			trials = append(trials, ironTrial{Codec: c, names: names, ctr: true})
		}
	}
	var some []iron.Password
	names := map[string]string{}
	for _, p := range list {
		if strings.HasPrefix(p.name, numbered) {
			some, names[p.id] = append(some, bare(p.id, p.text)), p.name
		} else {
			add(map[string]string{"": p.name}, bare("", p.text))
		}
	}
	if len(some) > 0 {
		add(names, some...)
	}
	return trials
}

// openBare opens a seal as one that is no cookie, whatever its time, with the password of
// its id.
func openBare(s ironSeal, list []ironPassword) (seal.Opened, ironTrial) {
	for _, p := range list {
		if p.id != s.id() {
			continue
		}
		if c, err := iron.Bare(bare(p.id, p.text)); err == nil {
			if opened, err := c.(seal.Inspector).Inspect(s.text); err == nil {
				return opened, ironTrial{names: map[string]string{p.id: p.name}}
			}
		}
	}
	return seal.Opened{}, ironTrial{}
}

// adviseIron says what is wrong with a seal and what to do about it.
func (in *inspector) adviseIron(f *finding, s ironSeal, list []ironPassword, refused []string, ctr bool) {
	switch {
	case f.Err == nil:
		f.What, f.Cure = ironRemarks(f, s, ctr)
	case errors.Is(f.Err, seal.ErrExpired):
		f.What = "its time is over, and the 60 seconds that iron-session allows for clocks that differ are, too"
		f.Cure = "sign in again; if this happens to people who come every day, compare the ttl of the session with what they expect: only a save pushes its end out"
	case errors.Is(f.Err, seal.ErrNoKey):
		f.What = "there is no password to open it with; its form is in order"
		if !f.Expires.IsZero() {
			f.What += ", and its end can be read, though anybody could have written it"
		}
		f.Cure = "give the password of the site: --secret S, --secret-file FILE, --password-id " + ironID(s) + "=S or AUTH_SECRET in the environment"
		if len(refused) > 0 {
			f.What = fmt.Sprintf("no secret can be its password: those of iron-session have %d characters and more, and %s is shorter", iron.MinPassword, secretName(refused[0]))
		}
	case errors.Is(f.Err, seal.ErrForeign):
		f.What, f.Cure = whyForeignIron(s, list)
	case errors.Is(f.Err, seal.ErrUnsupported):
		f.What, f.Cure = whySuffix(f, s)
	default:
		f.What, f.Cure = whyMalformedIron(f.Err, s)
	}
}

func ironID(s ironSeal) string {
	if isNumber(s.id()) {
		return s.id()
	}
	return "1"
}

func ironRemarks(f *finding, s ironSeal, ctr bool) (what, cure string) {
	switch {
	case ctr:
		return "it is encrypted with aes-128-ctr, which iron-session never uses", "take it for a seal of another program: no session of Signet is like this"
	case s.suffix == "":
		return "it is a bare seal, as @hapi/iron and iron-webcrypto write them, and no cookie of iron-session", "take it for what the program that wrote it means by it; Signet does not take it for a session"
	case f.Stale:
		return "it was sealed with an older password, and a server with these passwords writes it anew at the next save",
			"keep the password " + s.id() + " until the last session it sealed is over"
	case f.Endless:
		return "it has no end (ttl 0): whoever has it stays signed in until its password is gone",
			"give the session a ttl, unless this is meant; Signet ends it at session.absolute"
	case len(s.text) > seal.MaxToken:
		return "it is too large for a cookie", "keep less in the session"
	}
	return "", ""
}

// whyForeignIron finds out why no password opens it.
func whyForeignIron(s ironSeal, list []ironPassword) (what, cure string) {
	id := s.id()
	for _, p := range list {
		if c, err := iron.Bare(bare("", p.text)); err == nil {
			if _, err := c.(seal.Inspector).Inspect(s.text); !errors.Is(err, seal.ErrForeign) {
				return "it is sealed with " + secretName(p.name) + ", but under the id " + shownID(id) + ", and the id decides which password is tried",
					"give that password this id, here with --password-id and in the password map of the site"
			}
		}
	}
	for _, p := range list {
		if p.id == id {
			return "the password " + shownID(id) + " (" + secretName(p.name) + ") does not open it, or it was changed on the way",
				"copy it again, all of it, and take the password that the site has under this id"
		}
	}
	if s.suffix != "" && !isNumber(id) {
		return "it names the password " + shownID(id) + ", and those of iron-session have numbers", "find out where it comes from"
	}
	return "it names the password " + shownID(id) + ", and no password with this id was given",
		"give it with --password-id " + ironID(s) + "=S; if the site has it no longer, everybody whom it signed in is signed out"
}

func shownID(id string) string {
	switch {
	case id == "":
		return "of no name"
	case len(id) > 20:
		return visible(id[:20]) + "…"
	}
	return visible(id)
}

// whySuffix tells of a seal that iron-session from 6 on would not have written like this.
func whySuffix(f *finding, s ironSeal) (what, cure string) {
	if s.suffix != "" && s.suffix != "~1" {
		return "behind its last field it should have ~2; what is there is not part of what was sealed, so anybody can have changed it",
			"copy it again, all of it; if it is like this in the browser, no server should take it"
	}
	what = "behind its last field it lacks the ~2 of iron-session 6 and later"
	if memberOf(f.Claims, "persistent") != nil {
		return what + ": it is a cookie of iron-session 5 or before, whose session is the member persistent",
			"to read such cookies, turn on the legacy shape where they are accepted, for the time of the move"
	}
	return what + ": it was cut off, or it is a cookie of iron-session 5 or before, or a bare seal of another program",
		"copy it again, all of it"
}

func whyMalformedIron(err error, s ironSeal) (what, cure string) {
	const again = "copy it again, all of it"
	if n := len(s.fields); n != 8 {
		return fmt.Sprintf("a seal of iron-session has eight fields between asterisks, this one has %s", atMost(n, 15)), again
	}
	if s.fields[0] != "Fe26.2" {
		return "a seal of iron-session begins with Fe26.2", again
	}
	what = "it is not whole, or was changed on the way"
	if detail := detailOf(err); detail != "" {
		what += " (" + detail + ")"
	}
	if s.isCut() {
		what = "its end is missing: the last field is too short, and ~2 is not there"
	}
	return what, again
}

func atMost(n, limit int) string {
	if n > limit {
		return "more than " + strconv.Itoa(limit)
	}
	return strconv.Itoa(n)
}
