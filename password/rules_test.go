package password_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signet-auth/signet/password"
)

// codeOf is the code of a WeakError, or the text of any other error.
func codeOf(err error) string {
	if weak, ok := errors.AsType[*password.WeakError](err); ok {
		return weak.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestS35_GuessablePasswordsAreRefused: common ones, the app's words, the owner's own.
func TestS35_GuessablePasswordsAreRefused(t *testing.T) {
	rules := password.Rules{Words: []string{"Carrot Market", "사이니지"}}
	own := []string{"Minsu.Kim@example-corp.com", "김민수", "Kim Minsu", "mskim_87"}
	for want, texts := range map[string][]string{
		password.Common: {
			"password", "Password1", "P@ssw0rd!", "passwordpassword", "drowssap", "12345678", "87654321", "11111111",
			"qwertyuiop", "1q2w3e4r", "q1w2e3r4", "1qaz2wsx", "zaq12wsx", "qazwsxedc", "asdf1234", "qwer1234!", "a1b2c3d4", "147258369",
			"abcdefgh", "abcabcabc", "iloveyou", "iloveyou2", "football99", "dragon2024", "sunshine", "trustno1", "letmein123",
			"19900101", "01012024", "!@#$%^&*", "        ",
			"dkssud123", "dkssudgktpdy", "안녕하세요안녕하세요", "사랑해사랑해사랑해", "tkfkdgo1004", "비밀번호비밀번호", "qlalfqjsgh", "ㅔㅁㄴㄴ잭ㅇ123", "ㅂㅈㄷㄱㅂㅈㄷㄱ",
			"ＰＡＳＳＷＯＲＤ", "привет123", "ghbdtn123", "contraseña",
			"carrot2024", "CarrotMarket1", "market99!", "사이니지2024", "tkdlslwl2024",
		},
		password.Yours: {
			"minsu.kim@example-corp.com", "minsu1987", "Minsu!2024", "m1nsu12345", "usnim1234", "kimminsu", "minsukim1!", "examplecorp1",
			"mskim_87", "mskim8787", "김민수김민수1234", "rlaalstn1!", "rlaalstn12", "kim-minsu-kim",
		},
		"": {
			"correct horse battery", "kx8!qzpw", "v9#Lmw2x", "minsu kx8!qzpw", "네 개의 낱말이 좋다", "three small teapots", "z7qpfkxe",
			"carrots are not enough", "dkssud gktpdy zmfkqm", "password manager made me",
		},
	} {
		for _, text := range texts {
			if got := codeOf(rules.Check(context.Background(), text, own...)); got != want {
				bits, _ := password.Bits(text, own...)
				t.Errorf("Check(%q) = %q, want %q (%.1f bits)", text, got, want, bits)
			}
		}
	}
}

// TestS35_ThreeThousandAndMore makes what people make of the words and counts what is
// refused among it: the list has to cover far more than 3,000 passwords of eight and more.
func TestS35_ThreeThousandAndMore(t *testing.T) {
	refused := map[string]bool{}
	for _, word := range password.Words() {
		letters := []rune(word)
		capital := string(unicode.ToUpper(letters[0])) + string(letters[1:])
		for _, text := range []string{word, word + "1", word + "123", word + "!", capital + "2024", "1" + word} {
			if utf8.RuneCountInString(text) < 8 {
				continue
			}
			if code := codeOf(password.Rules{}.Check(context.Background(), text)); code != password.Common {
				t.Fatalf("Check(%q) = %q", text, code)
			}
			refused[text] = true
		}
	}
	if len(refused) < 30_000 {
		t.Errorf("%d passwords covered", len(refused))
	}
}

// TestS35_RandomPasswordsPass: the list must not be a hidden rule of composition.
func TestS35_RandomPasswordsPass(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const tries = 5000
	for name, alphabet := range map[string]string{
		"letters": "abcdefghijklmnopqrstuvwxyz", "letters and digits": "abcdefghijklmnopqrstuvwxyz0123456789",
	} {
		refused := 0
		for range tries {
			text := make([]byte, 8)
			for i := range text {
				text[i] = alphabet[r.IntN(len(alphabet))]
			}
			if bits, _ := password.Bits(string(text)); bits <= password.Guessable {
				refused++
			}
		}
		if refused > tries/100 {
			t.Errorf("%d of %d random passwords of eight %s are refused", refused, tries, name)
		}
	}
}

// TestS35_BreachCheckCannotStopSignUp: what it finds is refused; down, slow, broken: passed.
func TestS35_BreachCheckCannotStopSignUp(t *testing.T) {
	const fine = "kx8!qzpw"
	for name, c := range map[string]struct {
		check func(ctx context.Context, text string) (bool, error)
		code  string
		takes time.Duration
		logs  string
	}{
		"finds it":       {func(context.Context, string) (bool, error) { return true, nil }, password.Common, 0, ""},
		"does not":       {func(context.Context, string) (bool, error) { return false, nil }, "", 0, ""},
		"down":           {func(_ context.Context, text string) (bool, error) { return true, errors.New("cannot reach " + text) }, "", 0, "kind=error"},
		"panics":         {func(context.Context, string) (bool, error) { panic("x") }, "", 0, "kind=panic"},
		"slow":           {func(ctx context.Context, _ string) (bool, error) { <-ctx.Done(); return true, ctx.Err() }, "", 2 * time.Second, `kind="too slow"`},
		"slow and stuck": {func(context.Context, string) (bool, error) { time.Sleep(time.Hour); return true, nil }, "", 2 * time.Second, `kind="too slow"`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				defer time.Sleep(2 * time.Hour) // of the bubble's clock: until the stuck one has ended, too
				var log strings.Builder
				rules := password.Rules{Breached: c.check, Log: slog.New(slog.NewTextHandler(&log, nil))}
				begin := time.Now()
				if code := codeOf(rules.Check(t.Context(), fine)); code != c.code {
					t.Errorf("Check = %q, want %q", code, c.code)
				}
				if took := time.Since(begin); took != c.takes {
					t.Errorf("took %v, want %v", took, c.takes)
				}
				if !strings.Contains(log.String(), c.logs) || (c.logs == "") != (log.Len() == 0) || strings.Contains(log.String(), fine) {
					t.Errorf("log: %s", log.String())
				}
			})
		})
	}
	asked := 0
	rules := password.Rules{Breached: func(context.Context, string) (bool, error) { asked++; return false, nil }}
	rules.Check(context.Background(), "password1")
	if asked != 0 {
		t.Error("asked about a password that was refused anyhow")
	}
}
