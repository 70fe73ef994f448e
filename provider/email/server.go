package email

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// A Server is a mail server that takes letters for delivery. Only Host is needed.
type Server struct {
	Host string

	// Port is 587 when 0, or 465 with ImplicitTLS.
	Port int

	// Username and Password log in; without a Username nobody does. They go over an
	// encrypted connection, or to loopback.
	Username string
	Password string `json:"-"`

	// Security says how the connection is encrypted.
	Security Security

	// TLS is for an own certificate authority. Nil means the roots of the system.
	TLS *tls.Config `json:"-"`

	// Timeout is for a letter as a whole; 10 seconds when 0.
	Timeout time.Duration
}

// Security is how a connection to a mail server is encrypted.
type Security string

const (
	// AutoSecurity is ImplicitTLS on port 465, none to loopback, and else StartTLS.
	AutoSecurity Security = ""

	// ImplicitTLS encrypts from the first byte (RFC 8314).
	ImplicitTLS Security = "tls"

	// StartTLS demands encryption before anything is said; a server without it gets
	// nothing.
	StartTLS Security = "starttls"

	// InsecurePlain encrypts nothing: whoever listens between here and the server can read
	// links and codes. For a server in the same private network only.
	InsecurePlain Security = "insecure-plain"
)

// defaultTimeout is for one letter, with everything around it.
const defaultTimeout = 10 * time.Second

// ParseServer reads a server as EMAIL_SERVER of Auth.js has it:
// "smtp://user:password@smtp.example.com:587", or smtps:// for ImplicitTLS. Reserved
// characters of user and password are percent-encoded. The error repeats nothing of it.
func ParseServer(s string) (Server, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return Server{}, errors.New(`email: not a mail server; write "smtp://user:password@smtp.example.com:587"`)
	}
	server := Server{Host: u.Hostname(), Username: u.User.Username()}
	server.Password, _ = u.User.Password()
	switch u.Scheme {
	case "smtp":
	case "smtps":
		server.Security = ImplicitTLS
	default:
		return Server{}, errors.New("email: a mail server begins with smtp:// or smtps://")
	}
	if port := u.Port(); port != "" {
		if server.Port, err = strconv.Atoi(port); err != nil {
			return Server{}, errors.New("email: the port of the mail server is no number")
		}
	}
	if err := server.complete(); err != nil {
		return Server{}, fmt.Errorf("email: %w", err)
	}
	return server, nil
}

// complete checks the server and fills in defaults.
func (s *Server) complete() error {
	bad := func(field, what, cure string) error {
		return &signet.ConfigError{Field: "email.Server." + field, What: what, Cure: cure}
	}
	if s.Host == "" || strings.ContainsFunc(s.Host, notInHost) {
		return bad("Host", "is no host name", `give the name of the mail server, "smtp.example.com"`)
	}
	if s.Port < 0 || s.Port > 65535 {
		return bad("Port", "is none", "give 587, or 465 for ImplicitTLS")
	}
	if s.Timeout < 0 {
		return bad("Timeout", "is negative", "leave it out for 10 seconds")
	}
	if s.Username == "" && s.Password != "" {
		return bad("Username", "is missing while there is a password", "give both or none")
	}
	switch s.Security {
	case AutoSecurity, ImplicitTLS, StartTLS, InsecurePlain:
	default:
		return bad("Security", "is unknown", `leave it empty, or write "tls", "starttls" or "insecure-plain"`)
	}
	if s.Port == 0 && s.Security == ImplicitTLS {
		s.Port = 465
	}
	if s.Port == 0 {
		s.Port = 587
	}
	if s.Timeout == 0 {
		s.Timeout = defaultTimeout
	}
	return nil
}

// notInHost tells what no host name or IP address has.
func notInHost(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == ':' || r == '_')
}

// security is what AutoSecurity means here.
func (s Server) security() Security {
	switch {
	case s.Security != AutoSecurity:
		return s.Security
	case s.Port == 465:
		return ImplicitTLS
	case s.loopback():
		return InsecurePlain
	}
	return StartTLS
}

// loopback tells whether the server is on this machine, by its name.
func (s Server) loopback() bool {
	ip := net.ParseIP(s.Host)
	return s.Host == "localhost" || ip != nil && ip.IsLoopback()
}

// tls is the configuration to encrypt with.
func (s Server) tls() *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		t = s.TLS.Clone()
	}
	if t.ServerName == "" {
		t.ServerName = s.Host
	}
	return t
}

// Format writes where the server is, without the password.
func (s Server) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "email.Server{%s, %q}", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), s.security())
}

// LogValue is Format for log/slog.
func (s Server) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }
