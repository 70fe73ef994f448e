package token_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet/token"
)

// tokens is a Source with one token after the other: each dead one brings the next.
type tokens struct {
	list []string
	asks []string
	mu   sync.Mutex
}

func (s *tokens) source(_ context.Context, dead string) (token.Set, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asks = append(s.asks, dead)
	if len(s.list) > 1 && dead == s.list[0] {
		s.list = s.list[1:]
	}
	if len(s.list) == 0 {
		return token.Set{}, token.ErrEnded
	}
	return token.Set{Access: s.list[0]}, nil
}

// sent is a request as an API got it.
type sent struct {
	header http.Header
	body   string
}

// api takes one token and says 401 to others.
func api(t *testing.T, good string) (*httptest.Server, *[]sent) {
	var got []sent
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, sent{r.Header.Clone(), string(body)})
		if r.Header.Get("Authorization") != "Bearer "+good {
			w.WriteHeader(http.StatusUnauthorized)
		}
		io.WriteString(w, strings.Repeat("x", 1000))
	}))
	t.Cleanup(s.Close)
	return s, &got
}

func TestTransport(t *testing.T) {
	for _, test := range []struct {
		name   string
		list   []string
		body   io.Reader
		status int
		tokens []string // as the API got them
		asks   []string
	}{
		{"a token that is good", []string{"good"}, nil, 200, []string{"good"}, []string{""}},
		{"a token that is dead", []string{"dead", "good"}, nil, 200, []string{"dead", "good"}, []string{"", "dead"}},
		{"once more and no more", []string{"a", "b", "good"}, nil, 401, []string{"a", "b"}, []string{"", "a"}},
		{"there is no other", []string{"dead"}, nil, 401, []string{"dead"}, []string{"", "dead"}},
		{"a body that can be sent again", []string{"dead", "good"}, strings.NewReader("rice"), 200, []string{"dead", "good"}, []string{"", "dead"}},
		{"a body that cannot", []string{"dead", "good"}, io.MultiReader(strings.NewReader("rice")), 401, []string{"dead"}, []string{""}},
		{"an empty body", []string{"dead", "good"}, http.NoBody, 200, []string{"dead", "good"}, []string{"", "dead"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server, got := api(t, "good")
			s := &tokens{list: test.list}
			c := &http.Client{Transport: &token.Transport{Source: s.source}}
			r, _ := http.NewRequestWithContext(t.Context(), "POST", server.URL, test.body)
			r.Header.Set("Authorization", "Basic forged")
			r.Header["authorization"] = []string{"Basic forged"}
			before := r.Header.Clone()
			answer, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.StatusCode != test.status || len(body) != 1000 || err != nil {
				t.Errorf("%s, %d bytes, %v", answer.Status, len(body), err)
			}
			var seen []string
			for _, s := range *got {
				seen = append(seen, strings.TrimPrefix(strings.Join(s.header["Authorization"], "+"), "Bearer "))
				if test.body != nil && test.body != http.NoBody && s.body != "rice" {
					t.Errorf("body %q", s.body)
				}
			}
			if !slices.Equal(seen, test.tokens) || !slices.Equal(s.asks, test.asks) {
				t.Errorf("the API got %q, the source %q", seen, s.asks)
			}
			if !maps.EqualFunc(r.Header, before, slices.Equal) {
				t.Errorf("the request was changed: %v", r.Header)
			}
		})
	}
}

// closer tells whether a body was closed.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestNothingIsSentWithoutAToken(t *testing.T) {
	for _, test := range []struct {
		name string
		set  token.Set
		err  error
		as   token.Carry
	}{
		{"the source fails", token.Set{}, token.ErrEnded, ""},
		{"there is no token", token.Set{}, nil, ""},
		{"a token with a line break", token.Set{Access: "the-token\r\nX-Admin: 1"}, nil, ""},
		{"a token with a semicolon in a cookie", token.Set{Access: "the-token;b"}, nil, "cookie:c"},
		{"no such way", token.Set{Access: "the-token"}, nil, "query:a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := &closer{Reader: strings.NewReader("x")}
			tr := &token.Transport{
				Base:   roundTrip(func(*http.Request) (*http.Response, error) { t.Error("sent"); return nil, io.EOF }),
				Source: func(context.Context, string) (token.Set, error) { return test.set, test.err },
				As:     test.as,
			}
			r, _ := http.NewRequest("POST", "http://api.example", body)
			answer, err := tr.RoundTrip(r)
			if answer != nil || err == nil || test.err != nil && !errors.Is(err, test.err) || !body.closed {
				t.Errorf("%v %v, closed %t", answer, err, body.closed)
			}
			if strings.Contains(err.Error(), "the-token") {
				t.Errorf("error: %v", err)
			}
		})
	}
}

