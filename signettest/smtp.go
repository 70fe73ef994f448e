package signettest

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

// maxLetter is how many bytes a letter may have; more is refused.
const maxLetter = 1 << 20

// A conversation is one SMTP session. RFC 5321 section 4.1.
type conversation struct {
	box  *Mailbox
	conn net.Conn
	in   *bufio.Reader

	extended, known bool // EHLO was said; AUTH was passed
	begun, utf8     bool // MAIL was said; with SMTPUTF8
	letter          Mail
}

func newConversation(m *Mailbox, c net.Conn) *conversation {
	return &conversation{box: m, conn: c, in: bufio.NewReaderSize(c, 2048)}
}

// run speaks until one of the two has enough.
func (s *conversation) run() {
	if !s.say(s.or("CONNECT", "220 signettest ESMTP")) {
		return
	}
	for {
		s.conn.SetDeadline(time.Now().Add(time.Minute))
		line, err := s.line()
		if err != nil {
			if err == errLine {
				s.say("500 5.5.2 a line ends with CR LF and has at most 998 characters")
			}
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		answer := s.box.reply(verb)
		if answer == "" {
			answer = s.obey(verb, rest)
		}
		if !s.say(answer) || verb == "QUIT" {
			return
		}
		if verb == "DATA" && strings.HasPrefix(answer, "354") && !s.data() {
			return
		}
	}
}

// or is the line that the test wants, or ours.
func (s *conversation) or(verb, line string) string {
	if own := s.box.reply(verb); own != "" {
		return own
	}
	return line
}

func (s *conversation) say(line string) bool {
	_, err := io.WriteString(s.conn, line+"\r\n")
	return err == nil
}

var errLine = errors.New("signettest: a line that is none")

// line reads one line. A bare LF ends none: RFC 5321 section 2.3.8.
func (s *conversation) line() (string, error) {
	raw, err := s.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull || err == nil && (len(raw) > 1000 || !bytes.HasSuffix(raw, []byte("\r\n"))) {
		return "", errLine
	}
	if err != nil {
		return "", err
	}
	if line := raw[:len(raw)-2]; bytes.IndexByte(line, '\r') < 0 {
		return string(line), nil
	}
	return "", errLine
}

// obey carries a command out and returns the answer.
func (s *conversation) obey(verb, rest string) string {
	switch verb {
	case "EHLO", "HELO":
		return s.hello(verb, rest)
	case "AUTH":
		return s.auth(rest)
	case "MAIL":
		return s.from(rest)
	case "RCPT":
		return s.to(rest)
	case "DATA":
		if !s.begun || len(s.letter.To) == 0 {
			return "503 5.5.1 nobody to write to"
		}
		return "354 go on, and end with a dot"
	case "RSET":
		s.reset()
		return "250 2.0.0 forgotten"
	case "NOOP":
		return "250 2.0.0 well"
	case "QUIT":
		return "221 2.0.0 bye"
	}
	return "502 5.5.1 unknown command"
}

func (s *conversation) reset() { s.begun, s.utf8, s.letter = false, false, Mail{} }

func (s *conversation) hello(verb, name string) string {
	if name == "" {
		return "501 5.5.4 say who you are"
	}
	s.reset()
	if s.extended = verb == "EHLO"; !s.extended {
		return "250 signettest"
	}
	offers := []string{"250-signettest", "250-8BITMIME", "250-ENHANCEDSTATUSCODES"}
	if !s.box.ASCII {
		offers = append(offers, "250-SMTPUTF8")
	}
	if s.box.User != "" {
		offers = append(offers, "250-AUTH PLAIN")
	}
	return strings.Join(append(offers, "250 SIZE 1048576"), "\r\n")
}

// auth is PLAIN with or without an initial response. RFC 4616.
func (s *conversation) auth(rest string) string {
	how, first, _ := strings.Cut(rest, " ")
	if !strings.EqualFold(how, "PLAIN") || s.box.User == "" {
		return "504 5.5.4 no such way"
	}
	if first == "" {
		if !s.say("334 ") {
			return "221 2.0.0 bye"
		}
		first, _ = s.line()
	}
	raw, err := base64.StdEncoding.DecodeString(first)
	parts := strings.Split(string(raw), "\x00")
	if err != nil || len(parts) != 3 || parts[1] != s.box.User || parts[2] != s.box.Password {
		return "535 5.7.8 wrong"
	}
	s.known = true
	return "235 2.7.0 welcome"
}

func (s *conversation) from(rest string) string {
	address, params, ok := path(rest, "FROM:")
	switch {
	case !ok:
		return "501 5.5.4 MAIL FROM:<address>"
	case s.begun:
		return "503 5.5.1 one letter at a time"
	case s.box.User != "" && !s.known:
		return "530 5.7.0 AUTH comes first"
	}
	for _, param := range params {
		name, _, _ := strings.Cut(strings.ToUpper(param), "=")
		if !s.extended || !slices.Contains([]string{"SIZE", "BODY", "SMTPUTF8", "AUTH"}, name) || name == "SMTPUTF8" && s.box.ASCII {
			return "555 5.5.4 unknown parameter"
		}
		s.utf8 = s.utf8 || name == "SMTPUTF8"
	}
	if !s.utf8 && !isASCII(address) {
		return "553 5.6.7 the address needs SMTPUTF8"
	}
	s.begun, s.letter.From = true, address
	return "250 2.1.0 fine"
}

func (s *conversation) to(rest string) string {
	address, params, ok := path(rest, "TO:")
	switch {
	case !ok || address == "" || len(params) > 0:
		return "501 5.5.4 RCPT TO:<address>"
	case !s.begun:
		return "503 5.5.1 MAIL comes first"
	case !s.utf8 && !isASCII(address):
		return "553 5.6.7 the address needs SMTPUTF8"
	}
	s.letter.To = append(s.letter.To, address)
	return "250 2.1.5 fine"
}

// path reads FROM:<address> and parameters. No blank may stand before the <: RFC 5321
// section 3.3.
func path(rest, word string) (address string, params []string, ok bool) {
	if len(rest) < len(word) || !strings.EqualFold(rest[:len(word)], word) || !strings.HasPrefix(rest[len(word):], "<") {
		return "", nil, false
	}
	address, after, ok := strings.Cut(rest[len(word)+1:], ">")
	if !ok || strings.ContainsAny(address, "<\x00") || after != "" && after[0] != ' ' {
		return "", nil, false
	}
	return address, strings.Fields(after), true
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 126 }) < 0
}

// data reads the letter and puts it into the box; false ends the conversation.
func (s *conversation) data() bool {
	var raw bytes.Buffer
	for {
		line, err := s.line()
		if err == errLine {
			s.say("554 5.6.0 a line ends with CR LF and has at most 998 characters")
			return false
		}
		if err != nil {
			return false
		}
		if line == "." {
			break
		}
		if raw.Len() <= maxLetter {
			raw.WriteString(strings.TrimPrefix(line, ".") + "\r\n") // RFC 5321 section 4.5.2
		}
	}
	letter := s.letter
	s.reset()
	if raw.Len() > maxLetter {
		return s.say("552 5.3.4 too long")
	}
	answer := s.or(".", "250 2.6.0 taken")
	if strings.HasPrefix(answer, "2") {
		letter.Raw = raw.Bytes()
		s.box.take(letter)
	}
	return s.say(answer)
}
