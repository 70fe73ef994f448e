package oauth2_test

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

func TestObject(t *testing.T) {
	o := oauth2.Object(`{"a":{"b":[{"c":"deep"},{"c":2}]},"x/y":"slash","~":"tilde","~1":"tilde one","":"empty","n":null,"t":true,"s":"true","i":18446744073709551617}`)
	for pointer, want := range map[string]string{
		"/a/b/0/c": `"deep"`, "/a/b/1/c": "2", "/a/b/2/c": "", "/a/b/-1": "", "/a/b/x": "", "/a/b/99999": "", "/a/c/d": "", "/x~1y": `"slash"`,
		"/~0": `"tilde"`, "/~01": `"tilde one"`, "/": `"empty"`, "/n": "", "/n/x": "", "/t": "true", "/t/x": "", "a": "", "/missing": "", "/i": "18446744073709551617",
	} {
		if got := string(o.At(pointer)); got != want {
			t.Errorf("At(%q) = %s, want %s", pointer, got, want)
		}
	}
	if o.True("/s") || !o.True("/t") || o.ID("/i") != "18446744073709551617" || o.ID("/t") != "" || o.Text("/i") != "" || string(o.At("")) != string(o) {
		t.Error("a value of one type passes for another")
	}
}

func TestMappingOfAProfileWithMissingLevels(t *testing.T) {
	m := oauth2.Mapping{Subject: "/response/id", Name: "/response/nickname", Email: "/response/email", Image: "/response/profile_image"}
	for _, body := range []string{`{}`, `{"response":null}`, `{"response":[]}`, `{"response":"x"}`, `{"response":{}}`, `[]`, ``, `null`} {
		if id := m.Identity(oauth2.Object(body)); id.Subject+id.Name+id.Email+id.Image != "" {
			t.Errorf("%s: %+v", body, id)
		}
	}
}

func TestTidy(t *testing.T) {
	long := strings.Repeat("준", 200)
	id, err := oauth2.Tidy(signet.Identity{Subject: "1", Name: "  " + long, Email: "Hana@BÜCHER.test", EmailVerified: true})
	if err != nil || id.Email != "Hana@xn--bcher-kva.test" || !id.EmailVerified || len(id.Name) != 255 || !strings.HasPrefix(long, id.Name) {
		t.Errorf("%+v, %v", id, err)
	}
	for _, email := range []string{"", "not an address", "a@b.test, c@d.test", "a@b.test\r\nBcc: c@d.test"} {
		id, err := oauth2.Tidy(signet.Identity{Subject: "1", Email: email, EmailVerified: true})
		if err != nil || id.Email != "" || id.EmailVerified {
			t.Errorf("%q: %+v, %v", email, id, err)
		}
	}
}

func FuzzProfile(f *testing.F) {
	f.Add(`{"response":{"id":"x","nickname":"준호"}}`, "/response/id")
	f.Add(`{"data":[{"id":1}]}`, "/data/0/id")
	f.Add(`{"a":{"a":{"a":{}}}}`, "/a/a/a/a")
	f.Add(`{"id":1e5}`, "/~0~1")
	f.Fuzz(func(t *testing.T, body, pointer string) {
		m := oauth2.Mapping{Subject: pointer, Name: pointer, Email: pointer, EmailVerified: pointer, Image: pointer}
		id, err := oauth2.Tidy(m.Identity(oauth2.Object(body)))
		if err != nil {
			return
		}
		if id.Subject == "" || len(id.Subject) > 255 || len(id.Name) > 256 || id.Email != "" && !strings.Contains(id.Email, "@") || id.EmailVerified && id.Email == "" {
			t.Errorf("%+v", id)
		}
	})
}
