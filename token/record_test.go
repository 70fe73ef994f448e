package token_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/signet-auth/signet/token"
)

func TestS102_RecordsAndEventsDoNotPrint(t *testing.T) {
	r := token.Record{Version: 1, Set: token.Set{Access: "the-access-token", Refresh: "the-refresh-token", ID: "the-id-token"}}
	e := token.Event{Kind: token.Served, Key: "the-key", Waiters: 3}
	var b strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("x", "r", r, "p", &r, "e", e, "pe", &e)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb, r)
		fmt.Fprintf(&b, verb, struct{ R token.Record }{r})
		fmt.Fprintf(&b, verb, e)
		fmt.Fprintf(&b, verb, struct{ E token.Event }{e})
	}
	if strings.Contains(b.String(), "the-") || !strings.Contains(b.String(), "(3 waited)") {
		t.Errorf("a token or a key is printed: %s", b.String())
	}
}

func TestASetIsWrittenAsJSON(t *testing.T) {
	b, err := json.Marshal(token.Set{Access: "a"})
	if err != nil || string(b) != `{"access_token":"a"}` {
		t.Errorf("%s %v", b, err)
	}
}
