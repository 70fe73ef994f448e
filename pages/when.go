package pages

import (
	"strconv"
	"strings"
	"time"
)

// A moment is a time as a <time> element shows it.
type moment struct {
	Machine string // the datetime attribute; empty means that the time is not known
	Text    string // what is read: "3 hours ago", or a date
	Exact   string // the tip: to the minute, in UTC, which is said
}

// moment puts t in words as seen at now. The visitor's zone is not known here, so what is
// less than a week away is told as a distance, and the rest as a date of UTC.
func (w *words) moment(t, now time.Time) moment {
	t = t.UTC()
	if t.Year() < 1971 || t.Year() > 9999 { // unset, or a zero of Unix
		return moment{}
	}
	m := moment{
		Machine: t.Format("2006-01-02T15:04:05Z"),
		Exact:   w.date(t) + " " + t.Format("15:04") + " UTC",
	}
	// A session that seems to start in a minute comes from a clock that differs a little.
	ago := now.Sub(t)
	switch {
	case now.IsZero(), ago >= 7*24*time.Hour, ago < -5*time.Minute:
		m.Text = w.date(t) + " UTC"
	case ago < time.Minute:
		m.Text = w.JustNow
	case ago < time.Hour:
		m.Text = w.count(w.MinutesAgo, int(ago/time.Minute))
	case ago < 24*time.Hour:
		m.Text = w.count(w.HoursAgo, int(ago/time.Hour))
	default:
		m.Text = w.count(w.DaysAgo, int(ago/(24*time.Hour)))
	}
	return m
}

func (w *words) date(t time.Time) string {
	return strings.NewReplacer(
		"{year}", strconv.Itoa(t.Year()),
		"{name}", t.Month().String()[:3],
		"{month}", strconv.Itoa(int(t.Month())),
		"{day}", strconv.Itoa(t.Day()),
	).Replace(w.Date)
}

// wait puts how long to wait in words, rounded up so that nobody is told to come early.
func (w *words) wait(d time.Duration) string {
	up := func(unit time.Duration) int { return int((d-1)/unit) + 1 }
	switch {
	case d <= 0:
		return ""
	case d <= time.Minute:
		return w.count(w.WaitSeconds, up(time.Second))
	case d <= time.Hour:
		return w.count(w.WaitMinutes, up(time.Minute))
	default:
		return w.count(w.WaitHours, up(time.Hour))
	}
}

// life puts in words how long a link works, rounded down for the same reason.
func (w *words) life(d time.Duration) string {
	switch {
	case d < time.Minute:
		return ""
	case d < time.Hour:
		return w.count(w.LastsMinutes, int(d/time.Minute))
	default:
		return w.count(w.LastsHours, int(d/time.Hour))
	}
}

// count chooses the form for one or for many and puts the number in.
func (w *words) count(p plural, n int) string {
	if n == 1 {
		return fill(p.One, "1")
	}
	return fill(p.Many, strconv.Itoa(n))
}
