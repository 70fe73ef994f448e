package password

// SetGate makes gate run before every hash of h, inside its slot, with what it is.
func (h *Hasher) SetGate(gate func(kind string)) {
	h.gate = func(s scheme) { gate(s.name() + " " + s.params()) }
}

// Work is the estimate by which Imitate finds the median, or 0.
func Work(encoded string) float64 {
	r, err := parse(encoded)
	if err != nil {
		return 0
	}
	return r.work()
}

// Opaque is the text that new hashes are made over.
var Opaque = opaque

// Bits is the estimate that Check compares with Guessable.
func Bits(text string, own ...string) (float64, bool) {
	return guesser{known: words(), own: personal(own)}.bits(text)
}

const Guessable = guessable

// Words are the words of the list, as written there.
func Words() []string { return wordsOf(wordsFile) }
