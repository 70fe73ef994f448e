// Package credentials signs people in by what they type: against a check of your own
// ([New]), or against passwords that Signet keeps ([Passwords]).
//
// It owns no user and no session: a check answers with an identity, and passwords are
// account rows of the provider's own, which package signet hands to it. How passwords are
// hashed and judged is package password's business.
package credentials

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/signet-auth/signet"
)

// A Check tells who the fields of the sign-in form belong to. For "no" it returns a
// [*signet.Refused]; the zero Refused means wrong credentials. Any other error is a fault,
// shown to the visitor as "Configuration" and to nobody else.
type Check func(ctx context.Context, fields url.Values) (signet.Identity, error)

// Options change how a provider shows itself. The zero value works.
type Options struct {
	// ID is "credentials" when empty, Name is "Credentials".
	ID, Name string

	// Fields make the form; nil means e-mail and password.
	Fields []signet.Field

	// Account is the field by which failure budgets count: the one by which the check knows
	// people. Empty means the one of email, username, login, identifier, userId, loginId,
	// phone and the first of Fields that is filled in. A form that fills in two of them is
	// refused: a field that the check ignores would make every guess look like another
	// account. Where the check goes by a field that is none of these, set it, or guesses
	// count by network alone.
	Account string
}

func (o Options) info() signet.Info {
	info := signet.Info{ID: o.ID, Type: "credentials", Name: o.Name, Fields: o.Fields}
	if info.ID == "" {
		info.ID = "credentials"
	}
	if info.Name == "" {
		info.Name = "Credentials"
	}
	if info.Fields == nil {
		info.Fields = []signet.Field{{Name: "email", Type: "email"}, {Name: "password", Type: "password"}}
	}
	return info
}

// New returns a provider that asks check. How failures are counted: see Options.Account.
func New(check Check, o ...Options) *Provider {
	p := &Provider{check: check, info: Options{}.info()}
	if len(o) > 0 {
		p.info, p.account = o[0].info(), o[0].Account
	}
	return p
}

// A Provider asks a [Check].
type Provider struct {
	check   Check
	info    signet.Info
	account string // the field, "" for the usual ones
}

var _ signet.Provider = (*Provider)(nil)

// Info describes the provider.
func (p *Provider) Info() signet.Info { return p.info }

// Begin returns the form.
func (p *Provider) Begin(context.Context, *signet.Attempt) (signet.Step, error) {
	return signet.Form{Fields: p.info.Fields}, nil
}

// Finish asks the check.
func (p *Provider) Finish(ctx context.Context, a *signet.Attempt) (signet.Step, error) {
	account, err := p.accountIn(a.Fields)
	if err != nil {
		return nil, err
	}
	if err := a.Guard(ctx, account); err != nil {
		return nil, err
	}
	id, err := p.check(ctx, a.Fields)
	if err != nil {
		var no *signet.Refused
		if errors.As(err, &no) && no.Code == "" && no.Kind == "" {
			return nil, &signet.Refused{Code: wrong.Code, RetryAfter: no.RetryAfter, Err: no.Err}
		}
		return nil, err
	}
	return id, nil
}

// wrong is the answer to wrong credentials of every kind, in the words of Auth.js.
var wrong = &signet.Refused{Code: "credentials"}

// names are the fields that usually name an account.
var names = []string{"email", "username", "login", "identifier", "userId", "loginId", "phone"}

// accountIn is the folded name by which failures are counted.
func (p *Provider) accountIn(fields url.Values) (string, error) {
	if p.account != "" {
		return signet.FoldEmail(fields.Get(p.account)), nil
	}
	usual := names
	for _, f := range p.info.Fields {
		if f.Type != "password" {
			usual = append(slices.Clone(names), f.Name)
			break
		}
	}
	found := ""
	for name := range fields {
		// A check may read names in any case.
		value := fields.Get(name)
		if value == "" || !slices.ContainsFunc(usual, func(u string) bool { return strings.EqualFold(u, name) }) {
			continue
		}
		if found != "" {
			return "", &signet.Refused{Code: wrong.Code, Err: errors.New("credentials: two fields that name an account; set Options.Account")}
		}
		found = value
	}
	return signet.FoldEmail(found), nil
}
