package password_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/signet-auth/signet/password"
)

// cheap is a cost for tests that make many hashes.
var cheap = password.Cost{Memory: 8, Time: 1, Threads: 1}

const phrase = "correct horse battery"

func readCases[T any](t testing.TB, name string) []T {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []T }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatalf("%s holds no cases", name)
	}
	return file.Cases
}

type foreignCase struct{ Name, By, Password, Hash string }

// dear tells hashes that take more than some 10 ms.
func dear(encoded string) bool { return password.Work(encoded) > 10_000 }

func mustHash(t testing.TB, h *password.Hasher, text string) string {
	t.Helper()
	encoded, err := h.Hash(context.Background(), text)
	if err != nil {
		t.Fatalf("Hash: %v", err)
	}
	return encoded
}

func verify(t testing.TB, h *password.Hasher, encoded, text string) password.Outcome {
	t.Helper()
	got, err := h.Verify(context.Background(), encoded, text)
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return got
}

func TestZeroHasher(t *testing.T) {
	var h password.Hasher
	encoded := mustHash(t, &h, phrase)
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %s", encoded)
	}
	if got, want := verify(t, &h, encoded, phrase), (password.Outcome{Match: true}); got != want {
		t.Errorf("right password: %+v, want %+v", got, want)
	}
	if got, want := verify(t, &h, encoded, phrase+"!"), (password.Outcome{}); got != want {
		t.Errorf("wrong password: %+v, want %+v", got, want)
	}
	if again := mustHash(t, &h, phrase); again == encoded {
		t.Error("two hashes of one password are equal")
	}
	info, err := password.Parse(encoded)
	if want := (password.Info{Algorithm: "argon2id", Params: "m=19456,t=2,p=1", Norm: "opaque"}); err != nil || info != want {
		t.Errorf("Parse = %+v, %v, want %+v", info, err, want)
	}
}

func TestRandIsWhereSaltsComeFrom(t *testing.T) {
	salt := strings.Repeat("s", 18)
	one := mustHash(t, &password.Hasher{Cost: cheap, Rand: strings.NewReader(salt)}, phrase)
	two := mustHash(t, &password.Hasher{Cost: cheap, Rand: strings.NewReader(salt)}, phrase)
	if one != two {
		t.Errorf("same salt, different hashes: %s and %s", one, two)
	}
	broken := &password.Hasher{Cost: cheap, Rand: iotest.ErrReader(io.ErrClosedPipe)}
	if encoded, err := broken.Hash(context.Background(), phrase); !errors.Is(err, io.ErrClosedPipe) || encoded != "" {
		t.Errorf("Hash without randomness = %q, %v", encoded, err)
	}
}

func TestImpossibleFieldsAreErrors(t *testing.T) {
	key := make([]byte, 32)
	for name, h := range map[string]*password.Hasher{
		"too much memory":       {Cost: password.Cost{Memory: 1<<18 + 1}},
		"too little for p":      {Cost: password.Cost{Memory: 31, Threads: 4}},
		"negative memory":       {Cost: password.Cost{Memory: -8}},
		"too many passes":       {Cost: password.Cost{Time: 11}},
		"too many threads":      {Cost: password.Cost{Threads: 9}},
		"pepper without id":     {Peppers: []password.Pepper{{Key: key}}},
		"pepper with a dollar":  {Peppers: []password.Pepper{{ID: "a$b", Key: key}}},
		"pepper with a comma":   {Peppers: []password.Pepper{{ID: "a,b", Key: key}}},
		"pepper with long id":   {Peppers: []password.Pepper{{ID: strings.Repeat("a", 33), Key: key}}},
		"pepper with short key": {Peppers: []password.Pepper{{ID: "a", Key: key[:31]}}},
		"pepper twice":          {Peppers: []password.Pepper{{ID: "a", Key: key}, {ID: "a", Key: key}}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			if _, err := h.Hash(ctx, phrase); err == nil {
				t.Error("Hash: no error")
			}
			if _, err := h.Verify(ctx, "", phrase); err == nil || errors.Is(err, password.ErrFormat) {
				t.Errorf("Verify: %v", err)
			}
			if err := h.Decoy(ctx, phrase); err == nil {
				t.Error("Decoy: no error")
			}
			if err := h.Imitate(); err == nil || errors.Is(err, password.ErrFormat) {
				t.Errorf("Imitate: %v", err)
			}
			if h.Counts() != (password.Counts{}) {
				t.Error("something was counted")
			}
		})
	}
}

