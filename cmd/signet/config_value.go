package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/signet-auth/signet/match"
)

// text takes a single line.
func text(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		s, ok := r.scalar(n, "write one text")
		switch {
		case !ok:
		case s == "":
			r.wrong(n, "is empty", "write a value, or remove the line")
		case strings.ContainsFunc(s, unicode.IsControl):
			r.wrong(n, "holds line breaks or control characters", "write it on one line")
		default:
			*to = s
		}
	}
}

func words(to *[]string) func(*reader, node) {
	return sequence(func(r *reader, n node) {
		var s string
		if text(&s)(r, n); s != "" {
			*to = append(*to, s)
		}
	})
}

func flag(to *bool) func(*reader, node) {
	return func(r *reader, n node) {
		b, ok := n.Node.(*ast.BoolNode)
		if ok {
			*to = b.Value
			return
		}
		s, ok := r.scalar(n, "write true or false")
		if ok {
			r.wrong(n, quoted(s)+" is neither true nor false", "write true or false")
		}
	}
}

func flagOr(to **bool) func(*reader, node) {
	return func(r *reader, n node) {
		var b bool
		flag(&b)(r, n)
		*to = &b
	}
}

func count(to *int) func(*reader, node) {
	return func(r *reader, n node) {
		if i, ok := r.count(n, 1); ok {
			*to = i
		}
	}
}

// countOrNone takes a number of which 0 is not the same as saying nothing.
func countOrNone(to **int) func(*reader, node) {
	return func(r *reader, n node) {
		if i, ok := r.count(n, 0); ok {
			*to = &i
		}
	}
}

func (r *reader) count(n node, least int) (int, bool) {
	cure := fmt.Sprintf("write a whole number from %d to 1000000000", least)
	s, ok := r.scalar(n, cure)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(s)
	if err != nil || i < least || i > 1e9 {
		r.wrong(n, quoted(s)+" is no such number", cure)
		return 0, false
	}
	return i, true
}

// duration takes a time that is longer than nothing.
func duration(to *time.Duration) func(*reader, node) {
	return func(r *reader, n node) {
		d, ok := r.duration(n)
		if ok && d == 0 {
			r.wrong(n, "has to be longer than 0", "write it as 10s, 15m, 12h or 30d")
			return
		}
		*to = d
	}
}

// durationOr takes a time for which 0 is not the same as saying nothing.
func durationOr(to **time.Duration) func(*reader, node) {
	return func(r *reader, n node) {
		if d, ok := r.duration(n); ok {
			*to = &d
		}
	}
}

func (r *reader) duration(n node) (time.Duration, bool) {
	const cure = "write it as 10s, 15m, 12h or 30d"
	s, ok := r.scalar(n, cure)
	if !ok {
		return 0, false
	}
	d, err := parseDuration(s)
	if err != nil {
		r.wrong(n, quoted(s)+" "+err.Error(), cure)
	}
	return d, err == nil
}

// longest is as long as a setting can be: a hundred years.
const longest = 100 * 365 * 24 * time.Hour

// parseDuration reads "10s", "15m", "12h", "30d", several of them in a row, and "0".
func parseDuration(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	var total time.Duration
	for rest := s; ; {
		digits := 0
		for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
			digits++
		}
		if digits == 0 {
			return 0, errors.New("is no duration")
		}
		if digits == len(rest) {
			return 0, errors.New("has no unit")
		}
		unit, known := units[rest[digits]]
		if !known {
			return 0, errors.New("is no duration")
		}
		amount, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil || amount > int64(longest/unit) {
			return 0, errors.New("is longer than a hundred years")
		}
		if total += time.Duration(amount) * unit; total > longest {
			return 0, errors.New("is longer than a hundred years")
		}
		if rest = rest[digits+1:]; rest == "" {
			return total, nil
		}
	}
}

// address takes a host and a port to listen on.
func address(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		s, ok := r.scalar(n, "write it as 127.0.0.1:3000")
		if !ok {
			return
		}
		if why := badAddress(s); why != "" {
			r.wrong(n, quoted(s)+" "+why, "write it as 127.0.0.1:3000")
			return
		}
		*to = s
	}
}

