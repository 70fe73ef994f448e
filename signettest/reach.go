package signettest

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Client returns an HTTP client that reaches these providers under the names of the real
// ones, and loopback, and nothing else. Give it to [signet.World]: what is tested then calls
// https://kauth.kakao.com as in life. It follows no redirects and waits ten seconds.
func Client(providers ...*Provider) *http.Client {
	r := &reach{}
	r.add(providers)
	return &http.Client{
		Transport:     r,
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reach leads requests for known hosts to loopback. Its zero value knows none.
type reach struct {
	mu    sync.Mutex
	hosts map[string]string // to the address on loopback
}

func (r *reach) add(providers []*Provider) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hosts == nil {
		r.hosts = map[string]string{}
	}
	for _, p := range providers {
		for _, host := range p.hosts() {
			r.hosts[host] = p.server.Listener.Addr().String()
		}
	}
}

// RoundTrip sends the request on; the server sees the name that was called.
func (r *reach) RoundTrip(q *http.Request) (*http.Response, error) {
	r.mu.Lock()
	to := r.hosts[q.URL.Host]
	r.mu.Unlock()
	if to == "" {
		if !isLoopback(q.URL) {
			return nil, fmt.Errorf("signettest: %s is none of the providers given", q.URL.Host)
		}
		return http.DefaultTransport.RoundTrip(q)
	}
	led := q.Clone(q.Context())
	if led.Host == "" {
		led.Host = q.URL.Host
	}
	led.URL.Scheme, led.URL.Host = "http", to
	return http.DefaultTransport.RoundTrip(led)
}

func isLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// hosts are the real ones of the provider.
func (p *Provider) hosts() []string {
	list := []string{}
	for _, e := range []Endpoint{Discovery, Authorization, Token, Userinfo, EndSession} {
		list = appendHost(list, p.RealURL(e))
	}
	for name := range p.vector.Endpoints {
		list = appendHost(list, p.RealURL(Endpoint(name)))
	}
	return list
}

func appendHost(list []string, real string) []string {
	u, err := url.Parse(real)
	if err != nil || u.Host == "" {
		return list
	}
	return append(list, u.Host)
}
