package backend_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
)

func TestAnswersOfUsualBackEnds(t *testing.T) {
	exp := noon.Add(time.Hour)
	own := jwt(`{"sub":"minsu@example.com","userId":41,"email":"minsu@example.com","exp":1767272400}`)
	ofNest := jwt(`{"sub":"google-77","username":"민수","email":"minsu@example.com","_id":"65a","exp":1767272400}`)
	for _, test := range []struct {
		name, body string
		config     backend.Config
		header     http.Header
		want       signet.Identity
		tokens     signet.Tokens
	}{
		{name: "tutorial 1: the user with a numeric id, and the token beside",
			body: `{"id":1,"name":"민수","email":"minsu@example.com","accessToken":"` + own + `"}`,
			want: signet.Identity{Subject: "1", Name: "민수", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: own, Expires: exp}},
		{name: "tutorial 2: nothing but the token",
			body: `{"accessToken":"` + ofNest + `"}`,
			want: signet.Identity{Subject: "65a", Name: "민수", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: ofNest, Expires: exp}},
		{name: "tutorial 2: the token alone, as Express sends a string",
			body: ofNest, header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
			want: signet.Identity{Subject: "65a", Name: "민수", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: ofNest, Expires: exp}},
		{name: "the token alone, as a JSON string", body: `"Bearer ` + ofNest + "\"\n",
			want: signet.Identity{Subject: "65a", Name: "민수", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: ofNest, Expires: exp}},
		{name: "tutorial 2: the token in a cookie", body: `{"user":{"_id":"65a"}}`, config: backend.Config{TokenCookie: "accessToken", RefreshCookie: "refresh"},
			header: http.Header{"Set-Cookie": {"accessToken=old; Path=/", "accessToken=" + ofNest + "; HttpOnly; SameSite=Strict; Max-Age=86400", "refresh=r1; HttpOnly", "other=x"}},
			want:   signet.Identity{Subject: "65a", Name: "민수", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: ofNest, Refresh: "r1", Expires: exp}},
		{name: "a cookie and no body", config: backend.Config{TokenCookie: "accessToken"}, header: http.Header{"Set-Cookie": {"accessToken=" + ofNest}},
			want: signet.Identity{Subject: "65a", Name: "민수", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: ofNest, Expires: exp}},
		{name: "Spring: roles and a type", body: `{"token":"` + own + `","type":"Bearer","id":9007199254740993,"username":"minsu","email":"minsu@example.com","roles":["ROLE_USER"]}`,
			config: backend.Config{Map: backend.Mapping{Groups: "roles"}},
			want:   signet.Identity{Subject: "9007199254740993", Name: "minsu", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: own, Expires: exp}},
		{name: "Spring: the token in a header", body: `{"code":200,"message":"ok","data":{"memberId":5,"nickname":"감자"}}`, config: backend.Config{TokenHeader: "Authorization"},
			header: http.Header{"Authorization": {"Bearer " + own}},
			want:   signet.Identity{Subject: "5", Name: "감자", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: own, Expires: exp}},
		{name: "Spring: data, and the end in milliseconds", body: `{"success":true,"error":null,"data":{"grantType":"Bearer","accessToken":"` + own + `","refreshToken":"r","accessTokenExpiresIn":1767270600000}}`,
			want: signet.Identity{Subject: "41", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: own, Refresh: "r", Expires: noon.Add(30 * time.Minute)}},
		{name: "Laravel Sanctum", body: `{"data":{"user":{"id":3,"name":"Mina","email":"mina@example.com","email_verified_at":null},"token":"1|abc/+="}}`,
			want: signet.Identity{Subject: "3", Name: "Mina", Email: "mina@example.com"}, tokens: signet.Tokens{Access: "1|abc/+="}},
		{name: "Django REST with simplejwt and dj-rest-auth", body: `{"access":"` + own + `","refresh":"` + jwt(`{"exp":1767355200}`) + `","user":{"pk":8,"username":"mina","email":"mina@example.com"}}`,
			want: signet.Identity{Subject: "8", Name: "mina", Email: "mina@example.com"}, tokens: signet.Tokens{Access: own, Refresh: jwt(`{"exp":1767355200}`), Expires: exp, RefreshExpires: noon.Add(24 * time.Hour)}},
		{name: "Express: tokens in objects of their own", body: `{"user":{"id":"u1","name":"N"},"tokens":{"access":{"token":"a","expires":"2026-01-01T12:30:00.000Z"},"refresh":{"token":"r","expires":"2026-01-08T21:00:00+09:00"}}}`,
			want: signet.Identity{Subject: "u1", Name: "N"}, tokens: signet.Tokens{Access: "a", Refresh: "r", Expires: noon.Add(30 * time.Minute), RefreshExpires: noon.Add(7 * 24 * time.Hour)}},
		{name: "Strapi", body: `{"jwt":"` + own + `","user":{"id":1,"documentId":"d","username":"mina","email":"mina@example.com","confirmed":true}}`,
			want: signet.Identity{Subject: "1", Name: "mina", Email: "mina@example.com"}, tokens: signet.Tokens{Access: own, Expires: exp}},
		{name: "RealWorld: the token within the user, who has no id", body: `{"user":{"email":"mina@example.com","token":"` + jwt(`{"id":12,"exp":1767272400}`) + `","username":"mina","bio":null,"image":null}}`,
			want: signet.Identity{Subject: "12", Name: "mina", Email: "mina@example.com"}, tokens: signet.Tokens{Access: jwt(`{"id":12,"exp":1767272400}`), Expires: exp}},
		{name: "FastAPI: an OAuth answer", body: `{"access_token":"` + own + `","token_type":"bearer","expires_in":"1800","scope":"read write"}`,
			want: signet.Identity{Subject: "41", Email: "minsu@example.com"}, tokens: signet.Tokens{Access: own, Type: "bearer", Scope: "read write", Expires: noon.Add(30 * time.Minute)}},
		{name: "a user without tokens", body: `{"id":"u1","email":"mina@example.com","image":"http://x.test/p.png","emailVerified":true}`,
			want: signet.Identity{Subject: "u1", Email: "mina@example.com"}},
		{name: "places of its own", body: `{"who":{"nr":7,"mails":[{"v":"mina@example.com","ok":true}],"pic":"https://x.test/p.png","a/b":"N"},"keys":["a1","r1"],"until":1767270600}`,
			config: backend.Config{Map: backend.Mapping{Subject: "who.nr", Name: "/who/a~1b", Email: "/who/mails/0/v", EmailVerified: "who.mails.0.ok", Image: "who.pic", Access: "/keys/0", Refresh: "keys.1", Expires: "until"}},
			want:   signet.Identity{Subject: "7", Name: "N", Email: "mina@example.com", EmailVerified: true, Image: "https://x.test/p.png"}, tokens: signet.Tokens{Access: "a1", Refresh: "r1", Expires: noon.Add(30 * time.Minute)}},
		{name: "values of other types are none", body: `{"id":"u1","name":["x"],"email":{"a":1},"image":7,"accessToken":42,"token":{"x":1},"refreshToken":null,"expiresIn":{}}`,
			want: signet.Identity{Subject: "u1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			id, err := (&canned{status: 201, header: test.header, body: test.body}).signIn(test.config, form())
			if err != nil {
				t.Fatal(err)
			}
			tokens := signet.Tokens{}
			if id.Tokens != nil {
				tokens = *id.Tokens
			}
			if id.Subject != test.want.Subject || id.Name != test.want.Name || id.Email != test.want.Email || id.EmailVerified != test.want.EmailVerified || id.Image != test.want.Image {
				t.Errorf("identity = %+v", id)
			}
			if tokens != test.tokens {
				t.Errorf("tokens = %q %q %q %q %v %v\nwant %q %q %v %v", tokens.Access, tokens.Refresh, tokens.Type, tokens.Scope, tokens.Expires, tokens.RefreshExpires,
					test.tokens.Access, test.tokens.Refresh, test.tokens.Expires, test.tokens.RefreshExpires)
			}
			if (id.Tokens == nil) != test.tokens.IsZero() || len(id.Methods) != 1 || id.Methods[0] != "pwd" || id.UserID != id.Subject {
				t.Errorf("identity = %+v", id)
			}
		})
	}
}

