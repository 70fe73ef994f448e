package pipe_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/session"
)

// A site is a Go program that shares iron-session's cookie with one in JavaScript. It
// answers as the one in e2e/seals/site.js does: GET / shows the session, POST /save takes
// members of it as JSON, POST /destroy ends it.
type site struct {
	Cookie   string `json:"cookie"`
	Password string `json:"password"`
	TTL      int    `json:"ttl"` // seconds
	Chunks   bool   `json:"chunks"`
}

// A visit is the part of the session that the Go program knows.
type visit struct {
	User   *visitor `json:"user,omitempty"`
	Visits int      `json:"visits"`
	Note   string   `json:"note,omitempty"`
}

type visitor struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// serve listens on loopback until the pipe ends, and gives the address.
func (s site) serve() (url string, err error) {
	keeper, err := session.New[visit](session.Config{
		Make:   iron.New,
		Keys:   seal.Secrets(s.Password),
		Cookie: s.Cookie,
		TTL:    time.Duration(s.TTL) * time.Second,
		Chunks: s.Chunks,
	})
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", keeper.Handler(show))
	mux.Handle("POST /save", keeper.Handler(save))
	mux.Handle("POST /destroy", keeper.Handler(destroy))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = http.Serve(listener, mux) }()
	return "http://" + listener.Addr().String(), nil
}

func show(w http.ResponseWriter, _ *http.Request, s *session.Session[visit]) {
	w.Header().Set("X-Unreadable", s.Unreadable())
	_ = json.NewEncoder(w).Encode(s.Data)
}

func save(w http.ResponseWriter, r *http.Request, s *session.Session[visit]) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &s.Data)
	}
	if err == nil {
		err = s.Save()
	}
	if err != nil {
		http.Error(w, fmt.Sprint(err), http.StatusBadRequest)
	}
}

func destroy(w http.ResponseWriter, _ *http.Request, s *session.Session[visit]) {
	if err := s.Destroy(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}
