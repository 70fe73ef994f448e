package credentials

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
)

// PasswordOptions change [Passwords]. The zero value works; without SignUp only an
// administrator makes users.
type PasswordOptions struct {
	Options

	// SignUp lets visitors open an account.
	SignUp bool

	// Hasher hashes and verifies; nil means a zero one of its own.
	Hasher *password.Hasher

	// Rules are for new passwords.
	Rules password.Rules
}

// Passwords returns a provider for e-mail and password, kept in the account store: the
// subject is the folded address, the data a hash. Hashes in an older form are replaced by
// the first sign-in that shows the password.
func Passwords(o ...PasswordOptions) *PasswordProvider {
	p := &PasswordProvider{}
	if len(o) > 0 {
		p.options = o[0]
	}
	if p.options.Hasher == nil {
		p.options.Hasher = &password.Hasher{}
	}
	p.info = p.options.info()
	p.info.SignUp = p.options.SignUp
	p.info.MinPassword = p.options.Rules.Least()
	if p.options.Name == "" {
		p.info.Name = "Password"
	}
	return p
}

// A PasswordProvider checks passwords that Signet keeps.
type PasswordProvider struct {
	options PasswordOptions
	info    signet.Info
}

var (
	_ signet.Provider  = (*PasswordProvider)(nil)
	_ signet.Registrar = (*PasswordProvider)(nil)

	_ signet.PasswordKeeper = (*PasswordProvider)(nil)
)

// Info describes the provider.
func (p *PasswordProvider) Info() signet.Info { return p.info }

// Begin returns the form.
func (p *PasswordProvider) Begin(context.Context, *signet.Attempt) (signet.Step, error) {
	return signet.Form{Fields: p.info.Fields}, nil
}

// Finish checks the fields email and password. An unknown address, a wrong password and a
// hash that cannot be read cost the same work and get the same answer.
func (p *PasswordProvider) Finish(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	typed := a.Fields.Get("password")
	email, err := signet.ParseEmail(a.Fields.Get("email"))
	subject := signet.FoldEmail(email)
	if err != nil {
		subject = signet.FoldEmail(a.Fields.Get("email"))
	}
	account, err := a.Accounts.Find(ctx, subject)
	if err != nil && !errors.Is(err, signet.ErrNotFound) {
		return nil, err
	}
	budget := subject
	if account.UserID != "" {
		budget = "user:" + account.UserID
	}
	if err := a.Guard(ctx, budget); err != nil {
		return nil, err
	}
	if len(account.Data) == 0 {
		return nil, p.answer(p.options.Hasher.Decoy(ctx, typed))
	}
	outcome, err := p.options.Hasher.Verify(ctx, string(account.Data), typed)
	if unusable(err) {
		a.World.Log.Error("password hash cannot be used", "user", account.UserID, "error", err)
		return nil, p.answer(p.options.Hasher.Decoy(ctx, typed))
	}
	if err != nil || !outcome.Match {
		return nil, p.answer(err)
	}
	if outcome.Upgrade {
		p.upgrade(ctx, a, account, typed)
	}
	return signet.Identity{Subject: account.Subject, UserID: account.UserID, Methods: []string{"pwd"}}, nil
}

// unusable tells that a stored hash was given up before any work was done on it.
func unusable(err error) bool {
	return errors.Is(err, password.ErrFormat) || errors.Is(err, password.ErrLimits) || errors.Is(err, password.ErrPepper)
}

// answer is what a failed check is told: no, or to come back later.
func (p *PasswordProvider) answer(err error) error {
	if errors.Is(err, password.ErrBusy) || errors.Is(err, context.DeadlineExceeded) {
		return &signet.Refused{Code: "busy", Kind: "Busy", RetryAfter: 2 * time.Second}
	}
	return &signet.Refused{Code: wrong.Code, Err: err}
}

// upgrade replaces an old hash, if it still is the one that was verified. Failing to is no
// reason to keep anybody out: the old hash stays, and the next sign-in tries again.
func (p *PasswordProvider) upgrade(ctx context.Context, a *signet.Attempt, account signet.Account, typed string) {
	hash, err := p.options.Hasher.Hash(ctx, typed)
	if err != nil {
		return
	}
	account.Data = []byte(hash)
	account.Updated = a.World.Now()
	if _, err := a.Accounts.Save(ctx, account); err != nil && !errors.Is(err, signet.ErrStale) {
		a.World.Log.Warn("password hash not upgraded", "error", err)
	}
}

// Register checks the fields name, email and password of a sign-up. Codes of a refusal are
// InvalidEmail, InvalidName and WeakPassword reasons as package password names them.
func (p *PasswordProvider) Register(ctx context.Context, a *signet.Attempt) (signet.User, signet.Account, error) {
	email, err := signet.ParseEmail(a.Fields.Get("email"))
	if err != nil {
		return signet.User{}, signet.Account{}, &signet.Refused{Code: "InvalidEmail"}
	}
	name := strings.TrimSpace(a.Fields.Get("name"))
	if len(name) > 256 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return signet.User{}, signet.Account{}, &signet.Refused{Code: "InvalidName"}
	}
	hash, err := p.NewHash(ctx, a.Fields.Get("password"), email, name)
	if err != nil {
		return signet.User{}, signet.Account{}, err
	}
	return signet.User{Name: name, Email: email}, signet.Account{Subject: signet.FoldEmail(email), Data: []byte(hash)}, nil
}

// NewPassword judges the field password as a new one for u.
func (p *PasswordProvider) NewPassword(ctx context.Context, a *signet.Attempt, u signet.User) (signet.Account, error) {
	hash, err := p.NewHash(ctx, a.Fields.Get("password"), u.Email, u.Name)
	return signet.Account{Subject: signet.FoldEmail(u.Email), Data: []byte(hash)}, err
}

// NewHash judges a new password of the person that own words belong to and hashes it. A
// weak one is a [*signet.Refused] with the reason as its code.
func (p *PasswordProvider) NewHash(ctx context.Context, typed string, own ...string) (string, error) {
	var weak *password.WeakError
	if err := p.options.Rules.Check(ctx, typed, own...); errors.As(err, &weak) {
		return "", &signet.Refused{Code: weak.Code}
	} else if err != nil {
		return "", err
	}
	hash, err := p.options.Hasher.Hash(ctx, typed)
	if errors.Is(err, password.ErrBusy) {
		return "", p.answer(err)
	}
	return hash, err
}

// Hasher is the hasher in use, for its counts.
func (p *PasswordProvider) Hasher() *password.Hasher { return p.options.Hasher }
