package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
)

// scrapers is how many may ask for the metrics at once: each reading asks the database.
const scrapers = 4

// newMetrics serves what is counted, in the form that Prometheus reads.
func newMetrics(o *opened, f *front) http.Handler {
	places := make(chan struct{}, scrapers)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			http.Error(w, "Others are reading the metrics.", http.StatusServiceUnavailable)
			return
		}
		text := &metricsText{}
		goMetrics(text)
		processMetrics(text)
		signetMetrics(r.Context(), text, o, f)
		w.Header().Set("Content-Type", metricsType)
		io.WriteString(w, text.String()) // fails only when whoever asked has gone
	})
}

// counts writes one counter by its label, where there is anything to count.
func counts(t *metricsText, name, help, label string, of map[string]int64) {
	if len(of) == 0 {
		return
	}
	t.head(name, aCounter, help)
	for _, value := range slices.Sorted(maps.Keys(of)) {
		t.sample(name, float64(of[value]), label, value)
	}
}

// A reading is all counters at one moment.
type reading struct {
	signet.Stats
	password.Counts
	panics int64 // beside those in Stats
}

// signetMetrics reads the counters of our own parts.
func signetMetrics(ctx context.Context, t *metricsText, o *opened, f *front) {
	r := reading{o.auth.Stats(), o.hasher.Counts(), f.recovery.panics.Load()}
	for _, m := range []struct {
		name, kind, help string
		value            int64
	}{
		{"sign_ins_total", aCounter, "Sign-ins that succeeded.", r.SignIns},
		{"sign_ins_refused_total", aCounter, "Sign-ins that were refused.", r.SignInsRefused},
		{"throttled_total", aCounter, "Tries refused because there were too many.", r.Throttled},
		{"sign_ups_total", aCounter, "Accounts that visitors opened.", r.SignUps},
		{"sign_outs_total", aCounter, "Sessions that their owners ended.", r.SignOuts},
		{"refused_returns_total", aCounter, "Return URLs that were not ours.", r.RefusedReturns},
		{"refused_csrf_total", aCounter, "Forms without a valid token.", r.RefusedCSRF},
		{"refused_cross_site_total", aCounter, "Posts from other sites.", r.RefusedCrossSite},
		{"reused_tokens_total", aCounter, "Refresh tokens of Signet that came a second time, and ended their family.", r.ReusedTokens},
		{"store_faults_total", aCounter, "Requests whose session could not be read.", r.StoreFaults},
		{"panics_total", aCounter, "Requests that ended in a panic and a 500.", r.Panics + r.panics},
		{"password_hashes_total", aCounter, "Password hashes computed.", int64(r.Hashes)},
		{"password_refused_total", aCounter, "Sign-ins and sign-ups refused because too many hashes ran.", int64(r.Refused)},
		{"password_running", aGauge, "Password hashes running now.", int64(r.Running)},
		{"password_waiting", aGauge, "Callers waiting to hash a password.", int64(r.Waiting)},
	} {
		t.one("signet_"+m.name, m.kind, m.help, float64(m.value))
	}
	counts(t, "signet_bad_cookies_total", "Session cookies that were worth nothing, by reason.", "reason", r.BadCookies)
	counts(t, "signet_token_renewals_total", "What became of providers' tokens that were about to expire.", "result", r.Renewals)
	up := 0.0
	if healthy(ctx, o) {
		up = 1
	}
	t.one("signet_store_up", aGauge, "1 while the database can be read and written.", up)
	t.head("signet_build_info", aGauge, "Version of the program.")
	t.sample("signet_build_info", 1, "version", thisBuild().Version)
	if f.timing != nil {
		f.timing.write(t)
	}
}
