package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/password"
)

// newMetrics serves what is counted, in the form that Prometheus reads.
func newMetrics(o *opened, f *front) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newCounts(o, f),
	)
	if f.timing != nil {
		r.MustRegister(f.timing.seconds)
	}
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// A timing measures requests by route and class of status.
type timing struct {
	base    string
	seconds *prometheus.HistogramVec
}

func newTiming(base string) *timing {
	return &timing{base, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "signet_http_request_duration_seconds",
		Help:    "Time to answer, by end point and class of status.",
		Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "status"})}
}

// routes are the end points with a line of their own. Everything else is "other": a
// stranger must not be able to make new lines.
var routes = map[string]bool{
	"providers": true, "csrf": true, "session": true, "signin": true, "callback": true, "signout": true,
	"error": true, "verify-request": true, "_log": true, "signup": true, "account": true, "sessions": true,
}

func (t *timing) add(r *http.Request, status int, took time.Duration) {
	route := "other"
	if rest, ok := strings.CutPrefix(r.URL.Path, t.base+"/"); ok {
		if action, _, _ := strings.Cut(rest, "/"); routes[action] {
			route = action
		}
	}
	class := [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}[min(max(status/100, 1), 5)-1]
	t.seconds.WithLabelValues(route, class).Observe(took.Seconds())
}

// counts reads the counters of the parts when somebody asks.
type counts struct {
	o *opened
	f *front

	plain  []plainCount
	cookie *prometheus.Desc
	up     *prometheus.Desc
	build  *prometheus.Desc
}

// A plainCount is one number without labels.
type plainCount struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(reading) float64
}

// A reading is all counters at one moment.
type reading struct {
	signet.Stats
	password.Counts
	panics int64 // beside those in Stats
}

func newCounts(o *opened, f *front) *counts {
	c := &counts{o: o, f: f,
		cookie: prometheus.NewDesc("signet_bad_cookies_total", "Session cookies that were worth nothing, by reason.", []string{"reason"}, nil),
		up:     prometheus.NewDesc("signet_store_up", "1 while the database can be read and written.", nil, nil),
		build:  prometheus.NewDesc("signet_build_info", "Version of the program.", []string{"version"}, nil),
	}
	add := func(name, help string, kind prometheus.ValueType, read func(reading) float64) {
		c.plain = append(c.plain, plainCount{prometheus.NewDesc("signet_"+name, help, nil, nil), kind, read})
	}
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	add("sign_ins_total", "Sign-ins that succeeded.", counter, func(r reading) float64 { return float64(r.SignIns) })
	add("sign_ins_refused_total", "Sign-ins that were refused.", counter, func(r reading) float64 { return float64(r.SignInsRefused) })
	add("throttled_total", "Tries refused because there were too many.", counter, func(r reading) float64 { return float64(r.Throttled) })
	add("sign_ups_total", "Accounts that visitors opened.", counter, func(r reading) float64 { return float64(r.SignUps) })
	add("sign_outs_total", "Sessions that their owners ended.", counter, func(r reading) float64 { return float64(r.SignOuts) })
	add("refused_returns_total", "Return URLs that were not ours.", counter, func(r reading) float64 { return float64(r.RefusedReturns) })
	add("refused_csrf_total", "Forms without a valid token.", counter, func(r reading) float64 { return float64(r.RefusedCSRF) })
	add("refused_cross_site_total", "Posts from other sites.", counter, func(r reading) float64 { return float64(r.RefusedCrossSite) })
	add("store_faults_total", "Requests whose session could not be read.", counter, func(r reading) float64 { return float64(r.StoreFaults) })
	add("panics_total", "Requests that ended in a panic and a 500.", counter, func(r reading) float64 { return float64(r.Panics + r.panics) })
	add("password_hashes_total", "Password hashes computed.", counter, func(r reading) float64 { return float64(r.Hashes) })
	add("password_refused_total", "Sign-ins and sign-ups refused because too many hashes ran.", counter, func(r reading) float64 { return float64(r.Refused) })
	add("password_running", "Password hashes running now.", gauge, func(r reading) float64 { return float64(r.Running) })
	add("password_waiting", "Callers waiting to hash a password.", gauge, func(r reading) float64 { return float64(r.Waiting) })
	return c
}

// Describe names everything that Collect gives.
func (c *counts) Describe(to chan<- *prometheus.Desc) {
	for _, p := range c.plain {
		to <- p.desc
	}
	to <- c.cookie
	to <- c.up
	to <- c.build
}

// Collect reads all counters.
func (c *counts) Collect(to chan<- prometheus.Metric) {
	now := reading{c.o.auth.Stats(), c.o.hasher.Counts(), c.f.recovery.panics.Load()}
	for _, p := range c.plain {
		to <- prometheus.MustNewConstMetric(p.desc, p.kind, p.read(now))
	}
	for reason, n := range now.BadCookies {
		to <- prometheus.MustNewConstMetric(c.cookie, prometheus.CounterValue, float64(n), reason)
	}
	up := 0.0
	if healthy(context.Background(), c.o) {
		up = 1
	}
	to <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, up)
	to <- prometheus.MustNewConstMetric(c.build, prometheus.GaugeValue, 1, thisBuild().Version)
}
