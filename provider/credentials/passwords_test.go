package credentials_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
	"github.com/signet-auth/signet/provider/credentials"
	"github.com/signet-auth/signet/store/memory"
)

var noon = time.Date(2035, 11, 25, 12, 0, 0, 0, time.UTC)

const plain = "gamja-tang 0 bap"

// counting is a store that counts hashes saved, and can refuse to.
type counting struct {
	*memory.Store
	saved, tried atomic.Int64
	full         atomic.Bool
	onSave       func()          // runs before each
	meet         *sync.WaitGroup // if set, all who read an account wait here for each other
}

func (c *counting) Account(ctx context.Context, provider, subject string) (signet.Account, error) {
	a, err := c.Store.Account(ctx, provider, subject)
	if c.meet != nil {
		c.meet.Done()
		c.meet.Wait()
	}
	return a, err
}

func (c *counting) SaveAccount(ctx context.Context, a signet.Account) (signet.Account, error) {
	c.tried.Add(1)
	if c.onSave != nil {
		c.onSave()
	}
	if c.full.Load() {
		return signet.Account{}, errors.New("disk full")
	}
	a, err := c.Store.SaveAccount(ctx, a)
	if err == nil {
		c.saved.Add(1)
	}
	return a, err
}

// room is an Auth with one user, whose hash is old.
type room struct {
	*signet.Auth
	store  *counting
	hasher *password.Hasher
}

