package seal

// PickScript is [Pick] for objects that JavaScript's JSON.stringify has written and a
// MAC of ours has vouched for: iron-session keeps whatever an app put into a string. It
// differs in two points.
//
// A string value may hold NUL and half a surrogate pair, as escapes. Decoders lose them
// (encoding/json makes U+FFFD of the half, [String] refuses both), so hand the raw value
// on and do not seal again what was decoded from it. Names stay as strict as in Pick:
// two of them may not become one.
//
// A member called __proto__ is refused at every level, however it is spelt: written onto
// an object in JavaScript it would give that object other methods.
//
// Formats whose tokens come from anywhere (JWT, Auth.js) use Pick or [Members].
func PickScript(object []byte, names []string, values [][]byte) error {
	return pick(object, names, values, true)
}

// scriptName refuses the names that PickScript does not take.
func scriptName(name []byte, found uint8) error {
	if found&hasScript != 0 {
		return malformed("json escape")
	}
	if found&hasEscape != 0 {
		name = unescape(nil, name)
	}
	if string(name) == "__proto__" {
		return malformed("json name __proto__")
	}
	return nil
}

// scriptEscapeLen gives the length of an escape that escapeLen refuses for what it stands
// for, 0 for what is no escape of JSON.
func scriptEscapeLen(b []byte) int {
	if hex4(b) < 0 {
		return 0
	}
	return 6
}
