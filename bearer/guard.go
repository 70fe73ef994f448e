package bearer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

// guardAlgorithms are accepted where a guard's list is empty: those that a Mint writes.
var guardAlgorithms = []string{"EdDSA", "ES256", "RS256", "HS256"}

// maxLeeway bounds Guard.Leeway: more is no clock that is wrong but a longer life.
const maxLeeway = 10 * time.Minute

// A Guard lets requests pass that show an access token. Its zero value lets nobody pass,
// for want of keys. It may be used from several goroutines; its fields must not change once
// it is in use.
//
// Four things make a guard narrow, and each should be set where tokens come from elsewhere:
// Keys, Issuer, Audience and Scopes.
type Guard struct {
	// Keys check signatures. Required.
	Keys Keys

	// Algorithms are those that may be used, each only with keys that are for it: a
	// token's header decides nothing. Empty means EdDSA, ES256, RS256 and HS256; HS384,
	// HS512, PS256, ES384 and the rest that [jwt.Verifier] knows have to be named.
	Algorithms []string

	// Issuer must be the token's iss, byte for byte. Empty: any; [Remote] needs one.
	Issuer string

	// Audience must be in the token's aud: the name of this API. Empty: the token must
	// have none, as one for others is not for us. [Remote] needs one.
	Audience string

	// Plain also takes tokens whose typ is "JWT" or missing, as jsonwebtoken, jose and
	// many providers sign them. Otherwise it has to be at+jwt (RFC 9068 section 4), so
	// that nothing else that was signed with the same key passes for an access token.
	// What shows itself to be something else is refused in any case: sessions of Signet,
	// log-out tokens, and ID tokens with a nonce, at_hash or c_hash. An ID token without
	// these can be told by its audience alone: keep that of the API apart from client ids,
	// and the secret of the tokens apart from that of the sessions.
	Plain bool

	// Subject names the member that says whose token it is, and has to be there. Apps whose
	// tokens are a row of their user table may say "id": an integer counts as its text.
	// Empty means sub, which with Plain may be missing.
	Subject string

	// Scopes must all be in the token, else the answer is 403.
	Scopes []string

	// AllowBare also takes an Authorization header that holds the token and nothing else,
	// without "Bearer " in front of it (RFC 6750 section 2.1 asks for that).
	AllowBare bool

	// Cookie is the name of a cookie that may carry the token instead of the header.
	// Empty: none may. Browsers send cookies along with the requests of other sites'
	// pages; see CrossOrigin.
	Cookie string

	// CrossOrigin judges unsafe requests and upgrades whose token comes in a cookie. Nil
	// means those of other origins are refused.
	CrossOrigin *http.CrossOriginProtection

	// Leeway is how far the clock of the issuer may be from ours in exp and nbf, in whole
	// seconds, at most 10 minutes. The default is none, as in jose and jsonwebtoken: a
	// token is over when it says so. An iat may be a minute ahead in any case.
	Leeway time.Duration

	// Cache is how many tokens to remember that have passed, so that their signatures are
	// not checked at each request: 2 KiB each at most. None if zero, or with Keys other
	// than those of this package and [jwt.Set]. A key that [Remote] has lost takes its
	// tokens along.
	Cache int

	// Refuse answers a request that does not pass; the error is a [*Refusal]. Nil means
	// [RFC6750]; [NoAuthorization] is another.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)

	// Now is the clock. Nil means time.Now.
	Now func() time.Time

	once  sync.Once
	ready policy
}

// A policy is a guard's fields, made ready.
type policy struct {
	err      error
	access   jwt.Verifier // typ at+jwt
	plain    jwt.Verifier // typ JWT, or none
	names    []string     // of the members that read looks at
	memories memories
}

// Check tells what is wrong with the fields of a guard: nil where it can be used.
// [Guard.Require], [Guard.Owner] and [Guard.Introspection] panic for a guard that does not
// pass, so that a program with a wrong one does not start.
func (g *Guard) Check() error {
	g.once.Do(g.prepare)
	return g.ready.err
}