func TestEndsOfTokens(t *testing.T) {
	in := func(d time.Duration) time.Time { return noon.Add(d) }
	for value, want := range map[string]time.Time{
		`3600`: in(time.Hour), `"3600"`: in(time.Hour), `3600.0`: in(time.Hour), `" 60 "`: in(time.Minute),
		`1767270600`: in(30 * time.Minute), `"1767270600"`: in(30 * time.Minute), `1767270600000`: in(30 * time.Minute), `1.7672706e12`: in(30 * time.Minute),
		`"2026-01-01T12:30:00Z"`: in(30 * time.Minute), `"2026-01-01T21:30:00.123+09:00"`: in(30 * time.Minute), `"Thu, 01 Jan 2026 12:30:00 GMT"`: in(30 * time.Minute),
		`"15m"`: in(15 * time.Minute), `"1h"`: in(time.Hour), `"7d"`: in(7 * 24 * time.Hour), `"2 w"`: in(14 * 24 * time.Hour),
		`0`: {}, `-1`: {}, `"-1"`: {}, `""`: {}, `"never"`: {}, `true`: {}, `null`: {}, `{}`: {}, `[1]`: {}, `1e400`: {}, `1e30`: {}, `"Infinity"`: {}, `"NaN"`: {}, `"0x10"`: {}, `"1_0"`: {},
		`"2026-01-01T12:30:00"`: {}, `1700000000`: {}, `"2020-01-01T00:00:00Z"`: {}, `"99999999999d"`: {}, `"d"`: {}, `"m"`: {}, `99999999999999`: {},
	} {
		id, err := (&canned{body: `{"id":1,"accessToken":"a","expiresIn":` + value + `}`}).signIn(backend.Config{}, form())
		if err != nil {
			if value != "1e400" {
				t.Errorf("%s: %v", value, err)
			}
			continue
		}
		if !id.Tokens.Expires.Equal(want) {
			t.Errorf("%s: ends %v, want %v", value, id.Tokens.Expires, want)
		}
	}
}

