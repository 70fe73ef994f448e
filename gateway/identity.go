package gateway

import (
	"net/http"
	"strings"

	"github.com/signet-auth/signet"
)

// identityNames are those of Identity with the defaults filled in, canonical; "" is not
// sent.
type identityNames struct {
	user, email, groups, name string
	folded                    map[string]bool
}

func (id Identity) names() (identityNames, error) {
	n := identityNames{folded: map[string]bool{}}
	for _, f := range []struct {
		to           *string
		given, usual string
	}{
		{&n.user, id.User, "X-Signet-User"}, {&n.email, id.Email, "X-Signet-Email"},
		{&n.groups, id.Groups, "X-Signet-Groups"}, {&n.name, id.Name, "-"},
	} {
		name := f.given
		if name == "" {
			name = f.usual
		}
		if name == "-" {
			continue
		}
		folded, fault := fold(name), headerFault(name)
		if fault == "" && n.folded[folded] {
			fault = "it is used twice"
		}
		if fault != "" {
			return n, &ConfigError{"identity", "cannot use the header name " + quote(name) + ": " + fault, "choose another such as X-Auth-User"}
		}
		n.folded[folded] = true
		*f.to = http.CanonicalHeaderKey(name)
	}
	return n, nil
}

// headerFault tells why nothing of ours can be sent in a header of that name; "" where it
// can.
func headerFault(name string) string {
	folded := fold(name)
	switch {
	case !isToken(name):
		return "it has characters that no header name may have"
	case strings.ContainsAny(name, "_."):
		return "many servers drop names with _ and ."
	case framingName(name), hop[folded]:
		return "it belongs to the connection and not to the request"
	case everyday[http.CanonicalHeaderKey(name)], reserved[folded]:
		return "it means something else already"
	}
	return ""
}

// reserved are headers that mean something else.
var reserved = words(`host content-encoding x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-port x-forwarded-prefix x-signet-assertion`)

func (n *identityNames) has(folded string) bool { return n.folded[folded] }

// set writes who is signed in.
func (n *identityNames) set(h headerWriter, s *signet.Session) {
	put := func(name, value string) {
		if name != "" && value != "" {
			h.Set(name, headerText(value, ""))
		}
	}
	put(n.user, s.UserID)
	put(n.email, s.Email)
	put(n.name, s.Name)
	if n.groups != "" && len(s.Groups) > 0 {
		groups := make([]string, len(s.Groups))
		for i, name := range s.Groups {
			groups[i] = headerText(name, ",")
		}
		h.Set(n.groups, strings.Join(groups, ","))
	}
}

// extMark begins a value that is written as RFC 8187 section 3.2 says.
const extMark = "UTF-8''"

// headerText writes a text so that it arrives as it is: unchanged where it is visible ASCII
// with inner blanks and has none of the bytes in but, else percent-encoded behind extMark.
// A text that begins with the mark is encoded too, so that nobody can pretend.
func headerText(s, but string) string {
	ok := s != "" && s[0] != ' ' && s[len(s)-1] != ' ' && !strings.HasPrefix(s, extMark) && !strings.ContainsAny(s, but)
	for i := 0; ok && i < len(s); i++ {
		ok = ' ' <= s[i] && s[i] < 0x7F
	}
	if ok {
		return s
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.WriteString(extMark)
	for i := range len(s) {
		c := s[i]
		if isWord(c) || strings.IndexByte("!#$&+-.^`|~", c) >= 0 { // attr-char of RFC 8187
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
