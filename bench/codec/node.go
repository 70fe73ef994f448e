package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// A nodeProcess runs peers.js. Only one thing is asked of it at a time.
type nodeProcess struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
	hello hello
}

// A hello is what the process says when it is ready.
type hello struct {
	Version string
	Values  map[string]string // by format: a cookie made by the package
	Rows    []struct{ Format, Work, Name string }
}

// A request asks for N operations of a row, or to open a value.
type request struct {
	Row    string `json:"row,omitempty"`
	N      int    `json:"n,omitempty"`
	Format string `json:"format,omitempty"`
	Value  string `json:"value,omitempty"`
}

type answer struct {
	Micros float64 // CPU time
	Email  string
	Error  string
}

// startNode starts it from the folder above, which is where `go run ./codec` is called.
func startNode(ctx context.Context, node string) (*nodeProcess, error) {
	p := &nodeProcess{cmd: exec.CommandContext(ctx, node, "codec/peers.js", secret, claims)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.lines = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.read(&p.hello); err != nil {
		p.stop()
		return nil, fmt.Errorf("%w; are the packages below e2e installed?", err)
	}
	return p, nil
}

func (p *nodeProcess) stop() {
	p.in.Close()
	p.cmd.Wait()
}

func (p *nodeProcess) read(v any) error {
	if !p.lines.Scan() {
		return fmt.Errorf("the Node process ended: %w", io.ErrUnexpectedEOF)
	}
	return json.Unmarshal(p.lines.Bytes(), v)
}

func (p *nodeProcess) ask(r request) (a answer, err error) {
	line, err := json.Marshal(r)
	if err != nil {
		return a, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return a, err
	}
	if err := p.read(&a); err != nil {
		return a, err
	}
	if a.Error != "" {
		return a, fmt.Errorf("in Node: %s", a.Error)
	}
	return a, nil
}

func (p *nodeProcess) spend(row string, n int) (time.Duration, error) {
	a, err := p.ask(request{Row: row, N: n})
	return time.Duration(a.Micros * float64(time.Microsecond)), err
}

// open has the package open a value that was made here.
func (p *nodeProcess) open(format, value string) error {
	a, err := p.ask(request{Format: format, Value: value})
	if err != nil {
		return fmt.Errorf("%s cookie: %w", format, err)
	}
	if a.Email != email {
		return fmt.Errorf("%s cookie opened to the email %q", format, a.Email)
	}
	return nil
}
