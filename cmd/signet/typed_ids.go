package main

import (
	"regexp"
	"slices"
)

// A handle has 22 letters, of which a dash may be the first, and the parser would take that for
// a flag.
var dashedID = regexp.MustCompile(`\A-[A-Za-z0-9_-]{21}\z`)

// takesID are the flags whose value may be an ID.
var takesID = []string{"--user", "--as"}

// withIDs makes a command line of args in which IDs that begin with a dash are no flags: it moves
// them behind a --, or to their flag.
func withIDs(args []string) []string {
	var out, ids []string
	for i, arg := range args {
		switch {
		case arg == "--":
			return slices.Concat(out, []string{"--"}, ids, args[i+1:])
		case !dashedID.MatchString(arg):
			out = append(out, arg)
		case i > 0 && slices.Contains(takesID, args[i-1]):
			out[len(out)-1] += "=" + arg
		default:
			ids = append(ids, arg)
		}
	}
	if len(ids) == 0 {
		return out
	}
	return slices.Concat(out, []string{"--"}, ids)
}
