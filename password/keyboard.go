package password

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Passwords are compared by the keys that make them, so that "비밀번호", "qlalfqjsgh" (the
// same word with the wrong input method), "ㅔㅁㄴㄴ잭ㅇ" (password) and "ПРИВЕТ" each have
// one form.

// A layout is what letters of other scripts are typed as. It is made at the first use: a
// program that checks no password need not wait for it.
type layout struct {
	// The two-set Hangul keyboard (KS X 5002) in the order of Unicode's conjoining jamo,
	// and the compatibility jamo from U+3131, which is what an unfinished syllable is
	// typed as.
	leads, vowels, tails, jamo []string

	russian map[rune]byte
}

var layouts = sync.OnceValue(func() layout {
	vowels := strings.Fields("k o i o j p u p h hk ho hl y n nj np nl b m ml l")
	return layout{
		leads:   strings.Fields("r r s e e f a q q t t d w w c z x v g"),
		vowels:  vowels,
		tails:   append([]string{""}, strings.Fields("r r rt s sw sg e f fr fa fq ft fx fv fg a q qt t t d w c z x v g")...),
		jamo:    append(strings.Fields("r r rt s sw sg e e f fr fa fq ft fx fv fg a q q qt t t d w w c z x v g"), vowels...),
		russian: cyrillicKeys("йцукенгшщзхъфывапролджэячсмитьбю", "qwertyuiop[]asdfghjkl;'zxcvbnm,."),
	}
})

func cyrillicKeys(letters, keys string) map[rune]byte {
	table := map[rune]byte{'ё': '`'}
	i := 0
	for _, r := range letters {
		table[r] = keys[i]
		i++
	}
	return table
}

// fold returns the keys that type s, in lower case, accents left out.
func fold(s string) string {
	var keys strings.Builder
	by := layouts()
	for _, r := range norm.NFC.String(s) {
		switch r = unicode.ToLower(r); {
		case r < utf8.RuneSelf:
			keys.WriteByte(byte(r))
		case '가' <= r && r <= '힣':
			// The Unicode Standard, section 3.12: arithmetic of Hangul syllables.
			n := int(r - '가')
			keys.WriteString(by.leads[n/(21*28)] + by.vowels[n/28%21] + by.tails[n%28])
		case 'ㄱ' <= r && r <= 'ㅣ':
			keys.WriteString(by.jamo[r-'ㄱ'])
		case by.russian[r] != 0:
			keys.WriteByte(by.russian[r])
		default:
			for _, part := range norm.NFKD.String(string(r)) {
				if !unicode.Is(unicode.Mn, part) {
					keys.WriteRune(unicode.ToLower(part))
				}
			}
		}
	}
	return keys.String()
}

// rows of the keys on a desk, left to right; the lower three each half a key further right.
var (
	rows    = []string{"1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"}
	shifted = map[byte]byte{
		'!': '1', '@': '2', '#': '3', '$': '4', '%': '5', '^': '6', '&': '7', '*': '8', '(': '9', ')': '0',
		'_': '-', '+': '=', '{': '[', '}': ']', ':': ';', '"': '\'', '<': ',', '>': '.', '?': '/',
	}
	pad = []string{"789", "456", "123", "0"}
)

// A place is where a key is. The zero place is no key.
type place struct{ row, column int8 }

var (
	desk   = places(rows)
	keypad = places(pad)
)

func places(rows []string) (at [utf8.RuneSelf]place) {
	for y, row := range rows {
		for x := range len(row) {
			at[row[x]] = place{int8(y + 1), int8(x + 1)}
		}
	}
	for up, down := range shifted {
		at[up] = at[down]
	}
	return at
}

// step returns the direction from one key to its neighbour, or false if they are apart.
func step(at *[utf8.RuneSelf]place, from, to byte) (place, bool) {
	if from >= utf8.RuneSelf || to >= utf8.RuneSelf || at[from].row == 0 || at[to].row == 0 {
		return place{}, false
	}
	d := place{at[to].row - at[from].row, at[to].column - at[from].column}
	if d == (place{}) || d.row < -1 || d.row > 1 || d.column < -1 || d.column > 1 {
		return place{}, false
	}
	// On a desk a key touches two keys above (same column and the next) and two below.
	if at == &desk && d.row != 0 && d.row == d.column {
		return place{}, false
	}
	return d, true
}
