package signet

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/signet-auth/signet/seal"
)

// A Session is somebody signed in, for one browser. It is a copy: changing it changes
// nothing until [Auth.Update] writes it back, or the Claims callback returns.
type Session struct {
	// ID names the session; it stays the same when the cookie is renewed, and is new after
	// each sign-in.
	ID SessionID

	// UserID, Name, Email and Image are the claims sub, name, email and picture.
	UserID, Name, Email, Image string

	// Groups are those of the user at sign-in.
	Groups []string

	// Provider is the ID of the provider signed in through, Methods how (RFC 8176).
	Provider string
	Methods  []string

	// Start is the first sign-in, AuthTime the last. Expires is the end of the session
	// if nobody visits again: the end of the cookie, never later than Start plus the
	// absolute limit.
	Start, AuthTime, Expires time.Time

	// Claims are all other members. The names above, iat, exp, jti and "signet" are not
	// among them.
	Claims Claims

	epoch  int64
	issued time.Time // when the cookie, or the row, was last written
	seen   time.Time // when the row of a sealed session was last written
	stale  bool      // should be written again whatever its age

	// foreign: another library sealed the cookie, and we have not written it back yet.
	// undated: it does not say when.
	foreign, undated bool

	whose    string    // what the payload's user was called when we wrote it
	beside   []string  // formats that were written beside ours
	others   []others  // what their cookies hold
	replaces SessionID // the one that another application signed somebody in over
	from     string    // key of the ticket it was imported under, until its own cookie comes back
	replaced string    // that key, once it has
	grant    string    // tokens of a session without a store; see carry

	// kept belongs to a stored session. It is behind a pointer so that a session printed
	// with %+v shows no cookie.
	kept *kept
}

// kept is the cookie of a stored session and its row, as it was read.
type kept struct {
	cookie string
	row    SessionRow
}

// memberName is the one member that Signet adds to a payload, whatever the format: an
// application's own "sid" or "epoch" cannot clash with it.
const memberName = "signet"