// badAddress tells what is wrong with an address to listen on, or "".
func badAddress(s string) string {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "is no address with a port"
	}
	if p, err := strconv.ParseUint(port, 10, 16); err != nil || fmt.Sprint(p) != port {
		return "has no port between 0 and 65535"
	}
	if host != "" && host != "localhost" && net.ParseIP(strings.SplitN(host, "%", 2)[0]) == nil {
		return "has no IP address in front"
	}
	return ""
}

// adminAddress takes an address that only this machine can reach: what listens there asks
// nobody who they are (security line S-116).
func adminAddress(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		address(to)(r, n)
		if *to != "" && !isLoopback(*to) {
			r.wrong(n, quoted(*to)+" can be reached by others", "use 127.0.0.1 and a port; whoever collects metrics from afar needs a proxy that checks who asks")
			*to = ""
		}
	}
}

// store takes the name of a database. A connection string may hold a password, so none is
// repeated.
func store(to *string) func(*reader, node) {
	const cure = "write it as sqlite:signet.db; the file is in the data folder unless the path begins with /"
	return func(r *reader, n node) {
		s, ok := r.scalar(n, cure)
		if !ok {
			return
		}
		kind, rest, _ := strings.Cut(s, ":")
		switch kind {
		case "sqlite":
			rest = strings.TrimPrefix(rest, "//")
			if rest == "" || strings.ContainsFunc(rest, unicode.IsControl) {
				r.wrong(n, "names no file", cure)
				return
			}
			*to = rest
		case "postgres", "postgresql":
			r.wrong(n, "PostgreSQL is not in this version yet", "use sqlite:signet.db until then")
		default:
			r.wrong(n, "is of no kind that is known", cure)
		}
	}
}

// page takes a path of the application.
func page(to *string) func(*reader, node) {
	return func(r *reader, n node) {
		var s string
		if text(&s)(r, n); s == "" {
			return
		}
		if s[0] != '/' || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\# ") {
			cure := "write it as /login"
			if plain := "/" + strings.Trim(s, "/"); s[0] != '/' && !strings.ContainsAny(s, "\\#:? ") {
				cure = "write it as " + plain
			}
			r.wrong(n, quoted(s)+" is no path of this site", cure)
			return
		}
		*to = s
	}
}

// exposed takes the members of the session that the browser may see.
func exposed(to *map[string]string) func(*reader, node) {
	return func(r *reader, n node) {
		found := map[string]string{}
		for _, e := range r.entries(n) {
			name, ok := keyName(e.Key)
			if _, twice := found[name]; twice || !ok {
				r.wrong(node{e.Key, ""}, "this member is there twice, or is no plain name", "name each once")
				continue
			}
			below := n.key + "." + name
			r.c.places[below] = r.place(e.Value)
			var claim string
			if text(&claim)(r, node{e.Value, below}); claim != "" {
				found[name] = claim
			}
		}
		*to = found
	}
}

// patterns takes Next.js matchers, each tried so that a bad one is told by its own line.
// Those that look at headers are refused: a visitor could choose to be let in.
func patterns(to *[]string) func(*reader, node) {
	return sequence(func(r *reader, n node) {
		var s string
		if text(&s)(r, n); s == "" {
			return
		}
		if r.patternIn(n, s) {
			*to = append(*to, s)
		}
	})
}

// patternIn tells whether s is a matcher that rules can be made of, and says what is wrong
// with any other.
func (r *reader) patternIn(n node, s string) bool {
	parsed, err := match.Parse(s)
	if slices.ContainsFunc(parsed, func(p match.Pattern) bool { return len(p.Has)+len(p.Missing) > 0 }) {
		r.wrong(n, "has and missing look at headers, cookies and queries, which a visitor chooses: one could choose to be let in", "write the source alone, without has and missing")
		return false
	}
	if err == nil {
		var set *match.Set
		if set, err = match.Compile(match.Site{}, parsed...); err == nil {
			_, err = set.Protects()
		}
	}
	if err != nil {
		r.wrong(n, strings.TrimPrefix(err.Error(), "match: "), "`signet match` tries patterns")
	}
	return err == nil
}
