package email

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// retryAfter is how long a server that said "not now" is left alone. A visitor waits
// meanwhile, so it helps against a busy server and not against greylisting: letters are
// for a relay that takes them, not for the servers of the recipients.
const retryAfter = 300 * time.Millisecond

// deliver hands a message over. A server that says "not now" before it has seen any of the
// content is asked once more; afterwards never, since a letter whose fate is unknown
// may have been taken.
func (p *Provider) deliver(ctx context.Context, m *mail.Msg, to string) error {
	ctx, cancel := context.WithTimeout(ctx, p.c.Server.Timeout)
	defer cancel()
	err := p.try(ctx, m, to)
	var failed *SendError
	if !errors.As(err, &failed) || failed.Code/100 != 4 || failed.Stage == StageLetter {
		return err
	}
	pause := time.NewTimer(retryAfter)
	defer pause.Stop()
	select {
	case <-pause.C:
		return p.try(ctx, m, to)
	case <-ctx.Done():
		return err
	}
}

// try hands a message over in a connection of its own.
func (p *Provider) try(ctx context.Context, m *mail.Msg, to string) error {
	wide := !ascii(to)
	v, err := p.visit(ctx, wide)
	if err != nil {
		return err
	}
	defer v.leave()
	if offered, _ := v.session.Extension("SMTPUTF8"); wide && !offered {
		return &SendError{Stage: StageRecipient, Err: errors.New("the server takes no addresses beyond ASCII (SMTPUTF8)")}
	}
	err = v.client.SendWithSMTPClient(v.session, m)
	if m.IsDelivered() {
		// What goes wrong after the server has taken the letter is no reason to say that it
		// was not sent.
		v.wire.last()
		return nil
	}
	return failed(ctx, err)
}

// A visit is a connection to the mail server, greeted, encrypted and logged in.
type visit struct {
	client  *mail.Client
	session *smtp.Client
	wire    *wire
}

// visit connects. wide allows SMTPUTF8.
func (p *Provider) visit(ctx context.Context, wide bool) (*visit, error) {
	v := &visit{wire: &wire{left: maxReplies}}
	client, err := mail.NewClient(p.c.Server.Host, p.options(ctx, v.wire, wide)...)
	if err != nil {
		return nil, &SendError{Stage: StageConnect, Err: err}
	}
	v.client = client
	v.session, err = client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		v.wire.Close() // the client leaves it open
		return nil, p.notConnected(ctx, err)
	}
	return v, nil
}

// leave says good-bye and closes the connection.
func (v *visit) leave() {
	v.client.CloseWithSMTPClient(v.session) // nothing depends on it any more
	v.wire.Close()
}

func (p *Provider) options(ctx context.Context, w *wire, wide bool) []mail.Option {
	s := p.c.Server
	security := s.security()
	_, domain, _ := strings.Cut(p.c.From, "@")
	o := []mail.Option{
		mail.WithPort(s.Port), mail.WithTimeout(s.Timeout), mail.WithoutNoop(), mail.WithoutRset(),
		mail.WithHELO(domain), // the name of this machine is nobody's business
		mail.WithTLSConfig(s.tls()), mail.WithTLSPolicy(mail.NoTLS),
		mail.WithDialContextFunc(func(_ context.Context, network, address string) (net.Conn, error) {
			return w.dial(ctx, network, address, s) // the client's own context ends with the greeting
		}),
	}
	if security == StartTLS {
		o = append(o, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.Username != "" {
		o = append(o, mail.WithUsername(s.Username), mail.WithPassword(s.Password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthSCRAMSHA256))
	}
	if !wide {
		o = append(o, mail.WithoutSMTPUTF8())
	}
	return o
}
