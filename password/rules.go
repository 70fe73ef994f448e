package password

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"
)

// The codes of a WeakError.
const (
	TooShort = "too-short" // fewer code points than the rules ask for
	TooLong  = "too-long"  // more code points than the rules allow
	Common   = "common"    // among the first that an attacker tries, or known from a breach
	Yours    = "yours"     // made of its owner's name or address
	Control  = "control"   // contains a control character, such as NUL or a tab
	Encoding = "encoding"  // not UTF-8, or a character was lost on the way
)

// A WeakError says why a password is refused. It holds nothing of the password.
type WeakError struct {
	Code string // one of the constants above, for pages to translate
}

func (e *WeakError) Error() string { return "password: refused: " + e.Code }

// Rules judge new passwords. The zero value is what NIST SP 800-63B and OWASP ASVS 6.2 ask
// for: 8 to 256 code points, no demands on what they are, none that is easily guessed.
// Rules may be used from several goroutines.
type Rules struct {
	// Min is the fewest code points: 8 if zero or less than that. NIST recommends 15 where
	// the password is the only factor.
	Min int

	// Max is the most code points: MaxLength if zero or more than that.
	Max int

	// Words are the app's own: its name, its maker, its subject. They are guessed first.
	Words []string

	// Breached reports whether a password is known from a breach; see [BreachList]. It is
	// asked last, has Patience to answer, and an error or silence lets the password pass
	// with a warning in Log: sign-up must not depend on it. It should end with its ctx.
	Breached func(ctx context.Context, password string) (bool, error)

	// Patience is how long Breached may take. Zero means 2 s.
	Patience time.Duration

	// Log hears that Breached failed. Nil means slog.Default.
	Log *slog.Logger
}

// Least is how many code points the rules ask for.
func (r Rules) Least() int { return max(r.Min, 8) }

// Check returns nil for a password that may be used, and a [*WeakError] otherwise. own are
// what an attacker knows of its owner, such as email, name and user name; they and their
// parts are guessed first. It does no hashing.
//
// A password is Common or Yours if somebody who guesses by known words, keyboard walks,
// runs and dates finds it within some six million tries: one word of some 8,800 with three
// digits or a year, two words, "1q2w3e4r", "dkssud123". Letter case, digits for letters, spelling
// backwards and the input method (Hangul typed with Latin keys and the reverse) make no
// difference.
func (r Rules) Check(ctx context.Context, password string, own ...string) error {
	text, err := opaque(password)
	if err != nil {
		return err
	}
	// Browsers send U+FFFD for half of a surrogate pair. Whoever typed that cannot know
	// what the password became.
	if strings.ContainsRune(text, utf8.RuneError) {
		return &WeakError{Code: Encoding}
	}
	least, most := r.Least(), MaxLength
	if r.Max > 0 {
		most = min(r.Max, MaxLength)
	}
	switch n := utf8.RuneCountInString(text); {
	case n < least:
		return &WeakError{Code: TooShort}
	case n > most:
		return &WeakError{Code: TooLong}
	}
	g := guesser{known: words(), app: personal(r.Words), own: personal(own)}
	if bits, mine := g.bits(text); bits <= guessable && mine {
		return &WeakError{Code: Yours}
	} else if bits <= guessable {
		return &WeakError{Code: Common}
	}
	if r.breached(ctx, text) {
		return &WeakError{Code: Common}
	}
	return nil
}

// breached asks Breached, and takes no answer for no.
func (r Rules) breached(ctx context.Context, text string) bool {
	if r.Breached == nil {
		return false
	}
	patience := r.Patience
	if patience <= 0 {
		patience = 2 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type answer struct {
		known bool
		err   error
	}
	answers := make(chan answer, 1) // so that a late one finds room and its sender ends
	go func() {
		a := answer{err: errPanicked}
		defer func() {
			recover()
			answers <- a
		}()
		a.known, a.err = r.Breached(ctx, text)
	}()
	var a answer
	select {
	case a = <-answers:
	case <-ctx.Done():
		a.err = ctx.Err()
	}
	if a.err != nil {
		log := r.Log
		if log == nil {
			log = slog.Default()
		}
		// Its text is left out: who knows what a check puts into its errors.
		log.WarnContext(ctx, "password: breach check failed, password accepted without it", "kind", kindOf(a.err))
		return false
	}
	return a.known
}

var errPanicked = errors.New("panicked")

func kindOf(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "too slow"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case err == errPanicked:
		return "panic"
	}
	return "error"
}
