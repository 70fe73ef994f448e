package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/signet-auth/signet/gateway"
)

// F-13: when the gate is told to stop, an answer on its way is finished, whether or not it
// says how long it is; what would never end is ended.
func TestF13_AnswersOnTheirWayAreFinished(t *testing.T) {
	for _, test := range []struct {
		name, kind, length string
		whole              bool
	}{
		{"of a known length", "text/plain", "10", true},
		{"in chunks", "text/plain", "", true},
		{"events", "text/event-stream", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			begun, goOn := make(chan bool), make(chan bool)
			slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", test.kind)
				if test.length != "" {
					w.Header().Set("Content-Length", test.length)
				}
				fmt.Fprint(w, "first")
				http.NewResponseController(w).Flush()
				begun <- true
				select {
				case <-goOn:
					fmt.Fprint(w, "-last")
				case <-r.Context().Done():
				}
			}))
			defer slow.Close()
			h := open(t, openTo(func(string) []gateway.Route {
				return []gateway.Route{{Match: "/slow", Upstream: slow.URL}}
			}))
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.serve(t)+"/slow", nil)
			r.Host = "app.example.test"
			whole := make(chan string)
			go func() {
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					whole <- err.Error()
					return
				}
				defer res.Body.Close()
				body, err := io.ReadAll(res.Body)
				if err != nil {
					body = []byte("cut")
				}
				whole <- string(body)
			}()
			<-begun
			h.gate.Close()
			want := "cut"
			if test.whole {
				close(goOn)
				want = "first-last"
			}
			if got := <-whole; got != want {
				t.Errorf("the client got %q, want %q", got, want)
			}
		})
	}
}