// A token that was over before it came is so by another clock.
func TestEndsByAnotherClock(t *testing.T) {
	for _, c := range []struct {
		name, exp, told string
		want            time.Time
	}{
		{"a clock that is behind", `1767268770`, `,"expiresIn":60`, noon.Add(time.Minute)},
		{"a clock that is behind a little", `1767268830`, `,"expiresIn":60`, noon.Add(30 * time.Second)},
		{"a clock that is ahead", `1767268950`, `,"expiresIn":60`, noon.Add(time.Minute)},
		{"nothing told", `1767268770`, ``, noon.Add(-30 * time.Second)},
	} {
		id, err := (&canned{body: `{"id":1,"accessToken":"` + jwt(`{"exp":`+c.exp+`}`) + `"` + c.told + `}`}).signIn(backend.Config{}, form())
		if err != nil || !id.Tokens.Expires.Equal(c.want) {
			t.Errorf("%s: %v %v, want %v", c.name, id.Tokens, err, c.want)
		}
	}
}

// The membership of a user, and the end of the other token, are no end of this one.
func TestEndsOfSomethingElse(t *testing.T) {
	for _, body := range []string{
		`{"accessToken":"a","user":{"id":1,"expires":"2026-06-01T00:00:00Z"}}`,
		`{"id":1,"accessToken":"a","refreshToken":"r","refreshTokenExpiresIn":7200}`,
	} {
		id, err := (&canned{body: body}).signIn(backend.Config{}, form())
		if err != nil || !id.Tokens.Expires.IsZero() {
			t.Errorf("%s: %v %v", body, id.Tokens, err)
		}
	}
	id, err := (&canned{body: `{"id":1,"token":"a","expires":60,"refreshToken":"r"}`}).signIn(backend.Config{}, form())
	if err != nil || !id.Tokens.RefreshExpires.IsZero() || !id.Tokens.Expires.Equal(noon.Add(time.Minute)) {
		t.Errorf("%v %v %v", id.Tokens.Expires, id.Tokens.RefreshExpires, err)
	}
	gone := http.Header{"Set-Cookie": {"t=abc; Max-Age=0"}}
	if id, err := (&canned{body: `{"id":1}`, header: gone}).signIn(backend.Config{TokenCookie: "t"}, form()); err != nil || id.Tokens != nil {
		t.Errorf("a deleted cookie is a token: %v %v", id.Tokens, err)
	}
}

