package gateway_test

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Trailers are headers that come late: they lose what headers lose.
func TestS106_TrailersAreCleaned(t *testing.T) {
	h := open(t)
	address := h.serve(t)
	lines := []string{
		"X-Checksum: 1", "X-Signet-User: root", "X_Signet_User: root", "X-Signet-Groups: admin", "X-Signet-Assertion: jwt",
		"Set-Cookie: a=1", "Set-Cookie: __Secure-authjs.session-token=x", "Alt-Svc: h3=\":443\"", "X-Middleware-Rewrite: /", "Access-Control-Allow-Origin: *",
	}
	for _, announced := range []bool{false, true} {
		h.upstream.answer = func(record) string {
			trailer := ""
			if announced {
				for _, l := range lines {
					name, _, _ := strings.Cut(l, ":")
					trailer += "Trailer: " + name + "\r\n"
				}
			}
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + trailer + "\r\n2\r\nok\r\n0\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
		}
		res, err := http.Get("http://" + address + "/public/x")
		if err != nil {
			t.Fatal(err)
		}
		told := slices.Collect(maps.Keys(res.Trailer))
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != "ok" {
			t.Errorf("%q, %v", body, err)
		}
		if len(res.Trailer) != 1 || res.Trailer.Get("X-Checksum") != "1" {
			t.Errorf("announced %v: %v", announced, res.Trailer)
		}
		if announced != slices.Contains(told, "X-Checksum") || slices.ContainsFunc(told, func(n string) bool { return n != "X-Checksum" }) {
			t.Errorf("announced: %v", told)
		}
	}
}