// TestNothingShowsSecrets prints and logs everything that holds a secret or met one.
func TestNothingShowsSecrets(t *testing.T) {
	const key = "ThisKeyIsThePepperAndItIsASecret"
	pepper := password.Pepper{ID: "v1", Key: []byte(key)}
	h := &password.Hasher{Cost: cheap, Peppers: []password.Pepper{pepper}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", pepper, h.Peppers)
	}
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("settings", "pepper", pepper, "peppers", h.Peppers)
	}
	json.NewEncoder(&out).Encode(pepper)
	for _, secret := range []string{key, fmt.Sprintf("%x", key), fmt.Sprintf("%X", key), "84 104 105 115", "VGhpc0tleUlz"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the key is shown as %q", secret)
		}
	}

	const shy = "my\x00secret"
	_, hashErr := h.Hash(context.Background(), shy)
	_, verifyErr := h.Verify(context.Background(), "$argon2id$v=19$m=8,t=1,p=1$"+phrase, phrase)
	checkErr := password.Rules{}.Check(context.Background(), shy)
	for _, err := range []error{hashErr, verifyErr, checkErr} {
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), phrase) {
			t.Errorf("error is %v", err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "password: ") {
			t.Errorf("error %q does not name the package", err)
		}
	}
}

func TestForeignHashes(t *testing.T) {
	h := &password.Hasher{Cost: cheap}
	for _, c := range readCases[foreignCase](t, "foreign.json") {
		t.Run(c.Name+" by "+c.By, func(t *testing.T) {
			if info, err := password.Parse(c.Hash); err != nil || info.Algorithm == "" || info.Params == "" || info.Norm == "opaque" {
				t.Errorf("Parse = %+v, %v", info, err)
			}
			if raceEnabled && dear(c.Hash) {
				return
			}
			if got, want := verify(t, h, c.Hash, c.Password), (password.Outcome{Match: true, Upgrade: true}); got != want {
				t.Errorf("right password: %+v, want %+v", got, want)
			}
			if dear(c.Hash) {
				return // what follows is the same for dear ones
			}
			if got := verify(t, h, c.Hash, c.Password+"x"); got != (password.Outcome{}) {
				t.Errorf("wrong password: %+v", got)
			}
		})
	}
}

func TestBcryptVectors(t *testing.T) {
	type bcryptCase struct {
		Name, Password, Hash string
		Expect               bool
		Signet               *bool // where we differ on purpose
	}
	h := &password.Hasher{Cost: cheap}
	for _, c := range readCases[bcryptCase](t, "bcrypt.json") {
		t.Run(c.Name, func(t *testing.T) {
			if raceEnabled && dear(c.Hash) {
				return
			}
			want := c.Expect
			if c.Signet != nil {
				want = *c.Signet
			}
			got, err := h.Verify(context.Background(), c.Hash, c.Password)
			if got.Match != want || got.Upgrade != want {
				t.Errorf("Verify = %+v, %v, want match %v", got, err, want)
			}
			if err != nil && !errors.Is(err, password.ErrFormat) && !errors.Is(err, password.ErrLimits) {
				t.Errorf("Verify error = %v", err)
			}
		})
	}
}

func TestParse(t *testing.T) {
	b53 := strings.Repeat("a", 53)
	hex64 := strings.Repeat("0f", 64)
	for name, c := range map[string]struct {
		encoded string
		want    password.Info
	}{
		"bcrypt":             {"$2y$12$" + b53, password.Info{Algorithm: "bcrypt", Params: "r=12"}},
		"tagged bcrypt":      {"$bcrypt-sha512b64$2b$05$" + b53, password.Info{Algorithm: "bcrypt-sha512b64", Params: "r=5"}},
		"django's bcrypt":    {"bcrypt_sha256$$2b$12$" + b53, password.Info{Algorithm: "bcrypt-sha256", Params: "r=12"}},
		"better-auth":        {hex64[:32] + ":" + hex64, password.Info{Algorithm: "scrypt", Params: "ln=14,r=16,p=1", Norm: "nfkc"}},
		"django's iteration": {"pbkdf2_sha256$1200000$saltsalt$" + strings.Repeat("A", 43) + "=", password.Info{Algorithm: "pbkdf2-sha256", Params: "i=1200000"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := password.Parse(c.encoded); err != nil || got != c.want {
				t.Errorf("Parse = %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}
