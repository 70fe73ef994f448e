package signet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet"
)

func TestS125_ClockJumpIsLogged(t *testing.T) {
	log := &logbook{}
	h := open(t, log.use)
	look := h.WatchClock()
	for _, test := range []struct {
		name   string
		by     time.Duration
		logged string
	}{
		{"it stands still", 0, ""},
		{"a leap second", -time.Second, ""},
		{"five minutes on", 5 * time.Minute, ""},
		{"almost five minutes back", time.Second - 5*time.Minute, ""},
		{"more, on", 5*time.Minute + time.Minute, "by=6m0s"},
		{"it goes on from there", time.Second, ""},
		{"an hour back", -time.Hour, "by=-1h0m0s"},
		{"ten years on", 87600 * time.Hour, "by=87600h0m0s"},
	} {
		before := len(log.String())
		h.clock.Advance(test.by)
		look()
		said := log.String()[before:]
		if test.logged == "" && said != "" || !strings.Contains(said, test.logged) || strings.Count(said, "\n") > 1 {
			t.Errorf("%s: the log says %q, want %q", test.name, said, test.logged)
		}
	}
	t.Run("the real clock does not jump", func(t *testing.T) {
		log := &logbook{}
		h := open(t, log.use, func(c *signet.Config) { c.World.Now = nil })
		before := log.String()
		look := h.WatchClock()
		look()
		look()
		if said := strings.TrimPrefix(log.String(), before); said != "" {
			t.Errorf("the log says %q", said)
		}
	})
}
