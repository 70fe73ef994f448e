package jwt_test

import (
	"encoding/base64"
	"testing"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/jwt"
)

var b64 = base64.RawURLEncoding

func newCodec(t testing.TB, o jwt.Options, ring ...seal.Key) seal.Codec {
	t.Helper()
	c, err := o.New(ring, "session")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
