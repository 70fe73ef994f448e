package backend_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

const typed = "canary-gamja-tang-0"

// jwt makes a token with claims and a signature that nobody checks.
func jwt(claims string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	return b64([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + b64([]byte(claims)) + "." + b64([]byte("canary-signature-of-32-bytes-000"))
}

// canned is a back end that always says the same.
type canned struct {
	status int
	header http.Header
	body   string

	mu    sync.Mutex
	calls []*http.Request
	sent  []string
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		sent = string(b)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.sent = append(c.calls, r), append(c.sent, sent)
	h := c.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	status := c.status
	if status == 0 {
		status = 200
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(c.body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

func (c *canned) world() signet.World {
	return signet.World{HTTP: &http.Client{Transport: c}, Now: func() time.Time { return noon }}
}

func (c *canned) signIn(config backend.Config, fields url.Values) (signet.Identity, error) {
	if config.URL == "" {
		config.URL = "https://api.test/login"
	}
	step, err := backend.New(config).Finish(context.Background(), &signet.Attempt{Fields: fields, World: c.world()})
	if err != nil {
		return signet.Identity{}, err
	}
	return step.(signet.Identity), nil
}

func form() url.Values {
	return url.Values{"email": {"minsu@example.com"}, "password": {typed}, "csrfToken": {"c"}, "callbackUrl": {"/"}, "json": {"true"}, "redirect": {"false"}}
}

func refusedBy(t *testing.T, err error) *signet.Refused {
	t.Helper()
	var no *signet.Refused
	if !errors.As(err, &no) {
		t.Fatalf("error = %v, want a refusal", err)
	}
	return no
}

func faultOf(t *testing.T, err error) *backend.Error {
	t.Helper()
	var no *signet.Refused
	var e *backend.Error
	if errors.As(err, &no) || !errors.As(err, &e) {
		t.Fatalf("error = %v, want a fault of the back end", err)
	}
	return e
}

// nest is a back end as tutorial 2 has it, with the refresh its author wishes for: tokens
// are single use, and using one twice ends the grant.
type nest struct {
	*httptest.Server
	mu      sync.Mutex
	logins  int
	next    int
	refresh string // the one that is good, "" when there is none
	out     []string
}

func newNest(t *testing.T) *nest {
	n := &nest{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/login", n.login)
	mux.HandleFunc("POST /api/refresh", n.renew)
	mux.HandleFunc("POST /api/logout", n.logout)
	n.Server = httptest.NewServer(mux)
	t.Cleanup(n.Close)
	return n
}

func (n *nest) config() backend.Config {
	return backend.Config{URL: n.URL + "/api/login", RefreshURL: n.URL + "/api/refresh", LogoutURL: n.URL + "/api/logout"}
}

func say(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (n *nest) pair() map[string]any {
	n.next++
	n.refresh = fmt.Sprintf("refresh-%d", n.next)
	return map[string]any{
		"accessToken":  jwt(fmt.Sprintf(`{"sub":"g-1","username":"민수","email":"minsu@example.com","_id":"65a","n":%d,"exp":%d}`, n.next, noon.Add(time.Hour).Unix())),
		"refreshToken": n.refresh,
	}
}

func (n *nest) login(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.logins++
	var in struct{ Email, Password string }
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		say(w, 400, map[string]any{"statusCode": 400, "message": []string{"email must be an email", "password should not be empty"}, "error": "Bad Request"})
		return
	}
	if in.Password != typed {
		say(w, 401, map[string]any{"statusCode": 401, "message": "비밀번호가 맞지 않아요", "error": "Unauthorized"})
		return
	}
	say(w, 201, n.pair())
}

func (n *nest) renew(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var in struct{ RefreshToken string }
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.RefreshToken == "" || in.RefreshToken != n.refresh {
		n.refresh = ""
		say(w, 401, map[string]any{"statusCode": 401, "message": "Unauthorized"})
		return
	}
	say(w, 201, n.pair())
}

func (n *nest) logout(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.out = append(n.out, r.Header.Get("Authorization")+" "+string(body))
	n.refresh = ""
	w.WriteHeader(http.StatusNoContent)
}