func TestCarry(t *testing.T) {
	for _, test := range []struct {
		as     token.Carry
		header http.Header
		want   http.Header
	}{
		{"", nil, http.Header{"Authorization": {"Bearer a"}}},
		{"bearer", http.Header{"Cookie": {"a=1"}}, http.Header{"Authorization": {"Bearer a"}, "Cookie": {"a=1"}}},
		{"header:x-access-token", http.Header{"X-Access-Token": {"forged", "twice"}}, http.Header{"X-Access-Token": {"a"}}},
		{"header:authorization", nil, http.Header{"Authorization": {"a"}}},
		{"cookie:accessToken", nil, http.Header{"Cookie": {"accessToken=a"}}},
		{"cookie:t", http.Header{"Cookie": {`x=1; t=forged;  y="2"`, "t =forged; T=3; t; z"}}, http.Header{"Cookie": {`x=1; y="2"; T=3; z; t=a`}}},
	} {
		t.Run(string(test.as), func(t *testing.T) {
			var got http.Header
			tr := &token.Transport{
				Base: roundTrip(func(r *http.Request) (*http.Response, error) {
					got = r.Header
					return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
				}),
				Source: (&tokens{list: []string{"a"}}).source,
				As:     test.as,
			}
			r, _ := http.NewRequest("GET", "http://api.example", nil)
			maps.Copy(r.Header, test.header)
			if _, err := tr.RoundTrip(r); err != nil || !maps.EqualFunc(got, test.want, slices.Equal) {
				t.Errorf("%v %v, want %v", got, err, test.want)
			}
		})
	}
}

var carries = map[string]token.Carry{
	"": "bearer", "bearer": "bearer", "header:x-a": "header:X-A", "cookie:accessToken": "cookie:accessToken",
	"Bearer": "", "header:": "", "cookie:": "", "header": "", "header:a b": "", "cookie:a=b": "", "cookie:a;b": "",
	"header:Cookie": "", "header:host": "", "header:content-length": "", "query:a": "", "header:ㅋ": "", "bearer:x": "", "cookie:a\r\n": "",
}

func TestParseCarry(t *testing.T) {
	for s, want := range carries {
		if got, err := token.ParseCarry(s); got != want || (err == nil) != (want != "") {
			t.Errorf("ParseCarry(%q) = %q, %v; want %q", s, got, err, want)
		}
	}
}

func FuzzParseCarry(f *testing.F) {
	for s := range carries {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := token.ParseCarry(s)
		if err != nil {
			return
		}
		if again, err := token.ParseCarry(string(c)); err != nil || again != c {
			t.Fatalf("ParseCarry(%q) = %q, and that is %q, %v", s, c, again, err)
		}
		tr := &token.Transport{
			Base: roundTrip(func(r *http.Request) (*http.Response, error) {
				var b bytes.Buffer
				if err := r.Write(&b); err != nil {
					t.Fatal(err)
				}
				if n := strings.Count(b.String(), "\r\n"); n != 4 {
					t.Fatalf("%d lines: %q", n, b.String())
				}
				return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
			}),
			Source: (&tokens{list: []string{"a"}}).source,
			As:     c,
		}
		r, _ := http.NewRequest("GET", "http://api.example", nil)
		r.Header.Set("User-Agent", "")
		if k, name, _ := strings.Cut(string(c), ":"); k == "header" && strings.EqualFold(name, "User-Agent") {
			return
		}
		if _, err := tr.RoundTrip(r); err != nil {
			t.Fatal(err)
		}
	})
}