func (g *Guard) prepare() {
	p := &g.ready
	if p.err = g.check(); p.err != nil {
		return
	}
	algorithms := g.Algorithms
	if len(algorithms) == 0 {
		algorithms = guardAlgorithms
	}
	p.plain = jwt.Verifier{
		Algorithms: slices.Clone(algorithms), Issuer: g.Issuer, Audience: g.Audience,
		Leeway: g.Leeway, FutureIssued: true, // read judges iat
	}
	p.access = p.plain
	p.access.Typ = "at+jwt"
	p.names = slices.Clone(memberNames)
	p.names[memberSubject] = g.subject()
	p.memories.size = g.Cache
}

func (g *Guard) check() error {
	if g.Keys == nil {
		return errors.New("bearer: a guard needs keys")
	}
	if k, ok := g.Keys.(interface{ check(*Guard) error }); ok {
		if err := k.check(g); err != nil {
			return err
		}
	}
	if g.Leeway < 0 || g.Leeway > maxLeeway {
		return errors.New("bearer: a leeway is between 0 and 10 minutes")
	}
	if strings.ContainsAny(g.Cookie, " \t=;,\"") {
		return fmt.Errorf("bearer: %q is not the name of a cookie", g.Cookie)
	}
	for _, s := range g.Scopes {
		if !isScope(s) {
			return fmt.Errorf("bearer: %q is not a scope", s)
		}
	}
	// The verifier knows which algorithms there are.
	probe := jwt.Verifier{Keys: &jwt.Set{}, Algorithms: g.Algorithms}
	var open *seal.OpenError
	if _, err := probe.Verify(context.Background(), "", time.Time{}); !errors.As(err, &open) {
		return fmt.Errorf("bearer: %w", err)
	}
	return nil
}

// isScope tells a word that may stand in a scope, and in a header between quotes. RFC 6749
// section 3.3.
func isScope(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}

func (g *Guard) subject() string {
	if g.Subject == "" {
		return "sub"
	}
	return g.Subject
}

func (g *Guard) now() time.Time {
	if g.Now == nil {
		return time.Now()
	}
	return g.Now()
}

func (g *Guard) mustBeReady() {
	if err := g.Check(); err != nil {
		panic(err)
	}
}

// Require lets requests pass to next that show a token; next finds its claims with [From].
// It panics for a guard that does not pass [Guard.Check].
func (g *Guard) Require(next http.Handler) http.Handler {
	g.mustBeReady()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.admit(w, r, next, nil)
	})
}

// Owner is Require for what belongs to one subject: the wildcard of that name in the
// pattern of [http.ServeMux] must be the subject's, too. A pattern without such a wildcard
// lets nobody pass.
func (g *Guard) Owner(pathValue string) func(http.Handler) http.Handler {
	g.mustBeReady()
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			g.admit(w, r, next, func(c *Claims) error {
				if c.Subject == "" || r.PathValue(pathValue) != c.Subject {
					return &Refusal{Status: http.StatusForbidden, Reason: ErrOwner}
				}
				return nil
			})
		})
	}
}

func (g *Guard) admit(w http.ResponseWriter, r *http.Request, next http.Handler, more func(*Claims) error) {
	c, err := g.Authenticate(r)
	if err == nil && more != nil {
		err = more(&c)
	}
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, &c)))
}

func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if g.Refuse != nil {
		g.Refuse(w, r, err)
		return
	}
	RFC6750(w, r, err)
}

// Authenticate judges a request as Require does, for callers that answer themselves. Its
// error is a [*Refusal].
func (g *Guard) Authenticate(r *http.Request) (Claims, error) {
	if err := g.Check(); err != nil {
		return Claims{}, unavailable(err)
	}
	token, err := g.find(r)
	if err != nil {
		return Claims{}, err
	}
	c, err := g.Verify(r.Context(), token)
	if err != nil {
		return Claims{}, err
	}
	if !c.Has(g.Scopes...) {
		return Claims{}, &Refusal{Status: http.StatusForbidden, Code: "insufficient_scope", Scopes: g.Scopes, Reason: ErrScope}
	}
	return c, nil
}
