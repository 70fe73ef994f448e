package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
)

// A line in a file of secrets is a secret, with what is known of it in front:
//
//	id=2 made=2026-11-25T10:00:00Z SECRET
//
// A text with blanks is one all the same: only id= and made= count, and only in front.

// readSecretLine reads a line without blanks around it. Its errors do not repeat it.
func readSecretLine(line string) (s secret, err error) {
	var id, made string
	for {
		word, rest, more := strings.Cut(line, " ")
		name, value, _ := strings.Cut(word, "=")
		var to *string
		switch name {
		case "id":
			to = &id
		case "made":
			to = &made
		}
		if to == nil || !strings.Contains(word, "=") {
			break
		}
		if *to != "" {
			return s, fmt.Errorf("says %s= twice", name)
		}
		if *to = value; value == "" {
			return s, fmt.Errorf("says nothing behind %s=", name)
		}
		if !more {
			return s, errors.New("has no secret behind id= and made=")
		}
		line = strings.TrimLeft(rest, " ")
	}
	s = newSecret(line, "", "")
	if id != "" && !isKeyID(id) {
		return s, errors.New("has an id= of other characters than letters, digits, dots, dashes and underscores, or of more than 64")
	}
	s.id = id
	if made != "" {
		if s.made, err = time.Parse(time.RFC3339, made); err != nil {
			return s, errors.New("has a made= that is no time as 2026-11-25T10:00:00Z")
		}
	}
	return s, nil
}

var wellFormedID = regexp.MustCompile(`\A[A-Za-z0-9._-]{1,64}\z`)

func isKeyID(s string) bool { return wellFormedID.MatchString(s) }

// line is how s stands in a file.
func (s secret) line() string {
	line := s.text()
	if !s.made.IsZero() {
		line = "made=" + s.made.UTC().Format(time.RFC3339) + " " + line
	}
	if s.id != "" {
		line = "id=" + s.id + " " + line
	}
	return line
}

// ringFrom makes keys of secrets, newest first. Those without an ID are numbered from the
// oldest, which is 1, so that a new one in front renames none.
func ringFrom(secrets []secret) seal.Ring {
	taken := map[string]bool{}
	for _, s := range secrets {
		taken[s.id] = true
	}
	ring := make(seal.Ring, len(secrets))
	for i := len(secrets) - 1; i >= 0; i-- {
		s := secrets[i]
		id := s.id
		for n := len(secrets) - i; id == "" || s.id == "" && taken[id]; n++ {
			id = strconv.Itoa(n)
		}
		taken[id] = true
		ring[i] = seal.Key{ID: id, Secret: []byte(s.text()), Made: s.made}
	}
	return ring
}

// sameIDs tells of secrets that have the ID of another.
func sameIDs(secrets []secret) []problem {
	var problems []problem
	first := map[string]string{}
	for _, s := range secrets {
		if from, twice := first[s.id]; twice {
			problems = append(problems, problem{s.from, fmt.Sprintf("a second secret with the id %q, which is also at %s", s.id, from), "give it another, or remove it"})
		} else if s.id != "" {
			first[s.id] = s.from
		}
	}
	return problems
}
