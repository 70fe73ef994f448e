package token_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/signet-auth/signet/token"
)

// post is a Refresh over the network: it asks url once, and may look at other things before
// and after.
func post(c *http.Client, url string, before, after func(context.Context) error) token.Refresh {
	return func(ctx context.Context, old token.Set) (token.Set, error) {
		if before != nil {
			if err := before(ctx); err != nil {
				return token.Set{}, err
			}
		}
		r, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader("refresh_token="+old.Refresh))
		if err != nil {
			return token.Set{}, err
		}
		r.GetBody = nil
		body, status, err := ask(c, r)
		if err != nil {
			return token.Set{}, err
		}
		if status != 200 {
			return token.Set{}, fmt.Errorf("status %d", status)
		}
		if after != nil {
			if err := after(ctx); err != nil {
				return token.Set{}, err
			}
		}
		return token.Set{Access: body}, nil
	}
}

func ask(c *http.Client, r *http.Request) (string, int, error) {
	answer, err := c.Do(r)
	if u := new(url.Error); errors.As(err, &u) {
		return "", 0, u.Err // as package oauth2 does
	}
	if err != nil {
		return "", 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), answer.StatusCode, err
}

// get fetches metadata.
func get(c *http.Client, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
		if err == nil {
			_, _, err = ask(c, r)
		}
		return err
	}
}

// A line is how a token end point behaves, seen from the network.
type line struct {
	*httptest.Server
	posts atomic.Int64
}

func newLine(t *testing.T, h2 bool, do http.HandlerFunc) *line {
	l := &line{}
	l.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		if r.Method == "POST" {
			io.Copy(io.Discard, r.Body)
			l.posts.Add(1)
			do(w, r)
		}
	}))
	l.EnableHTTP2 = h2
	if h2 {
		l.StartTLS()
	} else {
		l.Start()
	}
	t.Cleanup(l.Close)
	return l
}

// nowhere is an address at which nobody listens.
func nowhere(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestS85_TheNetworkTellsWhatBecameOfARequest(t *testing.T) {
	answers := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	half := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "half of it")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	dribble := func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	type around = func(*testing.T, *line) func(context.Context) error
	slow := func(_ *testing.T, l *line) func(context.Context) error { return get(l.Client(), l.URL+"/slow") }
	down := func(t *testing.T, l *line) func(context.Context) error { return get(l.Client(), nowhere(t)) }
	junk := func(t *testing.T, l *line) func(context.Context) error {
		return func(ctx context.Context) error {
			get(l.Client(), l.URL+"/keys")(ctx)
			return errors.New("these are no keys")
		}
	}
	fine := func(_ *testing.T, l *line) func(context.Context) error { return get(l.Client(), l.URL+"/keys") }
	for _, test := range []struct {
		name          string
		do            http.HandlerFunc
		before, after around
		posts         int64
		want          token.State // Live, the old tokens being untouched, or InDoubt
	}{
		{"an error", answers(500, "{}"), nil, nil, 1, token.Live},
		{"a page", answers(502, "<html>"), nil, nil, 1, token.Live},
		{"no answer", cut, nil, nil, 2, token.InDoubt},
		{"half an answer", half, nil, nil, 2, token.InDoubt},
		{"a time-out", silent, nil, nil, 2, token.InDoubt},
		{"a time-out in the middle", dribble, nil, nil, 2, token.InDoubt},
		{"metadata that times out is no lost answer", answers(200, "a"), slow, nil, 0, token.Live},
		{"metadata that cannot be had", answers(200, "a"), down, nil, 0, token.Live},
		{"an error after metadata", answers(500, "{}"), fine, nil, 1, token.Live},
		{"half an answer after metadata", half, fine, nil, 2, token.InDoubt},
		{"keys that cannot be had: the answer is lost", answers(200, "a"), fine, down, 2, token.InDoubt},
		{"keys that are no keys", answers(200, "a"), nil, junk, 2, token.InDoubt},
		{"keys that time out", answers(200, "a"), nil, slow, 2, token.InDoubt},
	} {
		for version, h2 := range map[string]bool{"HTTP/1": false, "HTTP/2": true} {
			t.Run(test.name+" over "+version, func(t *testing.T) {
				t.Parallel()
				l, around := newLine(t, h2, test.do), [2]func(context.Context) error{}
				for i, f := range []func(*testing.T, *line) func(context.Context) error{test.before, test.after} {
					if f != nil {
						around[i] = f(t, l)
					}
				}
				place := holding(expired())
				k := &token.Keeper{Place: place, OnDemand: true, Timeout: 300e6}
				_, err := k.Fresh(t.Context(), "k", post(l.Client(), l.URL, around[0], around[1]))
				r := stored(t, place)
				if err == nil || l.posts.Load() != test.posts || r.State != test.want || (r.Tries == 0) != (r.State == token.Live) {
					t.Errorf("%d requests, stored %v, error %v", l.posts.Load(), r, err)
				}
			})
		}
	}
}

func TestS85_ARequestThatNeverWentOut(t *testing.T) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}
	named := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{Resolver: resolver}).DialContext}}
	safe := httptest.NewUnstartedServer(nil)
	safe.Config.ErrorLog = log.New(io.Discard, "", 0)
	safe.StartTLS()
	defer safe.Close()
	for _, test := range []struct {
		name, url string
		client    *http.Client
	}{
		{"nobody listens", nowhere(t), http.DefaultClient},
		{"a name that nobody knows", "http://provider.example", named},
		{"a certificate of somebody else", safe.URL, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{}}}},
		{"a scheme that nobody speaks", "gopher://provider.example", http.DefaultClient},
	} {
		t.Run(test.name, func(t *testing.T) {
			place := holding(expired())
			k := &token.Keeper{Place: place, OnDemand: true}
			_, err := k.Fresh(t.Context(), "k", post(test.client, test.url, nil, nil))
			if r := stored(t, place); err == nil || r.State != token.Live || r.Tries != 0 {
				t.Errorf("stored %v, error %v", r, err)
			}
		})
	}
}

// A client that heeds no trace is judged by its error.
func TestS85_WithoutATrace(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want token.State
	}{
		{"no connection", &net.OpError{Op: "dial", Err: errors.New("refused")}, token.Live},
		{"no address", &net.DNSError{Err: "no such host"}, token.Live},
		{"the line breaks", &net.OpError{Op: "read", Err: errors.New("reset")}, token.InDoubt},
		{"the line breaks, says a client", &url.Error{Op: "Post", Err: io.EOF}, token.InDoubt},
		{"a client that cannot begin", &url.Error{Op: "parse", Err: errors.New("no host")}, token.Live},
		{"an error of its own", errors.New("the circuit is open"), token.Live},
	} {
		t.Run(test.name, func(t *testing.T) {
			virtual(t, expired, func(t *testing.T, h *hall) {
				h.keeper.Fresh(t.Context(), "k", func(context.Context, token.Set) (token.Set, error) { return token.Set{}, test.err })
				if r := stored(t, h.place); r.State != test.want {
					t.Errorf("stored %v", r)
				}
			})
		})
	}
}
