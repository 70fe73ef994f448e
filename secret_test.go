package signet_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/seal"
)

func TestS99_SecretsThatAreNone(t *testing.T) {
	for _, test := range []struct {
		secret string
		ok     bool
	}{
		{secret, true},
		{"MGY4N2Y3YTk5ZTQ0NGJlYTk4YmE5ZjA0YzE2ZGE1ZmX=", true},
		{"8f14e45fceea167a5a36dedd4bea2543c1d9e0b7", true},
		{"한국어로 된 아주 긴 비밀 문장입니다, 정말로요!", true},
		{"", false},
		{"short", false},
		{secret[:31], false},
		{strings.Repeat("a", 64), false},
		{strings.Repeat("ab", 32), false},
		{strings.Repeat("abcdefgh", 8), false},
		{"0123456789abcdef0123456789abcdef", false},
		{"abcdefghijklmnopqrstuvwxyzabcdef", false},
		{strings.Repeat("secret", 8), false},
		{"changeme-changeme-changeme-changeme", false},
		{"complex_password_at_least_32_characters_long", false},
		{"COMPLEX_password_at_least_32_characters_long", false},
		{"your-secret-key-x8Kq2mVr7Tz4Wp1Ls9", false},
		{"MGY4N2Y3YTk5ZTQ0NGJlYTk4YmE5ZjA0YzE2ZGE1ZmU=", false},
		{"                                        ", false},
		{"12345678901234567890123456789012345678901234567890", false},
		{strings.Repeat(secret[:8], 8), false},
	} {
		err := signet.CheckSecret(test.secret)
		if (err == nil) != test.ok {
			t.Errorf("%q: %v", test.secret, err)
		}
		_, newErr := signet.New(signet.Config{Secrets: []string{secret, test.secret}, URL: site, World: quiet})
		var config *signet.ConfigError
		if test.ok != (newErr == nil) || newErr != nil && (!errors.As(newErr, &config) || config.Field != "Secrets[1]" || config.Cure == "") {
			t.Errorf("New with %q: %v", test.secret, newErr)
		}
		for _, e := range []error{err, newErr} {
			if e != nil && len(test.secret) > 6 && strings.Contains(e.Error(), test.secret) {
				t.Errorf("the error shows the secret: %v", e)
			}
		}
	}
	if _, err := signet.New(signet.Config{URL: site}); err == nil {
		t.Error("New took no secret at all")
	}
	t.Run("weak ones on purpose", func(t *testing.T) {
		for secret, ok := range map[string]bool{"complex_password_at_least_32_characters_long": true, "sixteen bytes ok": true, "fifteen bytes..": false, "": false} {
			a, err := signet.New(signet.Config{Secrets: []string{secret}, URL: "http://localhost:3000", AllowWeakSecret: true, World: quiet})
			if (err == nil) != ok {
				t.Errorf("%q: %v", secret, err)
			}
			if a != nil {
				a.Close()
			}
		}
	})
}

// TestS101_LabelsAreUnique: every purpose has its own key.
func TestS101_LabelsAreUnique(t *testing.T) {
	keys := map[string]string{}
	for label, key := range signet.DerivedKeys(secret) {
		for other, k := range keys {
			if k == key {
				t.Errorf("%q and %q have one key", label, other)
			}
		}
		if key == "" || strings.Contains(key, secret) {
			t.Errorf("%q has no key of its own", label)
		}
		keys[label] = key
	}
	if len(keys) != 5 {
		t.Errorf("%d purposes, want 5: add the new one to export_test.go and here", len(keys))
	}
	// The keys of cookies begin with labels of Auth.js, which ours must not be.
	for label := range keys {
		if strings.Contains(label, "Auth.js") {
			t.Errorf("%q is a label of Auth.js", label)
		}
	}
}

// TestS102_ErrorsShowNoSecret looks at all that New may say.
func TestS102_ErrorsShowNoSecret(t *testing.T) {
	const canary = "c4n4ry-Wz8Qm2Vr7Tx5Kp1Ls9Nd3Hb6Jf0"
	var said []string
	for _, c := range []signet.Config{
		{URL: "ftp://x"}, {BasePath: "?"}, {TrustedProxies: []string{"x"}}, {TrustedOrigins: []string{"x"}}, {Protect: []string{"("}},
		{Session: signet.SessionConfig{Strategy: "x"}}, {Session: signet.SessionConfig{MaxAge: -1}}, {Session: signet.SessionConfig{Accept: []signet.Format{{}}}},
		{Session: signet.SessionConfig{Format: signet.Format{Name: "x", Make: signet.AuthJS.Make, Stem: "x", Chunk: 1, Keys: seal.Secrets(canary[:8])}}},
		{Pages: signet.Pages{SignIn: "x"}}, {Providers: []signet.Provider{anybody, anybody}},
	} {
		c.Secrets, c.World = []string{canary}, quiet
		a, err := signet.New(c)
		if err == nil {
			a.Close()
			t.Errorf("New took %+v", c.Session)
			continue
		}
		said = append(said, err.Error())
	}
	if all := strings.Join(said, "\n"); strings.Contains(all, canary[:8]) {
		t.Errorf("a secret in\n%s", all)
	}
	if slices.ContainsFunc(said, func(s string) bool { return !strings.HasPrefix(s, "signet: ") }) {
		t.Errorf("not all say who they are of: %s", fmt.Sprint(said))
	}
}
