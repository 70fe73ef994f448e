package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/signet-auth/signet/seal"
)

func TestSecretsCountUpFromTheOldest(t *testing.T) {
	ring := seal.Secrets("newest secret, made today", "middle secret, a year old", "oldest secret of them all")
	for i, want := range []string{"3", "2", "1"} {
		if ring[i].ID != want {
			t.Errorf("key %d has ID %q, want %q", i, ring[i].ID, want)
		}
	}
	if string(ring[0].Secret) != "newest secret, made today" {
		t.Errorf("the newest secret is not first")
	}
	older := seal.Secrets("middle secret, a year old", "oldest secret of them all")
	if older[0].ID != ring[1].ID {
		t.Errorf("a new secret renamed an old one from %q to %q", older[0].ID, ring[1].ID)
	}
}

func TestRingCheck(t *testing.T) {
	long := []byte("0123456789abcdef")
	for _, c := range []struct {
		name string
		ring seal.Ring
		good bool
	}{
		{"one secret of 16 bytes", seal.Ring{{ID: "1", Secret: long}}, true},
		{"two secrets", seal.Ring{{ID: "b", Secret: long}, {ID: "a", Secret: long}}, true},
		{"no ring", nil, false},
		{"an empty ring", seal.Ring{}, false},
		{"a secret of 15 bytes", seal.Ring{{ID: "1", Secret: long[:15]}}, false},
		{"an old secret that is empty", seal.Ring{{ID: "2", Secret: long}, {ID: "1"}}, false},
		{"two keys of one name", seal.Ring{{ID: "1", Secret: long}, {ID: "1", Secret: long}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.ring.Check()
			if (err == nil) != c.good {
				t.Fatalf("Check = %v, want good %t", err, c.good)
			}
			if err != nil && strings.Contains(err.Error(), string(long[:15])) {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
	if err := (seal.Ring{}).Check(); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("Check of an empty ring = %v, want ErrNoKey", err)
	}
}

func TestS102_KeysDoNotPrintTheirSecret(t *testing.T) {
	secret := "canary-0123456789abcdef"
	key := seal.Key{ID: "k7", Secret: []byte(secret)}
	ring := seal.Ring{key}
	type config struct {
		Name string
		Ring seal.Ring
		One  seal.Key
	}
	var texts []string
	for _, v := range []any{key, &key, ring, &ring, config{"c", ring, key}, &config{"c", ring, key}, map[string]seal.Key{"a": key}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%T"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		js, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
		texts = append(texts, string(js), out.String())
	}
	texts = append(texts, key.String(), key.GoString(), key.LogValue().String(), fmt.Sprint(key), fmt.Errorf("with %v", ring).Error())
	decimal := strings.Trim(fmt.Sprint([]byte(secret)), "[]")
	for _, text := range texts {
		for _, spelling := range []string{
			secret, hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
			base64.StdEncoding.EncodeToString([]byte(secret)), decimal, "0x63, 0x61, 0x6e",
		} {
			if strings.Contains(text, spelling) {
				t.Errorf("the secret is in %q", text)
			}
		}
	}
	if got := fmt.Sprintf("%v", key); !strings.Contains(got, "k7") {
		t.Errorf("%%v = %q, want the ID in it", got)
	}
}
