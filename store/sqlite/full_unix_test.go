//go:build unix

package sqlite_test

import (
	"bufio"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/store/sqlite"
)

// fillUp is a child that lets the system refuse its writes: files cannot grow any more.
func fillUp(s *sqlite.Store, in *bufio.Scanner, say func(string, ...any)) {
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	fail := func(what string, err error) { say("%s: %v", what, err) }
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		fail("getrlimit", err)
		return
	}
	if err := s.CreateSession(ctx, testRow(1, "u"), 0); err != nil {
		fail("create with room", err)
	}
	info, err := os.Stat(os.Getenv(childPath) + "-wal")
	if err != nil {
		fail("log", err)
		return
	}
	tight := before
	tight.Cur = uint64(info.Size()) + 2000 // room for half a page
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight); err != nil {
		fail("setrlimit", err)
		return
	}
	id := signet.SessionID(2)
	for ; id < 100; id++ {
		if err = s.CreateSession(ctx, testRow(id, "u"), 0); err != nil {
			break
		}
	}
	say("stopped %v", err != nil)
	_, err = s.Session(ctx, 1)
	say("reads %v", err == nil)
	_, err = s.Session(ctx, id)
	say("half a session %v", !errors.Is(err, signet.ErrNotFound))
	say("healthy %v", s.Healthy(ctx) == nil)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		fail("setrlimit", err)
	}
	say("healthy again %v", s.Healthy(ctx) == nil)
	say("writes again %v", s.CreateSession(ctx, testRow(id, "u"), 0) == nil)
}

// TestWriteRefusedBySystem is F-05 with the system's own refusal: reads go on, nothing is
// stored by half, and writing works again without a restart.
func TestWriteRefusedBySystem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	c := startChild(t, "full", path)
	want := []string{
		"stopped true", "reads true", "half a session false", "healthy false", "healthy again true", "writes again true",
	}
	for _, line := range want {
		c.expect(t, line)
	}
	c.finish(t)
	integrity(t, path)
}
