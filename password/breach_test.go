package password_test

import (
	"context"
	"crypto/sha1"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/password"
)

func breachFile(end string, count func(i int) string, texts ...string) string {
	var lines []string
	for i, text := range texts {
		lines = append(lines, fmt.Sprintf("%X", sha1.Sum([]byte(text)))+count(i))
	}
	slices.Sort(lines)
	return strings.Join(lines, end) + end
}

func TestS35_BreachList(t *testing.T) {
	var texts []string
	for i := range 777 {
		texts = append(texts, fmt.Sprint("breached ", i))
	}
	counted := func(i int) string { return ":" + fmt.Sprint(i*i*i) }
	bare := func(int) string { return "" }
	for name, file := range map[string]string{
		"lines with counts":  breachFile("\n", counted, texts...),
		"of another system":  breachFile("\r\n", counted, texts...),
		"hashes only":        breachFile("\n", bare, texts...),
		"no end of the last": strings.TrimSpace(breachFile("\n", bare, texts...)),
		"one line":           breachFile("\n", counted, texts[0]),
		"empty":              "",
	} {
		t.Run(name, func(t *testing.T) {
			check := password.BreachList(strings.NewReader(file), int64(len(file)))
			for i, text := range texts {
				want := strings.Contains(file, fmt.Sprintf("%X", sha1.Sum([]byte(text))))
				if got, err := check(context.Background(), text); got != want || err != nil {
					t.Errorf("%q: %v, %v, want %v", text, got, err, want)
				}
				if got, err := check(context.Background(), fmt.Sprint("unknown ", i)); got || err != nil {
					t.Errorf("unknown: %v, %v", got, err)
				}
			}
		})
	}
}

func TestBreachListOfAnotherKind(t *testing.T) {
	good := breachFile("\n", func(int) string { return "" }, "a", "b")
	for name, c := range map[string]struct {
		file string
		size int64
	}{
		"short lines":       {"abc\ndef\nghi\n", 12},
		"one endless line":  {strings.Repeat("A", 5000), 5000},
		"shorter than said": {good, 10_000},
	} {
		if got, err := password.BreachList(strings.NewReader(c.file), c.size)(context.Background(), "a"); got || err == nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := password.BreachList(strings.NewReader(good), int64(len(good)))(ctx, "a"); err == nil {
		t.Error("a dead context is not noticed")
	}
}
