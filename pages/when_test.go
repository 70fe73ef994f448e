package pages_test

import (
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/pages"
)

func TestTimesAreReadable(t *testing.T) {
	seoul := time.FixedZone("KST", 9*60*60)
	tests := []struct {
		name      string
		then, now time.Time
		en, ko    string
	}{
		{"this instant", now, now, "just now", "방금"},
		{"59 seconds", now.Add(-59 * time.Second), now, "just now", "방금"},
		{"one minute", now.Add(-time.Minute), now, "1 minute ago", "1분 전"},
		{"59 minutes", now.Add(-time.Hour + 1), now, "59 minutes ago", "59분 전"},
		{"one hour", now.Add(-time.Hour), now, "1 hour ago", "1시간 전"},
		{"three hours, told in another zone", now.Add(-3 * time.Hour).In(seoul), now, "3 hours ago", "3시간 전"},
		{"two days", now.Add(-48 * time.Hour), now, "2 days ago", "2일 전"},
		{"a week", now.Add(-7 * 24 * time.Hour), now, "Mar 7, 2026 UTC", "2026. 3. 7. UTC"},
		{"a clock that runs ahead a little", now.Add(time.Minute), now, "just now", "방금"},
		{"a clock that is wrong", now.Add(time.Hour), now, "Mar 14, 2026 UTC", "2026. 3. 14. UTC"},
		{"no now to count from", now.Add(-time.Minute), time.Time{}, "Mar 14, 2026 UTC", "2026. 3. 14. UTC"},
		{"late at night in Seoul, another day in UTC", time.Date(2025, 1, 1, 3, 0, 0, 0, seoul), now, "Dec 31, 2024 UTC", "2024. 12. 31. UTC"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for lang, want := range map[string]string{"en": tt.en, "ko": tt.ko} {
				page := render(t, pages.Frame{Lang: lang, Now: tt.now}, pages.Account{SignedInAt: tt.then})
				times := only(inspect(t, page), "time")
				if len(times) != 1 || times[0].text != want {
					t.Fatalf("%s: shown as %+v, want %q", lang, times, want)
				}
				if got := times[0].attr["datetime"]; got != tt.then.UTC().Format(time.RFC3339) {
					t.Errorf("%s: datetime = %q", lang, got)
				}
				if tip := times[0].attr["title"]; !strings.HasSuffix(tip, tt.then.UTC().Format(" 15:04")+" UTC") {
					t.Errorf("%s: title = %q", lang, tip)
				}
			}
		})
	}
}

func TestTimesThatAreNotKnownAreNotShown(t *testing.T) {
	for _, then := range []time.Time{{}, time.Unix(0, 0), time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)} {
		page := render(t, pages.Frame{Now: now}, pages.Account{SignedInAt: then, Sessions: []pages.AccountSession{{Seen: then, Started: then}}})
		if n := len(only(inspect(t, page), "time")); n > 0 {
			t.Errorf("%v is shown %d times", then, n)
		}
	}
}

func TestWaitIsRoundedUp(t *testing.T) {
	tests := []struct {
		wait   time.Duration
		en, ko string
	}{
		{time.Nanosecond, "in a second.", "1초 뒤"},
		{1500 * time.Millisecond, "in 2 seconds.", "2초 뒤"},
		{time.Minute, "in 60 seconds.", "60초 뒤"},
		{61 * time.Second, "in 2 minutes.", "2분 뒤"},
		{time.Hour, "in 60 minutes.", "60분 뒤"},
		{time.Hour + 1, "in 2 hours.", "2시간 뒤"},
		{1<<63 - 1, "in 2562048 hours.", "2562048시간 뒤"},
	}
	for _, tt := range tests {
		for lang, want := range map[string]string{"en": tt.en, "ko": tt.ko} {
			page := render(t, pages.Frame{Lang: lang}, pages.Error{Code: "TooManyRequests", RetryAfter: tt.wait})
			if !strings.Contains(page, want) {
				t.Errorf("wait of %v in %s does not say %q", tt.wait, lang, want)
			}
		}
	}
	if page := render(t, pages.Frame{}, pages.Error{Code: "Busy", RetryAfter: -1}); strings.Contains(page, "again in") {
		t.Error("a wait that is over is still told")
	}
}
