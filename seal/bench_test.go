package seal_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
)

const benchObject = `{"name":"Kim Minsu","email":"minsu@example.com","picture":"https://img.example.com/u/1001.png",` +
	`"sub":"u-1001","role":"editor","accessToken":"0123456789abcdef0123456789abcdef0123456789abcdef",` +
	`"iat":1767225600,"exp":1769817600,"jti":"cd39ec54-10c8-4fff-8404-7cd6015b4dc7"}`

// against reports how often the time of peer goes into that of op. They run in turns, so
// that a busy machine slows both; the turn least disturbed counts.
func against(b *testing.B, op, peer func()) {
	b.StopTimer()
	const turns, each = 40, 200
	spend := func(f func()) time.Duration {
		start := time.Now()
		for range each {
			f()
		}
		return time.Since(start)
	}
	mine, theirs := time.Hour, time.Hour
	for range turns {
		mine = min(mine, spend(op))
		theirs = min(theirs, spend(peer))
	}
	b.ReportMetric(float64(mine)/float64(theirs), "ratio")
	b.ReportMetric(float64(mine.Nanoseconds())/each, "best-ns")
}

func BenchmarkSplit(b *testing.B) {
	part := base64.RawURLEncoding.EncodeToString([]byte(benchObject))
	token := strings.Join([]string{part[:40], "", part[:24], part, part[:44]}, ".")
	buf := make([]byte, 1024)
	op := func() {
		if _, err := seal.Split(token, 5); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		op()
	}
	against(b, op, func() {
		for _, text := range strings.Split(token, ".") {
			base64.RawURLEncoding.Decode(buf, []byte(text))
		}
	})
}

func BenchmarkPick(b *testing.B) {
	names, values := []string{"iat", "exp", "nbf"}, make([][]byte, 3)
	object := []byte(benchObject)
	op := func() {
		if err := seal.Pick(object, names, values); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		op()
	}
	against(b, op, func() {
		if !json.Valid(object) {
			b.Fatal("not valid")
		}
	})
}
