package signet_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/signet-auth/signet"
)

func TestS57_AddressGrammar(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, test := range []struct{ typed, want string }{
		// accepted, and what is stored
		{"minsu@example.com", "minsu@example.com"},
		{"  minsu@example.com\n", "minsu@example.com"},
		{"Minsu.Kim+posts@Example.COM", "Minsu.Kim+posts@example.com"},
		{"o'brien@example.com", "o'brien@example.com"},
		{"a!#$%&*/=?^_`{|}~-@example.com", "a!#$%&*/=?^_`{|}~-@example.com"},
		{"민수@example.com", "민수@example.com"},
		{"minsu@예시.한국", "minsu@xn--vv4b11d.xn--3e0b707e"},
		{"minsu@BÜCHER.example", "minsu@xn--bcher-kva.example"},
		{"minsu@faß.example", "minsu@xn--fa-hia.example"},
		{"minsu@xn--bcher-kva.example", "minsu@xn--bcher-kva.example"},
		{"minsu@localhost", "minsu@localhost"},
		{long + "@example.com", long + "@example.com"},
		{"a@" + strings.Repeat("b", 63) + ".example", "a@" + strings.Repeat("b", 63) + ".example"},
		// refused
		{"", ""}, {"@", ""}, {"minsu", ""}, {"@example.com", ""}, {"minsu@", ""},
		{"a@b@example.com", ""}, {"a@example.com@", ""}, {"a@@example.com", ""},
		{`"minsu"@example.com`, ""}, {`"a@b"@example.com`, ""}, {"a,b@example.com", ""}, {"a;b@example.com", ""}, {"a:b@example.com", ""},
		{"<a@example.com>", ""}, {"a@example.com>", ""}, {"(x)a@example.com", ""}, {"a@example.com(x)", ""}, {`a\b@example.com`, ""}, {"[a]@example.com", ""},
		{"a b@example.com", ""}, {"a@exam ple.com", ""}, {"a\t@example.com", ""}, {"a@example.com\r\nBcc: b@example.com", ""}, {"a\x00@example.com", ""}, {"a\x7f@example.com", ""},
		{"a\u00a0b@example.com", ""}, {"a\u2028@example.com", ""}, {"a\u200b@example.com", ""}, {"a\u202e@example.com", ""}, {"a\u00ad@example.com", ""}, {"a@exa\u00admple.com", ""},
		{".a@example.com", ""}, {"a.@example.com", ""}, {"a..b@example.com", ""},
		{"a@example", ""}, {"a@.com", ""}, {"a@example.", ""}, {"a@example.com.", ""}, {"a@example..com", ""}, {"a@-example.com", ""}, {"a@example-.com", ""}, {"a@exa_mple.com", ""},
		{"a@[127.0.0.1]", ""}, {"a@127.0.0.1", ""}, {"a@0x7f.1", ""}, {"a@1", ""}, {"a@example.1", ""}, {"a@[::1]", ""},
		{"a@example.com%00", ""}, {"a@example.com/x", ""}, {"a@example.com?x", ""}, {"a@example.com:25", ""},
		{"a＠example.com", ""}, {"ａ@example.com", ""}, {"a@ｅxample.com", ""}, {"\u212a@example.com", ""}, {"a@exampl\u212f.com", ""}, {"a@e\u0301.example", ""}, {"ﬁ@example.com", ""},
		{"a@xn--.com", ""}, {"a@xn--a.com", ""}, {"a@xn--\u00e9.com", ""},
		{long + "a@example.com", ""}, {"a@" + strings.Repeat("b", 64) + ".example", ""}, {"a@" + strings.Repeat("b.", 130) + "example", ""},
		{"\xff@example.com", ""}, {"a@\xc0\xaf.com", ""}, {"a@example.com,b@example.com", ""},
	} {
		got, err := signet.ParseEmail(test.typed)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("ParseEmail(%q) = %q, %v, want %q", test.typed, got, err, test.want)
		}
		if err != nil && len(test.typed) > 3 && strings.Contains(err.Error(), test.typed) {
			t.Errorf("the error repeats %q", test.typed)
		}
	}
}

func TestS59_LookAlikesAreOthers(t *testing.T) {
	h := open(t, roomy)
	h.addUser(t, "kim.i@example.com", "kims own passphrase")
	for _, test := range []struct {
		typed string
		same  bool
	}{
		{"kim.i@example.com", true},
		{"KIM.I@EXAMPLE.COM", true},
		{"Kim.I@example.com", true},
		{"kım.i@example.com", false},
		{"kim.ı@example.com", false},
		{"KİM.I@example.com", false},
		{"kim.İ@example.com", false},
		{"\u212aim.i@example.com", false}, // the Kelvin sign
		{"ｋim.i@example.com", false},
		{"kіm.i@example.com", false}, // Cyrillic і
		{"kim.i@exаmple.com", false}, // Cyrillic а
		{"kim.i@ｅxample.com", false},
		{"kimi@example.com", false},
		{"kim.i+x@example.com", false},
		{"kim.i\u0307@example.com", false},
		{"kim.i\u200d@example.com", false},
	} {
		c := h.courier(t)
		if in := got(c.guess(test.typed, "kims own passphrase")) == "in"; in != test.same {
			t.Errorf("%q signs in to kim.i@example.com: %v", test.typed, in)
		}
		_, err := h.stores.Users.User(t.Context(), signet.By{Email: test.typed})
		if found := !errors.Is(err, signet.ErrNotFound); found != test.same {
			t.Errorf("%q is found as kim.i@example.com: %v", test.typed, found)
		}
		c = h.courier(t)
		w := c.postJSON("/api/auth/signup", map[string]string{"csrfToken": c.csrf(), "email": test.typed, "password": "long enough 4 u all"})
		if taken := w.Code == 409; taken != test.same {
			t.Errorf("%q is taken: %v (%d %s)", test.typed, taken, w.Code, w.Body)
		}
	}
	t.Run("delivered as typed", func(t *testing.T) {
		c := h.courier(t)
		c.post("/api/auth/signup", newcomer(c, "email", "New.Comer@Example.ORG"))
		u, err := h.stores.Users.User(t.Context(), signet.By{Email: "new.comer@example.org"})
		if err != nil || u.Email != "New.Comer@example.org" {
			t.Errorf("%+v %v", u, err)
		}
	})
}