func TestATokenStaysAtItsOrigins(t *testing.T) {
	for _, test := range []struct {
		name    string
		origins []string
		path    []string // each redirects to the next
		with    []bool   // which see the token
	}{
		{"no redirect", nil, []string{"https://a.example/1"}, []bool{true}},
		{"a redirect at home", nil, []string{"https://a.example/1", "https://A.example:443/2"}, []bool{true, true}},
		{"a redirect elsewhere", nil, []string{"https://a.example", "https://b.example"}, []bool{true, false}},
		{"to another port", nil, []string{"https://a.example", "https://a.example:8443"}, []bool{true, false}},
		{"to another scheme", nil, []string{"https://a.example", "http://a.example"}, []bool{true, false}},
		{"there and back", nil, []string{"https://a.example", "https://b.example", "https://a.example"}, []bool{true, false, false}},
		{"listed", []string{"https://a.example", "https://c.example:8443/"}, []string{"https://a.example", "https://C.example:8443"}, []bool{true, true}},
		{"listed, led there by one that is not", []string{"https://a.example", "https://c.example"}, []string{"https://a.example", "https://b.example", "https://c.example"}, []bool{true, false, false}},
		{"not listed", []string{"https://a.example"}, []string{"https://a.example.b.example", "https://b.example/https://a.example"}, []bool{false, false}},
		{"a list that nobody can read", []string{"", "a.example", "://"}, []string{"https://a.example"}, []bool{false}},
		{"a subdomain is another", []string{"https://example"}, []string{"https://a.example"}, []bool{false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var with []bool
			c := &http.Client{Transport: &token.Transport{
				Base: roundTrip(func(r *http.Request) (*http.Response, error) {
					with = append(with, r.Header.Get("X-Token") != "")
					answer := &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}
					if len(with) < len(test.path) {
						answer.StatusCode, answer.Header = 307, http.Header{"Location": {test.path[len(with)]}}
					}
					return answer, nil
				}),
				Source: (&tokens{list: []string{"a"}}).source,
				As:     "header:X-Token", Origins: test.origins,
			}}
			if _, err := c.Get(test.path[0]); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(with, test.with) {
				t.Errorf("the token was seen at %v, want %v", with, test.with)
			}
		})
	}
}

// A transport below may leave out which request an answer is for.
func TestATokenStaysWhereNobodySaysWhoLedThere(t *testing.T) {
	for _, origins := range [][]string{nil, {"https://a.example", "https://b.example"}} {
		var with []bool
		c := &http.Client{Transport: &token.Transport{
			Base: roundTrip(func(r *http.Request) (*http.Response, error) {
				with = append(with, r.Header.Get("X-Token") != "")
				if len(with) == 1 {
					return &http.Response{StatusCode: 307, Header: http.Header{"Location": {"https://b.example"}}, Body: http.NoBody}, nil
				}
				return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
			}),
			Source: (&tokens{list: []string{"a"}}).source,
			As:     "header:X-Token", Origins: origins,
		}}
		if _, err := c.Get("https://a.example"); err != nil || !slices.Equal(with, []bool{true, false}) {
			t.Errorf("%v: the token was seen at %v, %v", origins, with, err)
		}
	}
}

func TestAnEndless401IsLeft(t *testing.T) {
	all := new(endless)
	first := &closer{Reader: all}
	n := 0
	tr := &token.Transport{
		Base: roundTrip(func(*http.Request) (*http.Response, error) {
			if n++; n == 1 {
				return &http.Response{StatusCode: 401, Body: first}, nil
			}
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}),
		Source: (&tokens{list: []string{"dead", "good"}}).source,
	}
	answer, err := tr.RoundTrip(&http.Request{URL: &url.URL{Scheme: "http", Host: "api.example"}, Header: http.Header{}})
	if err != nil || answer.StatusCode != 200 || !first.closed || *all > 1<<20 {
		t.Errorf("%v %v, closed %t after %d bytes", answer, err, first.closed, *all)
	}
}

// endless counts what was read of it.
type endless int64

func (e *endless) Read(p []byte) (int, error) { *e += endless(len(p)); return len(p), nil }

func TestIdleConnectionsOfTheBaseAreClosed(t *testing.T) {
	server, _ := api(t, "good")
	base := &http.Transport{}
	c := &http.Client{Transport: &token.Transport{Base: base, Source: (&tokens{list: []string{"good"}}).source}}
	answer, err := c.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	c.CloseIdleConnections()
	(&http.Client{Transport: &token.Transport{Base: roundTrip(nil)}}).CloseIdleConnections()
}
