package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

// Who is deleted here has no grant left there; and is deleted as well when nobody answers.
func TestDeletedUsersLeaveNoGrant(t *testing.T) {
	for _, reached := range []bool{true, false} {
		kakao := signettest.NewKakao(t)
		env := environment("AUTH_KAKAO_ID", kakao.ClientID, "AUTH_KAKAO_SECRET", kakao.ClientSecret)
		inFolder(t, map[string]string{"signet.yaml": "providers: [{type: kakao}]\n"})
		r := serveReaching(t, signettest.Client(kakao), env)
		signettest.NewBrowser(t, r.url).SignInWith(kakao, "/api/auth/signin/kakao")
		r.stop()
		_, out, _ := typed(t, env, "user", "list", "--json")
		var users []listedUser
		if err := json.Unmarshal([]byte(out), &users); err != nil || len(users) != 1 {
			t.Fatalf("users: %v %s", err, out)
		}
		client := signettest.Client(kakao)
		if !reached {
			client = signettest.Client()
		}
		var said, errs strings.Builder
		status := run(t.Context(), []string{"user", "delete", users[0].ID, "--yes"}, &terminal{Out: &said, Err: &errs, Now: time.Now, Env: env, HTTP: client})
		if status != exitOK || !strings.HasPrefix(said.String(), "Deleted ") {
			t.Errorf("exit status %d: %s%s", status, said.String(), errs.String())
		}
		if got := kakao.Calls(signettest.Unlink); (got == 1) != reached {
			t.Errorf("reached %v: %d calls to unlink", reached, got)
		}
		if (errs.String() == "") != reached || !reached && !strings.Contains(errs.String(), "tokens of kakao not revoked") {
			t.Errorf("reached %v: errors %q", reached, errs.String())
		}
	}
}
