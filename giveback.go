package signet

import (
	"context"
	"errors"
	"fmt"
)

// GiveBack gives the tokens of all accounts of a user back to their providers, as far as
// these can take them. Call it before the user is deleted (Apple and Kakao ask for that);
// an error says what was not given back, and names providers only.
func (a *Auth) GiveBack(ctx context.Context, userID string) error {
	if a.config.Stores.Accounts == nil {
		return nil
	}
	list, err := a.config.Stores.Accounts.AccountsOf(ctx, userID)
	if err != nil {
		return fromStore(err)
	}
	var failed error
	for _, account := range list {
		p, ok := a.provider(account.Provider)
		revoker, can := p.Provider.(Revoker)
		record, err := a.openAccount(account)
		if !ok || !can || err != nil || record.Tokens == nil {
			continue // a password, or nothing to give back
		}
		within, cancel := context.WithTimeout(ctx, revokeWait)
		if err := revoker.Revoke(within, a.world, *record.Tokens); err != nil {
			failed = errors.Join(failed, fmt.Errorf("signet: tokens of %s not revoked: %w", account.Provider, err))
		}
		cancel()
	}
	return failed
}
