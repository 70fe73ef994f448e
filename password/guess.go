package password

import (
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Whether a password is common is decided by how many guesses somebody needs who knows
// how people make passwords: words, walks over the keyboard, runs, dates, and a few more
// characters. A password is split into such parts in the cheapest way; a part costs bits.
// That one rule covers far more than any list of the same size: every word of words.txt
// with up to three digits or a year, two of them together, every walk, every date.

// guessable is the limit in bits: some six million guesses. A word and three digits, two
// words, and three walks are below; three words are above, and so are all but a few in a
// thousand of the random passwords of eight letters.
const guessable = 22.5

// What the parts cost, in bits.
const (
	bitsOwn       = 3   // the owner's name, the app's name
	bitsFirst     = 7   // a word of everybody's first hundred
	bitsWord      = 11  // any other word
	bitsRun       = 5   // one character again and again
	bitsWalk      = 6   // a walk over the keyboard or the alphabet
	bitsTurn      = 1.5 // of the walk's direction
	bitsPadTurn   = 3   // on the number pad, where every second step leads to a neighbour
	bitsYear      = 6
	bitsDate      = 16.5
	bitsDigit     = 3.33
	bitsLetter    = 4.7
	bitsOther     = 5
	bitsTransform = 1 // written backwards, doubled, interleaved
)

// Bounds of the search, in bytes of folded text. What is longer than longestText is judged
// only if it is a repetition of something shorter.
const (
	longestWord = 24
	longestText = 128
)

//go:embed words.txt
var wordsFile string

// words maps the skeleton of each word to its cost.
var words = sync.OnceValue(func() map[string]float64 {
	known := map[string]float64{}
	for i, section := range strings.Split(wordsFile, "\n---\n") {
		cost := []float64{bitsFirst, bitsWord}[i]
		for _, word := range wordsOf(section) {
			addWord(known, word, cost)
		}
	}
	return known
})

func wordsOf(section string) []string {
	var list []string
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "#") {
			list = append(list, strings.Fields(line)...)
		}
	}
	return list
}

func addWord(known map[string]float64, word string, cost float64) {
	s := skeleton(fold(word))
	if len(s) > longestWord {
		s = s[:longestWord]
	}
	least(known, s, cost)
	if len(s) > 8 && cost >= bitsWord {
		// Old systems kept eight characters, and people kept the habit.
		least(known, s[:8], cost)
	}
}

func least(known map[string]float64, s string, cost float64) {
	if old, ok := known[s]; !ok || cost < old {
		known[s] = cost
	}
}

// skeleton makes letters and the digits and signs that stand for them the same.
func skeleton(folded string) string { return leet.Replace(folded) }

var leet = strings.NewReplacer("0", "o", "1", "i", "l", "i", "!", "i", "|", "i", "3", "e", "4", "a", "@", "a",
	"5", "s", "$", "s", "7", "t", "+", "t", "8", "b", "9", "g", "6", "g", "2", "z")

// A guesser knows the words that everybody knows and some that concern one person.
type guesser struct {
	known map[string]float64 // by skeleton
	own   map[string]float64 // of the owner
	app   map[string]float64 // of the app
}

// bits estimates how many guesses text takes, as a logarithm, and says whether the owner's
// own words are in it.
func (g guesser) bits(text string) (bits float64, own bool) {
	text = fold(text)
	bits = math.Inf(1)
	try := func(cost float64, mine bool) {
		if cost += bitsTransform; cost < bits {
			bits, own = cost, mine
		}
	}
	if unit, times := period(text); times > 1 && len(unit) <= longestText {
		cost, mine := g.split(unit)
		try(cost+math.Log2(float64(times)), mine)
	}
	if len(text) > longestText {
		return bits, own
	}
	try(g.split(reverse(text)))
	if cost, mine := g.split(text); cost <= bits {
		bits, own = cost, mine
	}
	if even, odd := unzip(text); len(odd) >= 3 {
		a, mineA := g.split(even)
		b, mineB := g.split(odd)
		try(a+b, mineA || mineB)
	}
	return bits, own
}

