package signet

import (
	"context"
	"slices"
)

// GiveBack gives the tokens of all accounts of a user back to their providers, as far as
// these can take them. Call it before the user is deleted (Apple and Kakao ask for that).
// With [Stores.Errands] what a provider does not take now is tried again for three days,
// also after the user and this process are gone, if only GiveBack has returned: then an
// error says what was not given back yet, and who will not take it at all. It names
// providers only. An error of the store says that nothing was given back.
func (a *Auth) GiveBack(ctx context.Context, userID string) error {
	if a.config.Stores.Accounts == nil {
		return nil
	}
	list, err := a.config.Stores.Accounts.AccountsOf(ctx, userID)
	if err != nil {
		return fromStore(err)
	}
	given, err := a.outbox.promise(ctx, list...)
	if err != nil {
		return err
	}
	return a.outbox.tryAll(ctx, given)
}

// parting promises to give back the tokens of whoever signs out of s, where the provider
// says so.
func (a *Auth) parting(ctx context.Context, s *Session) ([]*promise, error) {
	p, ok := a.provider(s.Provider)
	if !ok || !p.info.RevokeAtSignOut {
		return nil, nil
	}
	if !a.keepsGrants() {
		account, err := a.carriedAccount(ctx, s)
		if err != nil || account == nil {
			return nil, err
		}
		return a.outbox.promiseFor(ctx, true, *account)
	}
	list, err := a.config.Stores.Accounts.AccountsOf(ctx, s.UserID)
	if err != nil {
		return nil, fromStore(err)
	}
	list = slices.DeleteFunc(list, func(account Account) bool { return account.Provider != s.Provider })
	return a.outbox.promiseFor(ctx, true, list...)
}

// carriedAccount is the account that a session's own tokens would be kept with, if there were
// a store for it; nil where the session carries none.
func (a *Auth) carriedAccount(ctx context.Context, s *Session) (*Account, error) {
	record, err := a.carriedGrants.Load(ctx, grantKey(s.Provider, s.ID.String()))
	if err != nil || record.Generation < s.generation() {
		if record, err = a.carriedRecord(s); err != nil {
			return nil, nil // there are none
		}
	}
	data, err := a.sealRecord(s.Provider, s.ID.String(), accountRecord{Tokens: &record.Set})
	return &Account{Provider: s.Provider, Subject: s.ID.String(), Data: data}, err
}
