package server_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// A script is bytes that tell a handler what to do, step by step.
type script []byte

// next takes the next byte; there are no more than limit choices.
func (s *script) next(limit int) int {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return int(b) % limit
}

var (
	scriptNames = []string{
		"X-A", "x-small", "Content-Type", "Content-Encoding", "Connection", "Transfer-Encoding", "Trailer", "Date", "Etag",
		"Set-Cookie", "X B", "", "Trailer:X-C", "Trailer:Content-Length", "Location", "Upgrade", "X-A\r\nX-Injected",
	}
	scriptValues = []string{
		"v", "", "close", "keep-alive", "Upgrade", "chunked", "identity", "gzip", "X-A, X-D", "x-small", "text/x",
		"a\r\nX-Injected: 1", "\r\n\r\n", " padded\t", "a\x00b", "keep-alive, close", "12345678\n", "Content-Length",
	}
	scriptLengths  = []string{"0", "1", "5", "100", "600", "2048", "2049", "5000", "20000"}
	scriptSizes    = []int{0, 1, 2, 5, 100, 511, 512, 600, 2047, 2048, 2049, 4096, 5000, 8192, 20_000}
	scriptStatuses = []int{200, 100, 101, 102, 103, 204, 206, 299, 304, 404, 500, 999, 99, 1000}
)

// play does what a script says. Where net/http and the Server are known to differ (see
// TestAnswerHasOneLength, TestAnswerIsNoLongerThanDeclared,
// TestBodyCanBeReadAfterTheAnswerBegan), it does nothing.
func play(s script, w http.ResponseWriter, r *http.Request) {
	measured, began := false, false
	for len(s) > 0 {
		step := s.next(12)
		began = began || step >= 4 && step <= 7 || step == 9
		switch step {
		case 0:
			w.Header()[scriptNames[s.next(len(scriptNames))]] = []string{scriptValues[s.next(len(scriptValues))]}
		case 1:
			name := scriptNames[s.next(len(scriptNames))]
			w.Header()[name] = append(w.Header()[name], scriptValues[s.next(len(scriptValues))])
		case 2:
			w.Header()[scriptNames[s.next(len(scriptNames))]] = nil
		case 3:
			delete(w.Header(), scriptNames[s.next(len(scriptNames))])
		case 4:
			write(w, r, scriptSizes[s.next(len(scriptSizes))])
		case 5:
			n, err := io.WriteString(w, strings.Repeat("s", scriptSizes[s.next(len(scriptSizes))]))
			said(r, n, err)
		case 6:
			note(r, "flush %s", kindOf(http.NewResponseController(w).Flush()))
		case 7:
			w.WriteHeader(scriptStatuses[s.next(len(scriptStatuses))])
		case 8:
			measured = true
			w.Header().Set("Content-Length", scriptLengths[s.next(len(scriptLengths))])
		case 9:
			if size := scriptSizes[s.next(len(scriptSizes))]; !measured {
				n, err := w.(io.ReaderFrom).ReadFrom(io.LimitReader(bytes.NewReader(make([]byte, 30_000)), int64(size)))
				note(r, "read from %d, %s", n, kindOf(err))
			}
		case 10:
			if !began {
				n, err := r.Body.Read(make([]byte, 3))
				note(r, "body %d, %t", n, err == nil)
			}
		case 11:
			if s.next(8) == 0 {
				w.(http.Flusher).Flush()
				panic("as the script says")
			}
		}
	}
}

// FuzzAnswers has both servers play scripts, three on one connection.
func FuzzAnswers(f *testing.F) {
	for _, s := range [][]byte{
		{}, {4, 3}, {8, 2, 4, 3}, {8, 2, 4, 9, 6}, {7, 4, 0, 0, 0, 7, 0, 4, 3}, {0, 6, 8, 4, 3, 0, 0, 8, 6},
		{0, 5, 5, 8, 2, 4, 3}, {0, 5, 6, 4, 14}, {6, 4, 14, 5, 14}, {0, 4, 2, 4, 3}, {9, 14}, {11, 0}, {4, 9, 4, 1}, {7, 8, 0, 2, 11, 4, 4},
		[]byte("08080707"),
	} {
		f.Add(uint8(0), s)
		f.Add(uint8(5), s)
	}
	ours, stock := serveBoth(f, withGoodbye(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := hex.DecodeString(r.URL.RawQuery)
		if err != nil {
			note(r, "no script: %v", err)
		}
		play(s, w, r)
	})))
	f.Fuzz(func(t *testing.T, how uint8, s []byte) {
		s = s[:min(len(s), 200)]
		method := []string{"GET", "HEAD", "POST"}[how%3]
		var fields []string
		if how/3%3 > 0 {
			fields = []string{"Connection: " + []string{"", "close", "keep-alive"}[how/3%3]}
		}
		one := how/9%2 == 0
		ask := request(method, "/"+strconv.Itoa(int(how))+"?"+hex.EncodeToString(s), "a body", fields...)
		sameAnswers(t, ours, stock, []string{method, method, method}, one, ask, ask, ask)
	})
}
