package match_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dlclark/regexp2/v2"

	"github.com/signet-auth/signet/match"
)

// The other side is a backtracking engine with the same syntax. It is slow on some of these
// expressions, so texts are short.

func TestExpressionsOfNextAgreeWithABacktrackingEngine(t *testing.T) {
	v := readVectors(t)
	var paths []string
	for i, c := range v.Cases {
		if i%3 != 0 {
			continue // enough, and the other side is slow
		}
		path, _, _ := strings.Cut(c.Path, "?")
		paths = append(paths, path)
		if c.MatchedPath != "" {
			paths = append(paths, c.MatchedPath)
		}
	}
	pairs := 0
	for _, list := range v.About.Compiled {
		for _, text := range list {
			pairs += agree(t, text, paths)
		}
	}
	if pairs < 4_000 {
		t.Errorf("only %d pairs compared", pairs)
	}
}

func TestRandomExpressionsAgreeWithABacktrackingEngine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		text := randomRegex(rng, 2)
		if rng.IntN(2) == 0 {
			text = "^" + text + "$"
		}
		texts := make([]string, 8)
		for i := range texts {
			texts[i] = randomText(rng)
		}
		agree(t, text, texts)
	}
}

func TestRandomSourcesAgreeWithABacktrackingEngine(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	sources := 0
	for range 1500 {
		source := randomSource(rng)
		set, err := match.Compile(match.Site{}, match.Pattern{Source: source})
		if err != nil {
			continue // refused; what Next.js refuses is not known to the other engine
		}
		sources++
		peer := peersOf(t, set)
		for range 6 {
			r := match.Request{Target: "/" + strings.ReplaceAll(randomText(rng), "한", "%ED%95%9C")}
			got, err := set.Match(r)
			if err != nil {
				t.Fatal(err)
			}
			raw := set.Explain(r).Path
			decoded := strings.ReplaceAll(raw, "%ED%95%9C", "한")
			if want := anyMatches(t, peer, raw) || anyMatches(t, peer, decoded); got != want {
				t.Errorf("%s on %s: got %v, want %v", source, r.Target, got, want)
			}
		}
	}
	if sources < 600 {
		t.Errorf("only %d sources compared", sources)
	}
}

// agree compares both of our engines with the other one, text by text.
func agree(t *testing.T, regex string, texts []string) (pairs int) {
	t.Helper()
	ours, err := match.NewExpression(regex)
	if err != nil {
		t.Errorf("%s: %v", regex, err)
		return 0
	}
	theirs := regexp2.MustCompile(regex, regexp2.ECMAScript)
	for _, text := range texts {
		want := anyMatches(t, []*regexp2.Regexp{theirs}, text)
		if got, _ := ours.Run(text, false); got != want {
			t.Errorf("program of %s on %q: got %v, want %v", regex, text, got, want)
		}
		if got, ok := ours.Table(text, false); ok && got != want {
			t.Errorf("table of %s on %q: got %v, want %v", regex, text, got, want)
		}
		// With one more slash: the same as writing it.
		want, _ = ours.Run(text+"/", false)
		if got, _ := ours.Run(text, true); got != want {
			t.Errorf("program of %s on %q and a slash: got %v, want %v", regex, text, got, want)
		}
		if got, ok := ours.Table(text, true); ok && got != want {
			t.Errorf("table of %s on %q and a slash: got %v, want %v", regex, text, got, want)
		}
		pairs++
	}
	return pairs
}

func pick(rng *rand.Rand, from ...string) string { return from[rng.IntN(len(from))] }

func randomRegex(rng *rand.Rand, depth int) string {
	var b strings.Builder
	for range rng.IntN(4) {
		if depth == 0 || rng.IntN(3) == 0 {
			b.WriteString(pick(rng, "a", "b", "/", "-", ".", "[ab]", "[^/]", `\.`, `\w`, `\d`, "한", "$", "^", `\b`))
			continue
		}
		body := randomRegex(rng, depth-1)
		if rng.IntN(3) == 0 {
			body += "|" + randomRegex(rng, depth-1)
		}
		switch rng.IntN(5) {
		case 0:
			b.WriteString("(?!" + body + ")")
		case 1:
			b.WriteString("(?=" + body + ")")
		default:
			b.WriteString("(?:" + body + ")" + pick(rng, "", "", "*", "+", "?", "{2}", "{1,2}", "{0,2}?", "*?"))
		}
	}
	return b.String()
}

func randomText(rng *rand.Rand) string {
	var b strings.Builder
	for range rng.IntN(7) {
		b.WriteString(pick(rng, "a", "b", "/", "-", ".", "1", "한", ".json", "x"))
	}
	return b.String()
}

func randomSource(rng *rand.Rand) string {
	var b strings.Builder
	for range 1 + rng.IntN(3) {
		b.WriteString("/")
		for range rng.IntN(3) {
			b.WriteString(pick(rng, "a", "b", "-", ".", ":x", ":y?", ":z*", ":w+", "{-:v}?", "{a}*", `\:`,
				"("+strings.TrimLeft(randomRegex(rng, 1), "?")+")", `:n(\d+)`, "((?!a|b/).*)", "((?!.*\\.b$).*)"))
		}
	}
	return b.String()
}