// readSession makes a session of a payload. Times that the codec knows better than the
// payload, and the ID of a foreign cookie, are filled in by the caller.
func readSession(payload []byte) (*Session, error) {
	s := &Session{Claims: Claims{members: make([]member, 0, 4)}}
	var own []byte
	err := seal.Members(payload, func(name string, raw []byte) error {
		switch name {
		case "sub":
			s.UserID = claimText(raw)
		case "name":
			s.Name = claimText(raw)
		case "email":
			s.Email = claimText(raw)
		case "picture":
			s.Image = claimText(raw)
		case "iat", "exp", "jti":
		case memberName:
			own = raw
		default:
			s.Claims.members = append(s.Claims.members, member{name, raw})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if own != nil {
		err = s.readOwn(own)
	}
	return s, err
}

// claimText reads a claim that should be a string. Applications write numbers as well
// (a user id of Prisma); null and the rest are "".
func claimText(raw []byte) string {
	if s, ok := seal.String(raw); ok {
		return s
	}
	if len(raw) > 0 && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9') {
		return string(raw)
	}
	return ""
}

// readOwn reads the member "signet". One that we did not write, or that is damaged, makes
// the whole value malformed: its limits would be unknown.
func (s *Session) readOwn(raw []byte) error {
	var bad bool
	err := seal.Members(raw, func(name string, v []byte) error {
		var ok bool
		switch name {
		case "sid":
			var text string
			if text, ok = seal.String(v); ok {
				s.ID, ok = ParseSessionID(text)
			}
		case "start":
			s.Start, ok = seal.Seconds(v)
		case "auth":
			s.AuthTime, ok = seal.Seconds(v)
		case "epoch":
			var err error
			s.epoch, err = strconv.ParseInt(string(v), 10, 64)
			ok = err == nil
		case "seen":
			s.seen, ok = seal.Seconds(v)
		case "by":
			s.Provider, ok = seal.String(v)
		case "amr":
			s.Methods, ok = readWords(v)
		case "groups":
			s.Groups, ok = readWords(v)
		case "iat":
			s.issued, ok = seal.Seconds(v)
		case "whose":
			s.whose, ok = seal.String(v)
		case "from":
			s.from, ok = seal.String(v)
		case "grant":
			s.grant, ok = seal.String(v)
		case "beside":
			s.beside, ok = readWords(v)
		default:
			ok = s.readHidden(name, v)
		}
		bad = bad || !ok
		return nil
	})
	if err != nil {
		return err
	}
	if bad || s.ID == 0 || s.Start.IsZero() {
		return &seal.OpenError{Reason: seal.ErrMalformed, Detail: "member signet"}
	}
	if s.AuthTime.IsZero() {
		s.AuthTime = s.Start
	}
	return nil
}

// payload writes the session as a JSON object without iat, exp and jti, in the shape of
// Auth.js. more goes into our own member.
func (s *Session) payload(more ...member) []byte {
	b := make([]byte, 0, 384)
	b = append(b, '{')
	b = appendClaim(b, "name", s.Name)
	b = append(b, ',')
	b = appendClaim(b, "email", s.Email)
	b = append(b, ',')
	b = appendClaim(b, "picture", s.Image)
	b = append(b, ',')
	b = appendClaim(b, "sub", s.UserID)
	for _, m := range s.Claims.members {
		if slices.Contains(ownNames, m.name) {
			continue
		}
		b = append(b, ',')
		b = appendText(b, m.name)
		b = append(b, ':')
		b = append(b, m.raw...)
	}
	b = append(b, `,"signet":`...)
	b = s.appendOwn(b, more...)
	return append(b, '}')
}

// ownNames are members that Session has fields for, or the format owns; an application
// that sets them as claims would otherwise write them twice.
var ownNames = []string{"name", "email", "picture", "sub", "iat", "exp", "jti", memberName}

// appendClaim writes a name and a string, or null for "": as Auth.js does for a user
// without a picture.
func appendClaim(b []byte, name, value string) []byte {
	b = append(b, '"')
	b = append(b, name...)
	b = append(b, `":`...)
	if value == "" {
		return append(b, "null"...)
	}
	return appendText(b, value)
}

func (s *Session) appendOwn(b []byte, more ...member) []byte {
	b = append(b, `{"sid":"`...)
	b = append(b, s.ID.String()...)
	b = append(b, `","start":`...)
	b = strconv.AppendInt(b, s.Start.Unix(), 10)
	b = append(b, `,"auth":`...)
	b = strconv.AppendInt(b, s.AuthTime.Unix(), 10)
	b = append(b, `,"epoch":`...)
	b = strconv.AppendInt(b, s.epoch, 10)
	if !s.seen.IsZero() {
		b = append(b, `,"seen":`...)
		b = strconv.AppendInt(b, s.seen.Unix(), 10)
	}
	if s.Provider != "" {
		b = append(b, `,"by":`...)
		b = appendText(b, s.Provider)
	}
	b = appendWords(b, "amr", s.Methods)
	b = appendWords(b, "groups", s.Groups)
	b = appendWords(b, "beside", s.beside)
	if s.from != "" {
		b = append(b, `,"from":`...)
		b = appendText(b, s.from)
	}
	if s.grant != "" {
		b = append(b, `,"grant":`...)
		b = appendText(b, s.grant)
	}
	for _, m := range more {
		b = append(b, ',', '"')
		b = append(b, m.name...)
		b = append(b, '"', ':')
		b = append(b, m.raw...)
	}
	return append(b, '}')
}

func appendWords(b []byte, name string, words []string) []byte {
	if len(words) == 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, `":[`...)
	for i, w := range words {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, w)
	}
	return append(b, ']')
}

func readWords(raw []byte) ([]string, bool) {
	var words []string
	if json.Unmarshal(raw, &words) != nil {
		return nil, false
	}
	return words, true
}
