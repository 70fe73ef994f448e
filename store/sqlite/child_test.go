package sqlite_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/signet-auth/signet/store/sqlite"
)

// childRole, when set in the environment, makes this test binary a second process on the
// file named by childPath instead of running tests.
const (
	childRole = "SIGNET_SQLITE_CHILD"
	childPath = "SIGNET_SQLITE_PATH"
)

// roles are what a child can do. It says "ready" first, then what it was told to.
var roles = map[string]func(s *sqlite.Store, in *bufio.Scanner, say func(format string, args ...any)){
	"churn":   churn,
	"obey":    obey,
	"consume": consumeAll,
	"full":    fillUp,
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(childRole)]
	if !ok {
		os.Exit(m.Run())
	}
	s, err := sqlite.Open(ctx, os.Getenv(childPath), sqlite.Options{})
	say := sayer(os.Stdout)
	if err != nil {
		say("failed %v", err)
		os.Exit(1)
	}
	say("ready")
	role(s, bufio.NewScanner(os.Stdin), say)
	if err := s.Close(); err != nil {
		say("failed %v", err)
		os.Exit(1)
	}
}

// A child is another process on the same file.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// startChild starts one and waits until it has opened the file.
func startChild(t *testing.T, role, path string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childPath+"="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, in: in, out: bufio.NewScanner(out)}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	c.expect(t, "ready")
	return c
}

// expect reads one line.
func (c *child) expect(t *testing.T, want string) {
	t.Helper()
	if !c.out.Scan() || c.out.Text() != want {
		t.Fatalf("child said %q, want %q", c.out.Text(), want)
	}
}

// ask sends one line and returns the answer.
func (c *child) ask(t *testing.T, line string) string {
	t.Helper()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		t.Fatal(err)
	}
	if !c.out.Scan() {
		t.Fatalf("child is silent after %q", line)
	}
	return c.out.Text()
}

// finish closes the child's input and waits for its end.
func (c *child) finish(t *testing.T) (rest []string) {
	t.Helper()
	if err := c.in.Close(); err != nil {
		t.Fatal(err)
	}
	for c.out.Scan() {
		rest = append(rest, c.out.Text())
	}
	if err := c.cmd.Wait(); err != nil {
		t.Fatalf("child: %v, said %s", err, strings.Join(rest, "; "))
	}
	return rest
}
