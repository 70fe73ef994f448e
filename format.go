package signet

import (
	"fmt"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
)

// A Format is a cookie format: how sessions are sealed, under which name the cookie goes,
// and under which names the payload keeps what a [Session] has fields for. Those of
// Auth.js are [AuthJS] and [AuthJSv4]; others are put together from a codec:
//
//	signet.Format{Name: "iron", Make: iron.New, Cookie: "carrotsession", Undated: true,
//		Shape: signet.Shape{UserID: "user.id"}}
type Format struct {
	// Name is what configuration calls it.
	Name string

	// Make builds the codec.
	Make seal.Make

	// Find, in the place of Make, reads cookies that are the name of something kept in a
	// store, as those of Lucia are: it gives the key under which [ImportSession] filed the
	// session. Such a format can only be accepted. Its errors are like those of a codec.
	Find func(value string) (key string, err error)

	// Stem begins the names of cookies that Signet chooses: "authjs" in
	// authjs.session-token. Empty means "authjs".
	Stem string

	// Cookie is the full name of the session cookie on http and https alike. Empty means
	// Stem and ".session-token", with the prefix that the scheme asks for.
	Cookie string

	// Chunk is the most that one cookie takes, in bytes; zero means that of AuthJS.
	Chunk int

	// Keys replace those of Config for this format; for cookies made by another app.
	Keys seal.Ring

	// Shape maps the payload. The zero value is that of Auth.js.
	Shape Shape

	// Readable says that whoever holds the cookie can read what is in it: it is signed, not
	// encrypted. What other formats kept secret is then left out.
	Readable bool

	// Undated says that the codec does not write when a value was issued. Signet writes it
	// into its own member then.
	Undated bool

	// Beside, in [SessionConfig.Accept], writes this format too, in a cookie of its own:
	// for the time in which another application reads it. Signing out there then signs out
	// here: when its cookie has gone, or holds somebody else, its word counts.
	Beside bool
}

// Formats that Signet writes and reads.
var (
	// AuthJS is the encrypted cookie of Auth.js v5.
	AuthJS = Format{Name: "authjs", Make: authjs.V5, Stem: "authjs", Chunk: 3936}

	// AuthJSv4 is the encrypted cookie of NextAuth v4.
	AuthJSv4 = Format{Name: "authjs-v4", Make: authjs.V4, Stem: "next-auth", Chunk: 3933}
)

// covers tells whether g reads nothing that f does not: the same format under the same
// name with the same keys.
func (f Format) covers(g Format) bool {
	return f.Name == g.Name && f.Cookie == g.Cookie && g.Keys == nil && !g.Beside
}

// withDefaults fills in what New leaves to us.
func (f Format) withDefaults() Format {
	if f.Stem == "" {
		f.Stem = AuthJS.Stem
	}
	if f.Chunk == 0 {
		f.Chunk = AuthJS.Chunk
	}
	return f
}

// formats lists what is read: the format written, then those accepted.
func (a *Auth) formats() ([]Format, error) {
	s := &a.config.Session
	if s.Format.Make == nil {
		if s.Format.Find != nil {
			return nil, &ConfigError{"Session.Format", "cannot be written: it only finds what is in a store", "write another format and accept this one"}
		}
		keys := s.Format.Keys
		s.Format = AuthJS
		s.Format.Keys = keys
	}
	s.Format = s.Format.withDefaults()
	list := []Format{s.Format}
	accept := s.Accept
	if accept == nil && s.Strategy == JWT {
		accept = []Format{AuthJS, AuthJSv4}
	}
	for i, f := range accept {
		if err := a.checkAccepted(i, f); err != nil {
			return nil, err
		}
		// The format that is written is read anyway.
		if f = f.withDefaults(); s.Strategy == Database || !s.Format.covers(f) {
			list = append(list, f)
		}
	}
	a.onlyV4 = len(list) == 1 && s.Format.Name == AuthJSv4.Name
	return list, nil
}

func (a *Auth) checkAccepted(i int, f Format) error {
	field := fmt.Sprintf("Session.Accept[%d]", i)
	switch {
	case f.Make == nil && f.Find == nil:
		return &ConfigError{field, "not a format", "use signet.AuthJS, signet.AuthJSv4, or a Format with Make or Find"}
	case f.Find != nil && f.Cookie == "":
		return &ConfigError{field, "its cookie has no name", "set Cookie"}
	case f.Find != nil && a.config.Stores.Tickets == nil:
		return &ConfigError{field, "finds sessions in a store, and there is none", "set Stores.Tickets"}
	case f.Find != nil && f.Beside:
		return &ConfigError{field, "cannot be written beside ours: it only finds what is in a store", "leave Beside out"}
	}
	return nil
}