func TestClaims(t *testing.T) {
	body := `{"user":{"id":9007199254740993,"role":"admin","big":12345678901234567890,"address":{"city":"서울","password":"x","zip":"1"},"authorities":[{"authority":"ROLE_A"},{"name":"b"},"c",7]},"accessToken":"` + jwt(`{"tenant":"t1"}`) + `"}`
	config := backend.Config{
		Claims: map[string]string{"role": "user.role", "userId": "/user/id", "big": "user.big", "address": "user.address", "tenant": "tenant", "none": "user.none"},
		Map:    backend.Mapping{Groups: "user.authorities"},
	}
	id, err := (&canned{body: body}).signIn(config, form())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"role": `"admin"`, "userId": "9007199254740993", "big": "12345678901234567890", "address": `{"city":"서울","zip":"1"}`, "tenant": `"t1"`, "none": ""} {
		if got := string(id.Claims.Raw(name)); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	if id.Claims.Len() != 5 || !slices.Equal(id.Groups, []string{"ROLE_A", "b", "c"}) {
		t.Errorf("%d claims, groups %q", id.Claims.Len(), id.Groups)
	}
	config = backend.Config{EmailVerified: true, Map: backend.Mapping{Groups: "groups"}}
	if id, err = (&canned{body: `{"id":1,"email":"a@b.example","groups":"a, b c"}`}).signIn(config, form()); err != nil || !id.EmailVerified || !slices.Equal(id.Groups, []string{"a", "b", "c"}) {
		t.Errorf("%+v %v", id, err)
	}
	for _, value := range []string{`"true"`, `1`, `null`, `"yes"`, `{}`} {
		config := backend.Config{Map: backend.Mapping{EmailVerified: "ok"}}
		if id, err := (&canned{body: `{"id":1,"email":"a@b.example","ok":` + value + `}`}).signIn(config, form()); err != nil || id.EmailVerified {
			t.Errorf("%s: %+v %v", value, id, err)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	at := func(c backend.Config) backend.Config {
		if c.URL == "" {
			c.URL = "http://127.0.0.1:8080/api/login"
		}
		return c
	}
	for name, c := range map[string]backend.Config{
		"no URL": {}, "relative": {URL: "/login"}, "a password in it": {URL: "https://u:p@api.test/"}, "ftp": {URL: "ftp://127.0.0.1/"},
		"http to the world": {URL: "http://api.example.com/login"}, "http to a public address": {URL: "http://8.8.8.8/"},
		"a bad refresh URL":    at(backend.Config{RefreshURL: "x"}),
		"nested in a form":     at(backend.Config{Form: true, Send: map[string]string{"/a/b": "x"}}),
		"both text and object": at(backend.Config{Send: map[string]string{"/a/b": "x", "/a": "y"}}),
		"a cookie no name":     at(backend.Config{RefreshWith: backend.Carry{In: backend.Cookie}}),
		"a header of two":      at(backend.Config{RefreshWith: backend.Carry{In: backend.Header, Name: "a: b"}}),
		"no place":             at(backend.Config{RefreshWith: backend.Carry{In: 9, Name: "x"}}),
		"GET with a body":      at(backend.Config{Exchange: &backend.Exchange{Method: "GET"}}),
		"a claim of ours":      at(backend.Config{Claims: map[string]string{"signet": "x"}}),
		"a token as claim":     at(backend.Config{Claims: map[string]string{"at": "accessToken"}}),
		"a password as claim":  at(backend.Config{Claims: map[string]string{"passwordHash": "user.h"}}),
		"a claim of nothing":   at(backend.Config{Claims: map[string]string{"role": ""}}),
	} {
		p := backend.New(c)
		_, begun := p.Begin(t.Context(), &signet.Attempt{})
		_, finished := p.Finish(t.Context(), &signet.Attempt{Fields: form()})
		if p.Check() == nil || begun == nil || finished == nil || strings.Contains(p.Check().Error(), "u:p") {
			t.Errorf("%s: %v %v %v", name, p.Check(), begun, finished)
		}
	}
	for _, address := range []string{"https://api.example.com/x", "http://localhost/x", "http://[::1]:1/x", "http://10.0.0.8/x", "http://nest:3000/x", "http://api.default.svc.cluster.local/x"} {
		if err := backend.New(backend.Config{URL: address}).Check(); err != nil {
			t.Error(err)
		}
	}
	if err := backend.New(backend.Config{URL: "http://api.example.com/", InsecureHTTP: true}).Check(); err != nil {
		t.Error(err)
	}
}
