package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// A keyboard is a pseudo-terminal of Linux: what the test types into it, signet reads.
type keyboard struct {
	*testing.T
	far  *os.File // the test's end
	near *os.File // signet's end

	mu    sync.Mutex
	shown bytes.Buffer // echoed by the terminal
}

func newKeyboard(t *testing.T) *keyboard {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	var unlock, number int32
	for request, arg := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, far.Fd(), request, uintptr(unsafe.Pointer(arg))); e != 0 {
			t.Fatal(e)
		}
	}
	near, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	k := &keyboard{T: t, far: far, near: near}
	go func() {
		b := make([]byte, 256)
		for {
			n, err := far.Read(b)
			if err != nil {
				return
			}
			k.mu.Lock()
			k.shown.Write(b[:n])
			k.mu.Unlock()
		}
	}()
	return k
}

// echo is what the terminal has shown of what was typed.
func (k *keyboard) echo() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.shown.String()
}

// A person answers questions: each time one is asked, the next line is typed.
type person struct {
	*keyboard
	answers []string
	asked   strings.Builder
}

// Write is standard error. A question ends in a blank, and once it is there whatever the
// person must not see is hidden already.
func (p *person) Write(b []byte) (int, error) {
	p.asked.Write(b)
	if strings.HasSuffix(string(b), " ") && len(p.answers) > 0 {
		if _, err := io.WriteString(p.far, p.answers[0]+"\n"); err != nil {
			p.Error(err)
		}
		p.answers = p.answers[1:]
	}
	return len(b), nil
}

// at runs one command line with somebody in front of it.
func (p *person) at(args ...string) (status int, out string) {
	p.Helper()
	var b bytes.Buffer
	status = run(p.Context(), args, &terminal{In: p.near, Out: &b, Err: p, Now: time.Now, Env: func(string) string { return "" }})
	return status, b.String() + p.asked.String()
}

func TestPasswordIsAskedForTwiceAndNotShown(t *testing.T) {
	t.Chdir(t.TempDir())
	const good, bad = "correct horse battery", "correct horse batterie"
	p := &person{keyboard: newKeyboard(t), answers: []string{good, bad}}
	status, out := p.at("user", "add", "hana@example.com")
	if status != exitNo || !strings.Contains(out, "the two passwords differ") {
		t.Errorf("two passwords that differ: exit status %d\n%s", status, out)
	}
	p = &person{keyboard: p.keyboard, answers: []string{good, good}}
	status, out = p.at("user", "add", "hana@example.com")
	if status != exitOK || !strings.Contains(out, "Added hana@example.com") {
		t.Fatalf("exit status %d\n%s", status, out)
	}
	if before, err := stty(p.near, "-a"); err != nil || strings.Contains(before, "-echo ") || !strings.Contains(before, "echo ") {
		t.Errorf("the terminal does not show what is typed any more: %v\n%s", err, before)
	}
	p = &person{keyboard: p.keyboard, answers: []string{"no"}}
	if status, out = p.at("user", "delete", "hana@example.com"); status != exitNo || !strings.Contains(out, "Nothing was deleted") {
		t.Errorf("exit status %d\n%s", status, out)
	}
	p = &person{keyboard: p.keyboard, answers: []string{"Yes"}}
	if status, out = p.at("user", "delete", "hana@example.com"); status != exitOK || !strings.Contains(out, "Deleted hana@example.com") {
		t.Errorf("exit status %d\n%s", status, out)
	}
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(p.echo(), "Yes"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("an answer that is no secret is not shown: %q", p.echo())
		}
	}
	if strings.Contains(p.echo(), "horse") {
		t.Errorf("the password is shown: %q", p.echo())
	}
}
