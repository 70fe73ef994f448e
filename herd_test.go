package signet_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/backend"
	"github.com/signet-auth/signet/signettest"
)

// A herd is a back end with a log-in: its refresh tokens work once, and one shown again ends
// everything it has given.
type herd struct {
	*httptest.Server
	clock *signettest.Clock
	life  time.Duration

	mu      sync.Mutex
	n       int
	refresh string // the one that works
	dead    bool
	calls   atomic.Int64 // refreshes
	drop    bool         // act, and do not answer
	down    bool         // refuse before acting
	hold    chan struct{}
	pad     string // at the end of access tokens
}

func newHerd(t *testing.T, clock *signettest.Clock) *herd {
	n := &herd{clock: clock, life: time.Hour}
	n.Server = httptest.NewServer(http.HandlerFunc(n.serve))
	t.Cleanup(n.Close)
	return n
}

func (n *herd) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/login":
		n.mu.Lock()
		defer n.mu.Unlock()
		n.dead = false
		n.answer(w)
	case "/refresh":
		n.calls.Add(1)
		n.renew(w, r)
	}
}

func (n *herd) renew(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hold != nil {
		hold := n.hold
		n.mu.Unlock()
		<-hold
		n.mu.Lock()
	}
	if n.down {
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	if n.dead || !strings.Contains(string(body), n.refresh) {
		n.dead = true
		http.Error(w, `{"message":"no"}`, http.StatusUnauthorized)
		return
	}
	if n.drop {
		n.refresh = "spent"
		panic(http.ErrAbortHandler)
	}
	n.answer(w)
}

func (n *herd) answer(w http.ResponseWriter) {
	n.n++
	n.refresh = fmt.Sprintf("refresh-%d-", n.n)
	fmt.Fprintf(w, `{"id":3,"name":"Yuna","email":"yuna@example.com","accessToken":"access-%d%s","refreshToken":%q,"expiresIn":%d}`,
		n.n, n.pad, n.refresh, int(n.life.Seconds()))
}

func (n *herd) set(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

// setups are the three places where tokens live.
var setups = map[string]func(*signet.Config){
	"database":           func(c *signet.Config) { c.Session.Strategy = signet.Database },
	"jwt with a store":   func(c *signet.Config) { c.Session.Strategy = signet.JWT },
	"jwt without stores": func(c *signet.Config) { c.Session.Strategy, c.Stores = signet.JWT, signet.Stores{} },
}

// nested is a house with a back end, where Yuna is signed in.
func nested(t *testing.T, change ...func(*signet.Config)) (*house, *herd, *signettest.Browser) {
	var n *herd
	var clock *signettest.Clock
	h := open(t, append(change, func(c *signet.Config) {
		clock = signettest.NewClock(noon)
		n = newHerd(t, clock)
		c.World.Now = clock.Now
		c.Providers = []signet.Provider{backend.New(backend.Config{URL: n.URL + "/login", RefreshURL: n.URL + "/refresh"})}
		c.Session.Expose = map[string]string{"accessToken": "backend.access_token"}
		c.Session.MaxAge, c.Session.Absolute = 300*24*time.Hour, 300*24*time.Hour
	})...)
	h.clock = clock
	b := h.browser(t)
	byForm("backend", "yuna@example.com", "x")(t, b)
	return h, n, b
}

// tokenPage answers the access token, or why there is none.
func (h *house) tokenPage(t *testing.T) *httptest.Server {
	s := httptest.NewServer(h.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		set, err := h.Token(r.Context(), "backend")
		if err != nil {
			fmt.Fprintf(w, "lost=%t %v", signet.Lost(err), err)
			return
		}
		io.WriteString(w, set.Access)
	})))
	t.Cleanup(s.Close)
	return s
}

func visitor(t *testing.T, origin string, cookies []*http.Cookie) *signettest.Browser {
	b := signettest.NewBrowser(t, origin)
	b.SetCookies(cookies...)
	return b
}
