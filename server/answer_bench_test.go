package server_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// kibibyte answers with 1 KiB.
func kibibyte() http.Handler {
	body := bytes.Repeat([]byte("k"), 1<<10)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	})
}

// exchanges returns a function that asks once more on a connection that is kept, and reads the
// answer without an allocation of its own.
func (r *running) exchanges(t testing.TB, ask string) func() {
	t.Helper()
	c := r.dial(t)
	request, got := []byte(ask), make([]byte, 64<<10)
	once := func(size int) int {
		if _, err := c.Write(request); err != nil {
			t.Fatal(err)
		}
		n, err := io.ReadAtLeast(c, got, max(size, 1))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	size := once(0)
	for !bytes.Contains(got[:size], []byte("\r\n\r\n")) || size < 1<<10 {
		n, err := c.Read(got[size:])
		if err != nil {
			t.Fatal(err)
		}
		size += n
	}
	return func() { once(size) } // each answer is as long as the first
}

// BenchmarkAnswer compares both servers: 1 KiB on one connection that is kept.
func BenchmarkAnswer(b *testing.B) {
	ours, stock := serveBoth(b, kibibyte())
	for _, server := range []*running{ours, stock} {
		b.Run(server.name, func(b *testing.B) {
			ask := server.exchanges(b, request("GET", "/", ""))
			b.ReportAllocs()
			for b.Loop() {
				ask()
			}
		})
	}
}
