package signet_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
)

func TestS102_NothingPrintsItsSecrets(t *testing.T) {
	const hash = "the-hash-of-a-password"
	theirs := signet.AuthJS
	theirs.Keys = seal.Secrets(secret)
	h := open(t)
	config := signet.Config{Secrets: []string{secret}, Session: signet.SessionConfig{Format: theirs, Accept: []signet.Format{theirs}}}
	for _, v := range []any{config, &config, config.Session, theirs, &theirs, h.Auth, signet.Account{UserID: "u", Data: []byte(hash)}, &signet.Account{Data: []byte(hash)}} {
		var log bytes.Buffer
		for _, logger := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(logger).Info("x", "v", v)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			log.WriteString(fmt.Sprintf(verb, v) + "\n")
		}
		for _, hidden := range []string{secret, hash, fmt.Sprintf("%x", secret), fmt.Sprintf("%x", hash), fmt.Sprint([]byte(hash))} {
			if strings.Contains(log.String(), hidden) {
				t.Errorf("%T prints a secret: %s", v, log.String())
			}
		}
	}
}
