package email

import (
	"encoding/base32"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"

	"github.com/wneessen/go-mail"
)

// message puts a written letter into a message with two forms of the same text. The parser
// of net/mail is kept away from addresses: ours has read them, and is stricter.
func (p *Provider) message(w written) (*mail.Msg, error) {
	id := make([]byte, 20)
	if _, err := io.ReadFull(p.c.World.Rand, id); err != nil {
		return nil, fmt.Errorf("email: message id: %w", err)
	}
	name := p.c.FromName
	if name == "" {
		name = w.Site
	}
	_, domain, _ := strings.Cut(p.c.From, "@")

	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(encoding(w.subject)))
	m.SetAddrHeaderFromMailAddress(mail.HeaderFrom, &netmail.Address{Name: name, Address: p.c.From})
	m.SetAddrHeaderFromMailAddress(mail.HeaderTo, &netmail.Address{Address: w.To})
	m.Subject(w.subject)
	m.SetDateWithValue(p.c.World.Now().UTC())
	m.SetMessageIDWithValue(strings.ToLower(base32.StdEncoding.EncodeToString(id)) + "@" + domain)
	m.SetGenHeader("Content-Language", w.Lang)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 section 5: no out-of-office answers
	m.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same for Exchange
	m.SetBodyString(mail.TypeTextPlain, crlf(w.text))
	if w.html != "" {
		m.AddAlternativeString(mail.TypeTextHTML, crlf(w.html))
	}
	return m, nil
}

// encoding is the shorter one: quoted-printable makes nine bytes of a Korean syllable,
// base64 four.
func encoding(subject string) mail.Encoding {
	if ascii(subject) {
		return mail.EncodingQP
	}
	return mail.EncodingB64
}

// crlf gives lines the ends they have in mail.
func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}
