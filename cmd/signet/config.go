package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/signet-auth/signet"
)

// The configuration that is read where none is named, the folder of the data, and where
// serve listens when nobody says.
const (
	defaultConfig = "signet.yaml"
	defaultData   = "signet-data"
	defaultListen = "127.0.0.1:3000"
)

// A config is what the flags, signet.yaml and the environment say, in this order: a flag
// wins over the file, and the file over the environment, as in Auth.js.
type config struct {
	file     string // as named; "" when there is none
	home     string // relative paths in the file are counted from here
	data     string // folder of everything that serve makes
	database string // path of the SQLite file
	places   places // where each key was set

	url, basePath  string
	listen         string
	adminListen    string   // "" is off
	bound          []string // where a server listens, once it does
	drain          *time.Duration
	site           string
	secrets        []secret
	trustHost      *bool
	trustedProxies []string
	trustedOrigins []string
	store          string
	session        sessionConfig
	providers      []providerConfig
	chosen         bool // providers were listed, be it none
	mail           *mailConfig
	protect        []string
	public         []string
	pages          signet.Pages
	gateway        gatewayConfig
	access         accessConfig
	limits         signet.Limits
	log            logConfig
}

type sessionConfig struct {
	strategy, format string
	algorithm        string
	claims           signet.Shape
	accept           []acceptConfig
	chosen           bool // accept was listed, be it empty
	maxAge, absolute time.Duration
	updateAge        *time.Duration
	cache            *int // 0 is none
	expose           map[string]string
	cookie           cookieConfig
}

type cookieConfig struct {
	name, domain, sameSite string
	native                 bool
}

type logConfig struct {
	level, format string
	requests      bool
}

// loadConfig reads the file that at names, or signet.yaml in this folder, and completes it
// from the environment. Its error is a [*configErrors] with everything that is wrong.
func loadConfig(t *terminal, at placeFlags) (config, error) {
	c := config{places: places{}}
	var problems []problem
	text, err := c.find(at.Config)
	if err != nil {
		return config{}, err
	}
	if c.file != "" {
		problems = c.read(text)
	}
	problems = append(problems, c.complete(t.Env)...)
	c.locate(at.Data)
	if len(problems) == 0 {
		problems = c.check()
	}
	if len(problems) > 0 {
		return config{}, &configErrors{problems}
	}
	return c, nil
}

// find reads the file. A file that nobody named may be missing.
func (c *config) find(named string) ([]byte, error) {
	path := named
	if path == "" {
		path = defaultConfig
	}
	text, err := readBounded(path, maxConfig)
	switch {
	case err == nil:
		c.file, c.home = path, filepath.Dir(path)
		return text, nil
	case errors.Is(err, fs.ErrNotExist) && named == "":
		c.home = "."
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &usageError{fmt.Sprintf("there is no file %s", path), "write one with `signet init`, or name another with --config"}
	}
	return nil, &usageError{fmt.Sprintf("the configuration cannot be read: %v", err), "check its name and who may read it"}
}

// locate settles where the data is. A relative path in the file is counted from the
// folder of the file, so that all verbs find the same data from wherever they are called.
func (c *config) locate(data string) {
	if c.data = data; c.data == "" {
		c.data = c.path(defaultData)
	}
	c.database = filepath.Join(c.data, "signet.db")
	if c.store != "" {
		if c.database = c.store; !filepath.IsAbs(c.store) {
			c.database = filepath.Join(c.data, c.store)
		}
	}
}

// path is a path as the file means it.
func (c *config) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.home, p)
}

// listenAt lets a flag replace the address of the file.
func (c *config) listenAt(flag string) error {
	if flag == "" {
		return nil
	}
	if why := badAddress(flag); why != "" {
		return &usageError{fmt.Sprintf("--listen %s: %s", flag, why), "write it as 127.0.0.1:3000"}
	}
	c.listen, c.places["listen"] = flag, "--listen"
	return nil
}

// onLoopback tells whether only this machine can reach the listener.
func (c *config) onLoopback() bool { return isLoopback(c.listen) }

// forOutside tells whether visitors from elsewhere are expected: the listener is open to
// them, or a proxy in front of it is.
func (c *config) forOutside() bool {
	if !c.onLoopback() || c.trusting() {
		return true
	}
	u, err := url.Parse(c.url)
	return c.url != "" && (err != nil || !isLoopbackHost(u.Hostname()))
}

func (c *config) trusting() bool { return c.trustHost != nil && *c.trustHost }

// passwordProvider is the id under which accounts with a password are stored: that of the
// first provider that has them.
func (c *config) passwordProvider() string {
	for _, p := range c.providers {
		if p.kind == kindCredentials {
			return p.id
		}
	}
	return kindCredentials
}

func (c *config) hasPasswords() bool {
	return slices.ContainsFunc(c.providers, func(p providerConfig) bool { return p.kind == kindCredentials })
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && isLoopbackHost(host)
}

func isLoopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// readBounded reads a file that somebody typed, and no more of it than is sensible.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s is larger than %d KiB", path, limit>>10)
	}
	return text, err
}

// tooOpen tells whether a file that holds secrets can be read by more than its owner and
// group, or written by more than its owner (security line S-102: mode 0640 at most).
func tooOpen(path string) (fs.FileMode, bool) {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" { // where the mode says nothing
		return 0, false
	}
	mode := info.Mode().Perm()
	return mode, mode&^0o640 != 0
}
