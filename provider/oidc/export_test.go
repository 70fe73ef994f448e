package oidc

import (
	"context"
	"net/netip"

	"github.com/signet-auth/signet"
)

// Public tells whether an address is on the internet.
func Public(ip netip.Addr) bool { return public(ip) }

// ReadMetadata reads a discovery document as a provider of this configuration would.
func ReadMetadata(c Config, document []byte) (Endpoints, error) {
	m, err := New(c).config.read(document)
	if err != nil {
		return Endpoints{}, err
	}
	return m.Endpoints, nil
}

// VerifyToken judges a token without nonce by the keys of the provider.
func VerifyToken(p *Provider, w signet.World, token string) error {
	v := p.verifier(w)
	v.WithoutNonce = true
	_, err := p.verify(context.Background(), w, v, token)
	return err
}