func newRoom(t *testing.T, hash string, o ...credentials.PasswordOptions) *room {
	t.Helper()
	r := &room{store: &counting{Store: memory.New()}, hasher: quick()}
	options := credentials.PasswordOptions{Hasher: r.hasher}
	if len(o) > 0 {
		options = o[0]
		options.Hasher = r.hasher
	}
	stores := r.store.Stores()
	stores.Accounts = r.store
	var err error
	r.Auth, err = signet.New(signet.Config{
		Secrets: []string{"kQ9vX2mB7pL4wZ8rT1nC6yH3sD5fG0jA"}, URL: "http://localhost", Stores: stores,
		Providers: []signet.Provider{credentials.Passwords(options)},
		Limits:    signet.Limits{AccountFree: 1e6, AccountHard: 1e6, NetworkPerMinute: 1e6, GlobalPerMinute: 1e6},
		World:     signet.World{Now: func() time.Time { return noon }},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	_, err = r.store.CreateUser(t.Context(), signet.User{ID: "u-1", Name: "Minsu", Email: "minsu@example.com", Created: noon},
		&signet.Account{Provider: "credentials", Subject: "minsu@example.com", Data: []byte(hash), Created: noon})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// quick hashes as quickly as argon2id can, and lets many wait.
func quick() *password.Hasher {
	return &password.Hasher{Cost: password.Cost{Memory: 64, Time: 1, Threads: 1}, Slots: 2, Waiting: 2000, Patience: time.Minute}
}

func (r *room) signIn(email, typed string) (*signet.Session, error) {
	req := httptest.NewRequest(http.MethodPost, "http://localhost/login", nil)
	return r.SignIn(httptest.NewRecorder(), req, "credentials", url.Values{"email": {email}, "password": {typed}})
}

func (r *room) hash(t *testing.T) string {
	t.Helper()
	a, err := r.store.Account(t.Context(), "credentials", "minsu@example.com")
	if err != nil {
		t.Fatal(err)
	}
	return string(a.Data)
}

func bcryptOf(t *testing.T, typed string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(typed), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

func TestS37_OldHashIsUpgradedOnce(t *testing.T) {
	r := newRoom(t, bcryptOf(t, plain))
	if _, err := r.signIn("minsu@example.com", "wrong"); err == nil || r.store.tried.Load() != 0 {
		t.Errorf("a wrong password: %v, %d upgrades", err, r.store.tried.Load())
	}
	const many = 100
	r.store.meet = &sync.WaitGroup{}
	r.store.meet.Add(many)
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			if s, err := r.signIn("minsu@example.com", plain); err != nil || s.UserID != "u-1" || s.Name != "Minsu" {
				t.Errorf("sign-in: %v", err)
			}
		})
	}
	all.Wait()
	r.store.meet = nil
	if saved, tried := r.store.saved.Load(), r.store.tried.Load(); saved != 1 || tried != many {
		t.Errorf("%d of %d upgrades were stored, want 1 of %d", saved, tried, many)
	}
	if h := r.hash(t); !strings.HasPrefix(h, "$argon2id$") {
		t.Errorf("the hash is still %.10s…", h)
	}
	tried := r.store.tried.Load()
	if _, err := r.signIn("minsu@example.com", plain); err != nil || r.store.tried.Load() != tried {
		t.Errorf("afterwards: %v, %d upgrades", err, r.store.tried.Load()-tried)
	}
}

func TestS37_OldHashStaysUsable(t *testing.T) {
	old := bcryptOf(t, plain)
	r := newRoom(t, old)
	r.store.full.Store(true)
	for range 2 {
		if _, err := r.signIn("minsu@example.com", plain); err != nil {
			t.Errorf("with a full disk: %v", err)
		}
	}
	if r.hash(t) != old || r.store.tried.Load() != 2 {
		t.Errorf("hash %s after %d tries", r.hash(t), r.store.tried.Load())
	}
	r.store.full.Store(false)
	// The password is changed between the look at the old hash and the upgrade: the new one wins.
	changed := bcryptOf(t, "another passphrase 8")
	r.store.onSave = func() {
		a, err := r.store.Account(t.Context(), "credentials", "minsu@example.com")
		if err != nil {
			t.Error(err)
			return
		}
		a.Data = []byte(changed)
		if _, err := r.store.Store.SaveAccount(t.Context(), a); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.signIn("minsu@example.com", plain); err != nil {
		t.Error(err)
	}
	if r.hash(t) != changed {
		t.Error("an upgrade undid a change of the password")
	}
}

func TestRefusedWords(t *testing.T) {
	hidden := errors.New("hidden")
	for _, test := range []struct {
		name string
		said error
		want signet.Refused // zero: said is passed on as it is
	}{
		{"nothing said", &signet.Refused{}, signet.Refused{Code: "credentials"}},
		{"a reason", &signet.Refused{Err: hidden}, signet.Refused{Code: "credentials", Err: hidden}},
		{"a time to wait", &signet.Refused{RetryAfter: time.Second}, signet.Refused{Code: "credentials", RetryAfter: time.Second}},
		{"a code", &signet.Refused{Code: "locked"}, signet.Refused{Code: "locked"}},
		{"another kind", &signet.Refused{Kind: "AccessDenied"}, signet.Refused{Kind: "AccessDenied"}},
		{"a fault", hidden, signet.Refused{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := credentials.New(func(context.Context, url.Values) (signet.Identity, error) { return signet.Identity{}, test.said })
			_, err := p.Finish(t.Context(), &signet.Attempt{})
			var no *signet.Refused
			if test.want == (signet.Refused{}) {
				if err != test.said {
					t.Errorf("%v", err)
				}
				return
			}
			if !errors.As(err, &no) || *no != test.want {
				t.Errorf("%+v, want %+v", no, test.want)
			}
		})
	}
}

func TestCheckSeesTheFields(t *testing.T) {
	var seen url.Values
	p := credentials.New(func(_ context.Context, f url.Values) (signet.Identity, error) {
		seen = f
		return signet.Identity{Subject: "1"}, nil
	}, credentials.Options{ID: "backend", Name: "Backend", Fields: []signet.Field{{Name: "login"}}})
	fields := url.Values{"login": {"a"}, "accessToken": {"b"}, "csrfToken": {"c"}}
	step, err := p.Finish(t.Context(), &signet.Attempt{Fields: fields})
	if id, ok := step.(signet.Identity); err != nil || !ok || id.Subject != "1" || seen.Get("accessToken") != "b" || len(seen) != 3 {
		t.Errorf("%v %v, saw %v", step, err, seen)
	}
	if i := p.Info(); i.ID != "backend" || i.Name != "Backend" || i.Type != "credentials" || len(i.Fields) != 1 || i.SignUp {
		t.Errorf("%+v", i)
	}
	if i := credentials.New(nil).Info(); i.ID != "credentials" || i.Name != "Credentials" || len(i.Fields) != 2 {
		t.Errorf("by default %+v", i)
	}
	if i := credentials.Passwords().Info(); i.ID != "credentials" || i.Name != "Password" || i.SignUp {
		t.Errorf("by default %+v", i)
	}
	if step, err := p.Begin(t.Context(), &signet.Attempt{}); err != nil || len(step.(signet.Form).Fields) != 1 {
		t.Errorf("Begin: %v %v", step, err)
	}
}

// TestGuardBeforeTheCheck: the budget is asked before the secret is looked at, for the
// account that the filled-in field names.
func TestGuardBeforeTheCheck(t *testing.T) {
	for _, test := range []struct {
		fields [2]url.Values // the same account in two spellings
	}{
		{[2]url.Values{{"email": {"Kim@Example.com"}}, {"email": {"kim@example.COM"}}}},
		{[2]url.Values{{"username": {"KIM"}}, {"username": {"kim"}}}},
		{[2]url.Values{{"login": {"kim "}}, {"login": {"kim"}}}},
	} {
		checks := 0
		a, err := signet.New(signet.Config{
			Secrets: []string{"kQ9vX2mB7pL4wZ8rT1nC6yH3sD5fG0jA"}, URL: "http://localhost",
			Stores: signet.Stores{Tickets: memory.New()}, Limits: signet.Limits{AccountFree: 1, AccountHard: 1},
			Providers: []signet.Provider{credentials.New(func(context.Context, url.Values) (signet.Identity, error) {
				checks++
				return signet.Identity{}, &signet.Refused{}
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, fields := range test.fields {
			r := httptest.NewRequest(http.MethodPost, "http://localhost/login", nil)
			_, err := a.SignIn(httptest.NewRecorder(), r, "credentials", fields)
			var no *signet.Refused
			if !errors.As(err, &no) || (no.RetryAfter > 0) != (i == 1) {
				t.Errorf("%v: %v", fields, err)
			}
		}
		if checks != 1 {
			t.Errorf("%v: checked %d times", test.fields, checks)
		}
		a.Close()
	}
}

func TestBusyIsSaid(t *testing.T) {
	h := quick()
	h.Slots, h.Waiting = 1, -1
	slow := &password.Hasher{Cost: password.Cost{Memory: 32 << 10, Time: 4, Threads: 1}}
	dear, err := slow.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	p := credentials.Passwords(credentials.PasswordOptions{Hasher: h})
	ctx, cancel := context.WithCancel(t.Context())
	var loop sync.WaitGroup
	loop.Go(func() {
		for ctx.Err() == nil {
			h.Verify(ctx, dear, "y")
		}
	})
	var no *signet.Refused
	for end := time.Now().Add(10 * time.Second); (no == nil || no.Kind != "Busy") && time.Now().Before(end); {
		_, err = p.Finish(ctx, &signet.Attempt{Fields: url.Values{"email": {"a@b.example"}, "password": {"x"}}})
		errors.As(err, &no)
	}
	if no == nil || no.Kind != "Busy" || no.RetryAfter != 2*time.Second {
		t.Errorf("%+v", no)
	}
	cancel()
	loop.Wait()
}

func TestRegister(t *testing.T) {
	p := credentials.Passwords(credentials.PasswordOptions{SignUp: true, Hasher: quick()})
	register := func(email, name, typed string) (signet.User, signet.Account, error) {
		return p.Register(t.Context(), &signet.Attempt{Fields: url.Values{"email": {email}, "name": {name}, "password": {typed}}})
	}
	u, a, err := register(" Kim@Example.COM ", "  Kim Minsu ", plain)
	if err != nil || u.Email != "Kim@example.com" || u.Name != "Kim Minsu" || a.Subject != "kim@example.com" {
		t.Errorf("%+v %+v %v", u, a, err)
	}
	if outcome, err := p.Hasher().Verify(t.Context(), string(a.Data), plain); err != nil || !outcome.Match || outcome.Upgrade {
		t.Errorf("the hash: %+v %v", outcome, err)
	}
	if u.ID != "" || len(u.Groups) != 0 || u.Disabled || !u.EmailVerified.IsZero() || a.UserID != "" {
		t.Errorf("a form has filled in more: %+v %+v", u, a)
	}
	for _, test := range []struct{ email, name, typed, code string }{
		{"x", "", plain, "InvalidEmail"},
		{"a@b.example", "a\nb", plain, "InvalidName"},
		{"a@b.example", "\xff", plain, "InvalidName"},
		{"a@b.example", strings.Repeat("가", 86), plain, "InvalidName"},
		{"a@b.example", "", "short", "too-short"},
		{"a@b.example", "", "password", "common"},
		{"minsugaram@b.example", "", "minsugaram", "yours"},
	} {
		_, _, err := register(test.email, test.name, test.typed)
		var no *signet.Refused
		if !errors.As(err, &no) || no.Code != test.code {
			t.Errorf("%+v: %v", test, err)
		}
		if err != nil && len(test.typed) > 6 && strings.Contains(err.Error(), test.typed) {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

// TestS82_FormFillsInNothingElse posts every member of a user: none but name, e-mail and
// password is taken.
func TestS82_FormFillsInNothingElse(t *testing.T) {
	p := credentials.Passwords(credentials.PasswordOptions{SignUp: true, Hasher: quick()})
	fields := url.Values{"email": {"a@b.example"}, "name": {"A"}, "password": {plain}}
	for _, name := range []string{"id", "userId", "groups", "roles", "role", "admin", "emailVerified", "email_verified", "disabled", "epoch", "version", "image", "subject", "provider", "ID", "Groups", "EmailVerified"} {
		fields.Set(name, "1")
	}
	u, a, err := p.Register(t.Context(), &signet.Attempt{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	want := signet.User{Name: "A", Email: "a@b.example"}
	if u.ID != "" || len(u.Groups) > 0 || !u.EmailVerified.IsZero() || u.Epoch != 0 || u.Version != 0 || u.Image != "" || u.Disabled || u.Name != want.Name || u.Email != want.Email {
		t.Errorf("%+v", u)
	}
	if a.Provider != "" || a.UserID != "" || a.Subject != "a@b.example" || a.Version != 0 {
		t.Errorf("%+v", a)
	}
}
