package oauth2

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// A Flow is one client of the authorization code flow (RFC 6749 section 4.1), without any
// notion of who the user is. [Provider] and package oidc are made of it, and so may be a
// provider of your own. It may be used from several goroutines while nobody changes it.
type Flow struct {
	ClientID, ClientSecret string

	// Secret, if set, makes the secret of one call (Apple's is a token signed by the app).
	Secret func(context.Context, signet.World) (string, error)

	Auth Auth

	// Authorize and Token are the addresses of the end points.
	Authorize, Token string

	// Scopes are asked for; without any, and none in Extra, there is no scope parameter at
	// all. ScopeSeparator is a blank when empty.
	Scopes         []string
	ScopeSeparator string

	// Extra goes into the authorization URL, TokenExtra into the exchange of the code.
	Extra, TokenExtra url.Values

	// StateAtToken repeats the state in the exchange of the code, as Naver asks.
	StateAtToken bool

	// Header goes with every call to the provider.
	Header http.Header

	// NoPKCE leaves out PKCE (RFC 7636), for providers who fail when they see it.
	NoPKCE bool

	// Nonce sends a nonce, which an ID token gives back.
	Nonce bool

	// FormPost asks for the answer as a form that the provider posts.
	FormPost bool

	// Issuer, if set, must be the iss of an answer that has one; with IssuerInAnswer each
	// must have one (RFC 9207).
	Issuer         string
	IssuerInAnswer bool

	// RefreshLife is how long a refresh token lives whose end the provider does not tell;
	// 0: nobody knows. FixedEnd counts it from the user's consent on, not from the last
	// refresh (Spotify).
	RefreshLife time.Duration
	FixedEnd    bool

	// Ended tells further errors of a refresh by which the provider means that the grant is
	// over, besides the registered ones.
	Ended func(*Error) bool

	// Breaker spares a dead token end point. It must be set.
	Breaker *Breaker
}

// Kept is what Begin keeps for Finish, in the visitor's browser, sealed.
type Kept struct {
	Verifier string `json:"v,omitempty"`
	Nonce    string `json:"n,omitempty"`
	Scope    string `json:"s,omitempty"` // as asked for, unless it is long
	MaxAge   *int   `json:"m,omitempty"` // as asked for, in seconds
}

// protocol are the parameters of the authorization URL that are not for visitors to set.
var protocol = []string{
	"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "nonce",
	"response_mode", "request", "request_uri", "registration", "client_secret", "code_verifier", "dpop_jkt",
}

// maxExtra bounds what a visitor may add to the authorization URL, in bytes.
const maxExtra = 2 << 10

// Begin makes the URL to send the visitor to. Whatever the attempt brings, state is its ID,
// redirect_uri its Callback, and the challenge S256.
func (f Flow) Begin(a *signet.Attempt) (signet.Redirect, error) {
	if a.ID == "" || a.Callback == "" {
		return signet.Redirect{}, errors.New("oauth2: the attempt has no ID or no callback")
	}
	w := Complete(a.World)
	q := url.Values{}
	f.extend(q, f.Extra)
	if len(f.Scopes) > 0 {
		q.Set("scope", strings.Join(f.Scopes, f.separator()))
	}
	f.extend(q, visitors(a.Extra))
	keep := Kept{}
	if scope := q.Get("scope"); len(scope) <= maxKeptScope {
		keep.Scope = strings.Join(scopes(scope), " ")
	}
	if age, err := strconv.Atoi(q.Get("max_age")); err == nil && age >= 0 {
		keep.MaxAge = &age
	}
	q.Set("response_type", "code")
	q.Set("client_id", f.ClientID)
	q.Set("redirect_uri", a.Callback)
	q.Set("state", a.ID)
	if f.FormPost {
		q.Set("response_mode", "form_post")
	}
	if err := f.bind(q, &keep, w); err != nil {
		return signet.Redirect{}, err
	}
	kept, err := json.Marshal(keep)
	if err != nil {
		return signet.Redirect{}, err
	}
	return signet.Redirect{To: withQuery(f.Authorize, q), Keep: kept}, nil
}

// maxKeptScope leaves room for the rest in the 512 bytes that can be kept.
const maxKeptScope = 200

func (f Flow) separator() string {
	if f.ScopeSeparator == "" {
		return " "
	}
	return f.ScopeSeparator
}

// extend adds what is no parameter of the protocol.
func (f Flow) extend(q, more url.Values) {
	for name, values := range more {
		if len(values) > 0 && !slices.Contains(protocol, strings.ToLower(name)) {
			q.Set(name, values[len(values)-1])
		}
	}
}

// visitors leaves out what a visitor has sent if it is too much.
func visitors(extra url.Values) url.Values {
	size := 0
	for name, values := range extra {
		size += len(name)
		for _, v := range values {
			size += len(v)
		}
	}
	if size > maxExtra {
		return nil
	}
	return extra
}

// bind adds what ties the answer to this attempt, besides state.
func (f Flow) bind(q url.Values, keep *Kept, w signet.World) (err error) {
	if !f.NoPKCE {
		if keep.Verifier, err = random(w.Rand); err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(keep.Verifier)) // RFC 7636 section 4.2
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
	}
	if f.Nonce {
		if keep.Nonce, err = random(w.Rand); err != nil {
			return err
		}
		q.Set("nonce", keep.Nonce)
	}
	return nil
}

// random gives 256 bits as 43 characters.
func random(r io.Reader) (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return "", fmt.Errorf("oauth2: no randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// Finish checks the visitor's answer and exchanges the code, in one request at most.
func (f Flow) Finish(ctx context.Context, a *signet.Attempt) (Answer, Kept, error) {
	var keep Kept
	code, err := f.code(a)
	if err != nil {
		return Answer{}, keep, err
	}
	if err := json.Unmarshal(a.Keep, &keep); err != nil {
		return Answer{}, keep, errors.New("oauth2: what Begin kept cannot be read")
	}
	if f.NoPKCE != (keep.Verifier == "") || f.Nonce != (keep.Nonce != "") {
		return Answer{}, keep, refused("callback", errors.New("oauth2: the attempt was begun with another configuration"))
	}
	params := url.Values{}
	f.extend(params, f.TokenExtra)
	params.Set("grant_type", "authorization_code")
	params.Set("code", code)
	params.Set("redirect_uri", a.Callback)
	if keep.Verifier != "" {
		params.Set("code_verifier", keep.Verifier)
	}
	if f.StateAtToken {
		params.Set("state", a.ID)
	}
	answer, err := f.tokens(ctx, a.World, params)
	if err != nil {
		return Answer{}, keep, Unavailable(err)
	}
	if !answer.scoped {
		answer.Tokens.Scope = keep.Scope // RFC 6749 section 5.1: then it is what was asked for
	}
	if answer.Tokens.Refresh != "" && answer.Tokens.RefreshExpires.IsZero() && f.RefreshLife > 0 {
		answer.Tokens.RefreshExpires = Complete(a.World).Now().Add(f.RefreshLife).Truncate(time.Second)
	}
	return answer, keep, nil
}

// tokens asks the token end point.
func (f Flow) tokens(ctx context.Context, w signet.World, params url.Values) (Answer, error) {
	w = Complete(w)
	reply, secrets, err := f.ask(ctx, w, f.Token, "token", params)
	if err != nil {
		return Answer{}, err
	}
	return readAnswer(reply, w.Now(), secrets...)
}
