package match_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signet-auth/signet/match"
)

// What a JavaScript expression without flags matches, where that is not plain. The answers
// were taken from node 20.20.2: new RegExp("^(?:" + regex + ")$").test(text), but for the name
// used in two alternatives, which is ECMA-262 of 2025.
func TestJavaScriptSyntax(t *testing.T) {
	for _, c := range []struct {
		regex   string
		matches []string
		not     []string
	}{
		{`.`, []string{"a", "\u0085", "한", "\v"}, []string{"\n", "\r", "\u2028", "\u2029", "", "😀"}},
		{`..`, []string{"ab", "😀"}, []string{"a"}},
		{`😀+`, []string{"😀"}, []string{"😀😀"}}, // without the u flag only the second half is repeated
		{`[😀]`, nil, []string{"😀", "a"}},
		{`\ud83d\ude00`, []string{"😀"}, nil},
		{`[^a]{2}`, []string{"😀"}, []string{"aa"}},
		{`[^]`, []string{"\n", "a"}, []string{""}},
		{`[]`, nil, []string{"", "a"}},
		{`\d`, []string{"7"}, []string{"٣"}},
		{`\w`, []string{"_", "Z", "0"}, []string{"é", "-"}},
		{`\W`, []string{"é", "-"}, []string{"a"}},
		{`\s`, []string{" ", "\u00a0", "\ufeff", "\u2028", "\v"}, []string{"a", "\u180e"}},
		{`\S`, []string{"a"}, []string{"\u3000"}},
		{`\D`, []string{"a"}, []string{"1"}},
		{`\u0041\x42[\103]`, []string{"ABC"}, nil},
		{`\u41`, []string{"u41"}, []string{"A"}},
		{`\u{3}`, []string{"uuu"}, nil},
		{`\xg`, []string{"xg"}, nil},
		{`\0\t\v\f\r\n`, []string{"\x00\t\v\f\r\n"}, nil},
		{`[\x]\x4]`, nil, []string{"x"}},
		{`\cA\cj`, []string{"\x01\n"}, nil},
		{`\c1`, []string{`\c1`}, []string{"\x11"}},
		{`[\c1]`, []string{"\x11"}, []string{"c", `\`, "1"}},
		{`[\c-]`, []string{`\`, "c", "-"}, nil},
		{`[\b]`, []string{"\b"}, []string{"b"}},
		{`[\1]`, []string{"\x01"}, nil},
		{`[\8]`, []string{"8"}, nil},
		{`[\d-x]`, []string{"1", "-", "x"}, []string{"e"}},
		{`[a-\d]`, []string{"1", "-", "a"}, []string{"b"}},
		{`[-a]`, []string{"-", "a"}, nil},
		{`[a-]`, []string{"-", "a"}, nil},
		{`[a-c-e]`, []string{"b", "-", "e"}, []string{"d"}},
		{`[\w\-.]`, []string{"-", ".", "a"}, []string{"/"}},
		{`[^\/]`, []string{"a"}, []string{"/"}},
		{`\k\p\-\_\/`, []string{"kp-_/"}, nil},
		{`a{,2}`, []string{"a{,2}"}, []string{"aa"}},
		{`a{`, []string{"a{"}, nil},
		{`a{1`, []string{"a{1"}, nil},
		{`{a}]`, []string{"{a}]"}, nil},
		{`a{2}`, []string{"aa"}, []string{"a", "aaa"}},
		{`a{0}`, []string{""}, []string{"a"}},
		{`(?:ab){1,}?`, []string{"ab", "abab"}, []string{""}},
		{`(?:a|ab)(?:c|bcd)`, []string{"abcd", "abc", "ac"}, []string{"abd"}},
		{`(?:a?b??)*`, []string{"", "abba"}, []string{"c"}},
		{`(?:)*`, []string{""}, []string{"a"}},
		{`(?<year>\d+)|(?<year>x)`, []string{"12", "x"}, nil},
		{`(?<$한_1>a)`, []string{"a"}, nil},
		{`(?=a)*b`, []string{"b"}, nil},
		{`(?=a){2}a`, []string{"a"}, []string{"b"}},
		{`(?=.*b)(?!.*c).*`, []string{"ab", "b"}, []string{"a", "abc"}},
		{`(?!(?!a)).*`, []string{"ab"}, []string{"b", ""}},
		{`(?:(?!ab).)*`, []string{"ba", ""}, []string{"cab"}},
		{`a(?!$).*`, []string{"ab"}, []string{"a"}},
		{`\bab\b.*`, []string{"ab", "ab-c"}, []string{"abc"}},
		{`a\Bb`, []string{"ab"}, nil},
		{`.\b.`, []string{"a-", "-a"}, []string{"ab", "--"}},
		{`a\b한`, []string{"a한"}, nil},
		{`(?:^a|b$)`, []string{"a", "b"}, []string{"c"}},
		{`a|`, []string{"a", ""}, nil},
	} {
		e, err := match.NewExpression("^(?:" + c.regex + ")$")
		if err != nil {
			t.Errorf("%s: %v", c.regex, err)
			continue
		}
		check := func(text string, want bool) {
			if got, _ := e.Run(text, false); got != want {
				t.Errorf("program of %s on %q: %v, want %v", c.regex, text, got, want)
			}
			if got, ok := e.Table(text, false); ok && got != want {
				t.Errorf("table of %s on %q: %v, want %v", c.regex, text, got, want)
			}
		}
		for _, text := range c.matches {
			check(text, true)
		}
		for _, text := range c.not {
			check(text, false)
		}
	}
}

func TestExpressionsThatAreNotAnchoredAreSearchedFor(t *testing.T) {
	for text, want := range map[string]bool{"ax": true, "xb": true, "😀b": true, "xa": false, "bx": false, "": false} {
		e, err := match.NewExpression("^a|b$")
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := e.Run(text, false); got != want {
			t.Errorf("program on %q: %v, want %v", text, got, want)
		}
		if got, ok := e.Table(text, false); got != want || !ok {
			t.Errorf("table on %q: %v, want %v", text, got, want)
		}
	}
}

// hostile are expressions and paths on which backtracking engines give up.
func hostile() map[string]string {
	long := strings.Repeat("/a/b/c", 700)[:4<<10]
	return map[string]string{
		`^\/((?!(?:[a-z]+-?)+$).*)$`:                     "/" + strings.Repeat("a", 4<<10) + "!",
		`^(?:\/((?:[a-z]+-?)+))$`:                        "/" + strings.Repeat("a-", 2<<10) + "!",
		`^\/a\/(.*)\/b\/(.*)\/c\/(.*)\/d$`:               long,
		`^(?:a?a?)*(?:a?){50}b{50}$`:                     strings.Repeat("ab", 2<<10),
		`^(?:(?:a*)*)*b$`:                                strings.Repeat("a", 4<<10),
		`^(?:(?=(?:a|aa)+$)a)*b$`:                        strings.Repeat("a", 4<<10),
		`^(?:(?!(?:.*\/){3}$)(?!(?:a|b|\/)*c$).)*\/?x?$`: long,
	}
}

// The work is counted in edges of the automaton, not in time: two for each instruction and
// unit at most, and twice the text is twice the work.
func TestWorkIsLinear(t *testing.T) {
	for regex, text := range hostile() {
		e, err := match.NewExpression(regex)
		if err != nil {
			t.Fatal(err)
		}
		_, once := e.Run(text, false)
		_, twice := e.Run(text+text, false)
		if bound := 2 * e.Size() * (len(text) + 1); once > bound {
			t.Errorf("%s: %d steps for %d characters and %d instructions, want at most %d", regex, once, len(text), e.Size(), bound)
		}
		if twice > 2*once+2*e.Size() {
			t.Errorf("%s: %d steps for the text and %d for twice the text", regex, once, twice)
		}
	}
}

func TestLongestPathIsBounded(t *testing.T) {
	e, err := match.NewExpression(`^(?:a?){1,900}(?:b|(?!a))*$`)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("a", 8<<10)
	_, steps := e.Run(text, false)
	if bound := 2 * 6000 * (len(text) + 1); steps > bound {
		t.Errorf("%d steps, want at most %d", steps, bound)
	}
}

// A text may lead a table to many states; it stops remembering and the program takes over.
func TestTablesStayBounded(t *testing.T) {
	// The reversed language of "an a stands 14 from the beginning" has 2^14 states.
	e, err := match.NewExpression(`^.{14}a.*$`)
	if err != nil {
		t.Fatal(err)
	}
	gaveUp := false
	for i := range 1 << 14 {
		text := strings.NewReplacer("0", "a", "1", "b").Replace(fmt.Sprintf("%015b", i)) + "b"
		want, _ := e.Run(text, false)
		got, ok := e.Table(text, false)
		if ok && got != want {
			t.Fatalf("table on %s: %v, want %v", text, got, want)
		}
		gaveUp = gaveUp || !ok
	}
	if n := e.TableStates(); n > 1000 || !gaveUp {
		t.Errorf("the table holds %d states, gave up: %v", n, gaveUp)
	}
	set := compileSources(t, "/(.{14}a.*)")
	for i := range 3000 {
		text := strings.NewReplacer("0", "a", "1", "b").Replace(fmt.Sprintf("%015b", i*5))
		if got, err := set.Match(match.Request{Target: "/" + text}); err != nil || got != (text[14] == 'a') {
			t.Fatalf("Match(/%s) = %v, %v", text, got, err)
		}
	}
}
