package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

// What the upstream answers at, beside 1 KiB at any other path.
const (
	largePath  = "/api/large"  // 10 MiB
	eventsPath = "/api/events" // one event, and then nothing
	largeSize  = 10 << 20
)

// serveUpstream is the server behind the proxies. It knows no more of HTTP than it has to,
// since it shares a core with whoever asks.
func serveUpstream() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: private\r\nDate: Thu, 26 Nov 2026 09:00:00 GMT\r\n"
	small := []byte(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, 1<<10, strings.Repeat("x", 1<<10)))
	large := append([]byte(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", head, largeSize)), bytes.Repeat([]byte("x"), largeSize)...)
	event := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerAll(conn, small, large, event)
		}
	}()
	fmt.Printf("%s\n\n", l.Addr())
	io.Copy(io.Discard, os.Stdin)
	return l.Close()
}

func answerAll(conn net.Conn, small, large, event []byte) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		answer := small
		switch {
		case strings.Contains(line, largePath):
			answer = large
		case strings.Contains(line, eventsPath):
			answer = event
		}
		for len(line) > 2 {
			if line, err = r.ReadString('\n'); err != nil {
				return
			}
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}
