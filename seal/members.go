package seal

// Members reads one JSON object in one pass and yields its members in order: the name
// without escapes and the value as it is written. value is part of object. Nested values
// are checked by the same rules but not yielded.
//
// It refuses more than RFC 8259 demands, because decoders disagree on the rest: a name
// that comes twice in one object, also in another case ([strings.EqualFold]), invalid
// UTF-8, half a surrogate pair, NUL in a string, more than 64 levels, and anything but
// white space around the object. Its error is an [*OpenError] with [ErrMalformed], or
// what yield returned, which ends the reading. A member has been yielded before what
// follows is checked: act on none until Members has returned nil.
func Members(object []byte, yield func(name string, value []byte) error) error {
	s := scanner{data: object}
	if err := s.begin(); err != nil {
		return err
	}
	for {
		ok, err := s.next()
		if err != nil {
			return err
		}
		if !ok {
			return s.end()
		}
		if err := yield(common(s.name()), s.value()); err != nil {
			return err
		}
	}
}

// Pick reads an object as [Members] does and puts the raw values of the named members
// into values, in the order of names; nil stands for a member that is not there. It
// allocates nothing where names have no escapes. values must be as long as names.
func Pick(object []byte, names []string, values [][]byte) error {
	return pick(object, names, values, false)
}

func pick(object []byte, names []string, values [][]byte, script bool) error {
	clear(values)
	var lengths uint64 // of the names, a bit for each, modulo 64
	for _, want := range names {
		lengths |= 1 << (len(want) % 64)
	}
	s := scanner{data: object, script: script}
	if err := s.begin(); err != nil {
		return err
	}
	for {
		ok, err := s.next()
		if err != nil {
			return err
		}
		if !ok {
			return s.end()
		}
		name := s.name()
		if lengths>>(len(name)%64)&1 == 0 {
			continue // most members are not wanted, and most by their length
		}
		for i, want := range names {
			if same(name, want) {
				values[i] = s.value()
			}
		}
	}
}

// Elements reads one JSON array as [Members] reads an object, by the same rules, and
// yields its elements in order, as they are written. Its error is an [*OpenError] with
// [ErrMalformed], or what yield returned, which ends the reading.
func Elements(array []byte, yield func(value []byte) error) error {
	s := scanner{data: array}
	s.space()
	if s.peek() != '[' {
		return malformed("not a json array")
	}
	s.pos++
	s.space()
	if s.peek() == ']' {
		s.pos++
		return s.end()
	}
	for {
		s.space()
		from := s.pos
		if err := s.any(1); err != nil {
			return err
		}
		if err := yield(s.data[from:s.pos:s.pos]); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ']':
			s.pos++
			return s.end()
		case ',':
			s.pos++
		default:
			return malformed("json syntax")
		}
	}
}

// same compares names, most of which differ in length or first letter. Finding that out
// here spares a call.
func same(name []byte, want string) bool {
	return len(name) == len(want) && (want == "" || name[0] == want[0]) && string(name) == want
}

// common gives the name as a string. The names that nearly every session has cost no
// allocation.
func common(name []byte) string {
	switch string(name) {
	case "sub":
		return "sub"
	case "name":
		return "name"
	case "email":
		return "email"
	case "picture":
		return "picture"
	case "signet":
		return "signet"
	case "iat":
		return "iat"
	case "exp":
		return "exp"
	case "jti":
		return "jti"
	case "sid": // and those inside of "signet"
		return "sid"
	case "start":
		return "start"
	case "auth":
		return "auth"
	case "epoch":
		return "epoch"
	case "by":
		return "by"
	}
	return string(name)
}
