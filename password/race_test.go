//go:build race

package password_test

// The race detector makes bcrypt and scrypt twenty times slower and can find nothing in
// them, so hashes above 10 ms are only run in builds without it.
const raceEnabled = true
