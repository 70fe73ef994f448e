package session

import (
	"errors"
	"io"
	"net/http"
	"strings"
)

// A watched writer remembers whether the response has begun, which net/http's does not
// tell, and keeps answers that set cookies out of caches whatever the handler says.
type watched struct {
	http.ResponseWriter
	sent bool
}

// watch returns w, or a watched writer around it if there is none below.
func watch(w http.ResponseWriter) http.ResponseWriter {
	if watcher(w) != nil {
		return w
	}
	return &watched{ResponseWriter: w}
}

// watcher finds the watched writer below w, or nil.
func watcher(w http.ResponseWriter) *watched {
	for {
		switch below := w.(type) {
		case *watched:
			return below
		case interface{ Unwrap() http.ResponseWriter }:
			w = below.Unwrap()
		default:
			return nil
		}
	}
}

// sent reports whether it is known that the header of the response is out.
func sent(w http.ResponseWriter) bool {
	below := watcher(w)
	return below != nil && below.sent
}

// begin is called before the header goes out.
func (w *watched) begin() {
	if w.sent {
		return
	}
	w.sent = true
	h := w.Header()
	if len(h["Set-Cookie"]) > 0 && !strings.Contains(h.Get("Cache-Control"), "no-store") {
		h.Set("Cache-Control", noStore)
	}
}

// WriteHeader sends the header, unless the status is one of those that go before it.
func (w *watched) WriteHeader(code int) {
	if code >= 200 || code == http.StatusSwitchingProtocols {
		w.begin()
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *watched) Write(b []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(b)
}

// ReadFrom keeps the server's way to send files without copying.
func (w *watched) ReadFrom(src io.Reader) (int64, error) {
	w.begin()
	return io.Copy(w.ResponseWriter, src)
}

// Flush is for handlers that ask for an http.Flusher.
func (w *watched) Flush() { _ = w.FlushError() }

// FlushError sends the header and what has been written.
func (w *watched) FlushError() error {
	was := w.sent
	w.begin()
	err := http.NewResponseController(w.ResponseWriter).Flush()
	if errors.Is(err, http.ErrNotSupported) {
		w.sent = was
	}
	return err
}

// Unwrap is for http.ResponseController.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