// split finds the cheapest way to cut text, already folded, into parts.
func (g guesser) split(text string) (bits float64, own bool) {
	best := make([]float64, len(text)+1) // to come this far
	mine := make([]bool, len(text)+1)
	for i := range best[1:] {
		best[i+1] = math.Inf(1)
	}
	skel := skeleton(text) // of the same length: leet maps ASCII to ASCII
	for at := range len(text) {
		if math.IsInf(best[at], 1) {
			continue // inside a character
		}
		reach := func(to int, cost float64, isOwn bool) {
			if cost += best[at]; cost < best[to] {
				best[to], mine[to] = cost, mine[at] || isOwn
			}
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		reach(at+size, single(r), false)
		g.words(text, skel, at, reach)
		pattern(text[at:], func(length int, cost float64) { reach(at+length, cost, false) })
	}
	return best[len(text)], mine[len(text)]
}

func single(r rune) float64 {
	switch {
	case '0' <= r && r <= '9':
		return bitsDigit
	case unicode.IsLetter(r):
		return bitsLetter
	}
	return bitsOther
}

// words offers every known word that begins at a place of text.
func (g guesser) words(text, skel string, at int, reach func(to int, cost float64, own bool)) {
	letters := false
	for end := at + 1; end <= len(text) && end <= at+longestWord; end++ {
		if c := text[end-1]; c >= utf8.RuneSelf || 'a' <= c && c <= 'z' {
			letters = true
		}
		if !letters {
			continue // 1337 is a number
		}
		word := skel[at:end]
		if cost, ok := g.known[word]; ok {
			reach(end, cost, false)
		}
		if cost, ok := g.app[word]; ok {
			reach(end, cost, false)
		}
		if cost, ok := g.own[word]; ok {
			reach(end, cost, true)
		}
	}
}

// pattern offers every run, walk and date that text begins with.
func pattern(text string, offer func(length int, cost float64)) {
	run := 1
	for run < len(text) && text[run] == text[0] {
		run++
	}
	if run >= 3 {
		offer(run, bitsRun+math.Log2(float64(run))/2)
	}
	walk(text, bitsTurn, func(i int) (place, bool) { return step(&desk, text[i], text[i+1]) }, offer)
	walk(text, bitsPadTurn, func(i int) (place, bool) { return step(&keypad, text[i], text[i+1]) }, offer)
	walk(text, bitsPadTurn, func(i int) (place, bool) {
		d := int8(text[i+1]) - int8(text[i])
		return place{0, d}, 'a' <= text[i] && text[i] <= 'z' && (d == 1 || d == -1)
	}, offer)
	date(text, offer)
}

// walk offers straight ways of three and more keys, and winding ones of four and more.
func walk(text string, turn float64, next func(i int) (place, bool), offer func(int, float64)) {
	var before place
	turns := 0
	for i := range len(text) - 1 {
		way, ok := next(i)
		if !ok {
			return
		}
		if i > 0 && way != before {
			turns++
		}
		before = way
		if length := i + 2; length >= 4 || length == 3 && turns == 0 {
			offer(length, bitsWalk+turn*float64(turns))
		}
	}
}

// date offers years and dates in any order of their parts.
func date(text string, offer func(int, float64)) {
	digits := 0
	for digits < len(text) && digits < 8 && '0' <= text[digits] && text[digits] <= '9' {
		digits++
	}
	if digits >= 4 && year(text[:4]) {
		offer(4, bitsYear)
	}
	if digits >= 6 {
		a, b, c := text[:2], text[2:4], text[4:6]
		if dayAndMonth(b, c) || dayAndMonth(a, b) {
			offer(6, bitsDate)
		}
	}
	if digits == 8 {
		if year(text[:4]) && dayAndMonth(text[4:6], text[6:8]) || year(text[4:8]) && dayAndMonth(text[:2], text[2:4]) {
			offer(8, bitsDate)
		}
	}
}

func year(s string) bool { return "1900" <= s && s <= "2049" }

func dayAndMonth(a, b string) bool {
	isDay := func(s string) bool { return "01" <= s && s <= "31" }
	isMonth := func(s string) bool { return "01" <= s && s <= "12" }
	return isDay(a) && isMonth(b) || isMonth(a) && isDay(b)
}

func reverse(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// period returns the shortest text that s is a repetition of.
func period(s string) (unit string, times int) {
	if s == "" {
		return "", 1
	}
	// A text is a repetition if it occurs inside of itself written twice.
	n := 1 + strings.Index((s + s)[1:], s)
	return s[:n], len(s) / n
}

// unzip returns every second rune of s, and the others.
func unzip(s string) (even, odd string) {
	var part [2][]rune
	for i, r := range []rune(s) {
		part[i%2] = append(part[i%2], r)
	}
	return string(part[0]), string(part[1])
}

// personal returns the words that somebody who knows these texts would try: each as a
// whole, its parts between other characters, its parts between letters and digits.
func personal(texts []string) map[string]float64 {
	known := map[string]float64{}
	add := func(word string) {
		if s := fold(word); len(s) >= 3 {
			addWord(known, word, bitsOwn)
			addWord(known, reverse(s), bitsOwn+bitsTransform)
		}
	}
	for _, text := range texts {
		add(text)
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			add(part)
			for _, part := range strings.FieldsFunc(part, unicode.IsDigit) {
				add(part)
			}
		}
	}
	return known
}
