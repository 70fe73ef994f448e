package main

import (
	"math"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/signettest"
)

// A scraped metric is what a text says of it.
type scraped struct {
	kind    string
	samples map[string]float64 // by name and labels
}

var (
	headLine   = regexp.MustCompile(`^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$`)
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*",?)+\})? (\S+)$`)
)

// scrape reads a text as Prometheus does, version 0.0.4 of the format: help and kind first,
// all samples of a metric in one place, none of them twice.
func scrape(t *testing.T, text string) map[string]*scraped {
	t.Helper()
	all := map[string]*scraped{}
	now := "" // the metric that we are in
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line has no end")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if head := headLine.FindStringSubmatch(line); head != nil {
			switch {
			case head[1] == "HELP" && all[head[2]] != nil:
				t.Errorf("%s begins twice", head[2])
			case head[1] == "HELP":
				now = head[2]
				all[now] = &scraped{samples: map[string]float64{}}
			case head[2] != now || all[now].kind != "":
				t.Errorf("not after its help: %s", line)
			default:
				all[now].kind = head[3]
			}
			continue
		}
		found := sampleLine.FindStringSubmatch(line)
		if found == nil || now == "" {
			t.Errorf("no such line: %s", line)
			continue
		}
		m := all[now]
		parts := m.kind == "summary" || m.kind == "histogram"
		if found[1] != now && !(parts && regexp.MustCompile(`^_(sum|count|bucket)$`).MatchString(strings.TrimPrefix(found[1], now))) {
			t.Errorf("a sample of another metric below %s: %s", now, line)
		}
		value, err := strconv.ParseFloat(found[3], 64)
		if err != nil {
			t.Errorf("no number: %s", line)
		}
		if _, twice := m.samples[found[1]+found[2]]; twice {
			t.Errorf("there twice: %s", line)
		}
		m.samples[found[1]+found[2]] = value
	}
	for name, m := range all {
		if len(m.samples) == 0 {
			t.Errorf("%s has no samples", name)
		}
	}
	return all
}

func TestMetricsAreThoseThatBoardsExpect(t *testing.T) {
	want, err := os.ReadFile("testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	inFolder(t, map[string]string{"signet.yaml": "admin_listen: 127.0.0.1:0\ndrain: 0\n"})
	r := serveHere(t)
	admin := signettest.NewBrowser(t, "http://"+r.find(r.errs, `"msg":"admin listener","address":"([^"]+)"`))
	b := signettest.NewBrowser(t, r.url)
	b.Header = map[string][]string{"Cookie": {"authjs.session-token=nonsense"}}
	b.Get("/api/auth/session")
	b.Get("/api/auth/session")

	p := admin.Get("/metrics")
	if got := p.Header.Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	all := scrape(t, p.Body)
	for line := range strings.Lines(string(want)) {
		name, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "#" || strings.HasPrefix(name, "process_") && runtime.GOOS != "linux" {
			continue
		}
		m := all[name]
		switch {
		case m == nil:
			t.Errorf("%s is not there", name)
		case m.kind != kind:
			t.Errorf("%s is a %s, want %s", name, m.kind, kind)
		}
	}
	for sample, sane := range map[string]func(float64) bool{
		"go_goroutines": func(v float64) bool { return v >= 2 && v < 1000 },
		"go_threads":    func(v float64) bool { return v >= 1 && v < 1000 },
		`go_info{version="` + runtime.Version() + `"}`: func(v float64) bool { return v == 1 },
		"go_memstats_heap_alloc_bytes":                 func(v float64) bool { return v > 100e3 && v < 1e9 },
		"go_gc_gomemlimit_bytes":                       func(v float64) bool { return v == math.MaxInt64 },
		"process_start_time_seconds":                   func(v float64) bool { return math.Abs(v-float64(time.Now().Unix())) < 3600 },
		"process_resident_memory_bytes":                func(v float64) bool { return v > 5e6 && v < 2e9 },
		"process_virtual_memory_bytes":                 func(v float64) bool { return v > 50e6 },
		"process_cpu_seconds_total":                    func(v float64) bool { return v > 0 && v < 3600 },
		"process_open_fds":                             func(v float64) bool { return v > 4 && v < 1000 },
		"process_max_fds":                              func(v float64) bool { return v >= 64 },
		"signet_store_up":                              func(v float64) bool { return v == 1 },
		`signet_bad_cookies_total{reason="malformed"}`: func(v float64) bool { return v == 2 },
	} {
		name, _, _ := strings.Cut(sample, "{")
		if strings.HasPrefix(name, "process_") && runtime.GOOS != "linux" {
			continue
		}
		if m := all[name]; m == nil || !sane(m.samples[sample]) {
			t.Errorf("%s is %v", sample, m)
		}
	}
}

func TestTimesGoIntoTheirSlots(t *testing.T) {
	at := newTiming("/api/auth")
	for _, c := range []struct {
		path   string
		status int
		took   time.Duration
	}{
		{"/api/auth/session", 200, 50 * time.Microsecond},
		{"/api/auth/session", 204, 100 * time.Microsecond}, // on the bound: not above it
		{"/api/auth/session", 200, 101 * time.Microsecond},
		{"/api/auth/session", 200, time.Hour},
		{"/api/auth/callback/credentials", 302, time.Millisecond},
		{"/api/auth/sessionx", 404, time.Millisecond},
		{"/api/auth/", 0, time.Millisecond},
		{"/userposts", 999, time.Millisecond},
	} {
		at.add(httptest.NewRequest("GET", c.path, nil), c.status, c.took)
	}
	text := &metricsText{}
	at.write(text)
	got := scrape(t, text.String())["signet_http_request_duration_seconds"]
	for sample, want := range map[string]float64{
		`_bucket{route="session",status="2xx",le="0.0001"}`:  2,
		`_bucket{route="session",status="2xx",le="0.00025"}`: 3,
		`_bucket{route="session",status="2xx",le="10"}`:      3,
		`_bucket{route="session",status="2xx",le="+Inf"}`:    4,
		`_count{route="session",status="2xx"}`:               4,
		`_sum{route="session",status="2xx"}`:                 3600.000251,
		`_count{route="callback",status="3xx"}`:              1,
		`_count{route="other",status="4xx"}`:                 1,
		`_count{route="other",status="1xx"}`:                 1,
		`_count{route="other",status="5xx"}`:                 1,
	} {
		if v, ok := got.samples["signet_http_request_duration_seconds"+sample]; !ok || v != want {
			t.Errorf("%s is %v, want %v", sample, v, want)
		}
	}
	if n := len(got.samples); n != 5*(len(slots)+3) {
		t.Errorf("%d samples: kinds of answers that there were not are in it", n)
	}
}

// The routes are looked up by halves.
func TestRoutesAreInOrder(t *testing.T) {
	at := newTiming("/auth")
	for i, name := range routes {
		if got := at.route("/auth/" + name + "/more"); got != i {
			t.Errorf("%s is looked up as %s", name, routes[got])
		}
	}
}

func TestMetricsTextIsEscaped(t *testing.T) {
	text := &metricsText{}
	text.head("x", aGauge, "a \\ and\na line")
	text.sample("x", 1.5e-7, "path", "C:\\new \"x\"\n", "b", "")
	text.sample("x", 12)
	want := "# HELP x a \\\\ and\\na line\n# TYPE x gauge\nx{path=\"C:\\\\new \\\"x\\\"\\n\",b=\"\"} 1.5e-07\nx 12\n"
	if text.String() != want {
		t.Errorf("got  %q\nwant %q", text.String(), want)
	}
}
