package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// EmailSettings is mail by SMTP.
type EmailSettings struct {
	SMTP     string   `yaml:"smtp"`
	From     string   `yaml:"from"`
	To       Patterns `yaml:"to"`
	Username string   `yaml:"username,omitempty"`
	Password string   `yaml:"password,omitempty"`
	TLS      string   `yaml:"tls,omitempty" jsonschema:"enum=starttls,enum=always,enum=never"`
	Subject  string   `yaml:"subject,omitempty"`
}

// Check wants a server and addresses.
func (e *EmailSettings) Check() error {
	if _, port, err := net.SplitHostPort(e.SMTP); err != nil || port == "" {
		return errors.New("smtp is no address as smtp.example.com:587")
	}
	if _, err := mail.ParseAddress(e.From); err != nil {
		return errors.New("from is no address as streamd@example.com")
	}
	if len(e.To) == 0 {
		return errors.New("to is missing")
	}
	for _, to := range e.To {
		if _, err := mail.ParseAddress(to); err != nil {
			return fmt.Errorf("%q in to is no address as desk@example.com", to)
		}
	}
	if (e.Username == "") != (e.Password == "") {
		return errors.New("username and password go together")
	}
	if e.TLS != "" && e.TLS != "starttls" && e.TLS != "always" && e.TLS != "never" {
		return fmt.Errorf("tls %q is none of starttls, always, never", e.TLS)
	}
	if strings.ContainsAny(e.Subject, "\r\n") {
		return errors.New("subject is one line")
	}
	return nil
}

// Secrets are the password and the name.
func (e *EmailSettings) Secrets() []string { return []string{e.Password} }

// Open returns the receiver.
func (e *EmailSettings) Open(OpenOptions) (Receiver, error) { return &email{e}, nil }

type email struct{ settings *EmailSettings }

func (*email) Escape(value string) string { return asItIs(value) }

// Send delivers one mail, over a connection of its own: they are rare.
func (e *email) Send(ctx context.Context, m *Notice) (string, error) {
	ctx, stop := context.WithTimeout(ctx, 3*timeoutDefault)
	defer stop()
	c, err := e.dial(ctx)
	if err != nil {
		return "", smtpError(err)
	}
	defer func() { _ = c.Close() }() // after QUIT it is closed already
	if err := e.deliver(c, m); err != nil {
		return "", smtpError(err)
	}
	_ = c.Quit() // the mail is taken
	return "taken by " + e.settings.SMTP, nil
}

// dial opens a session: encrypted from the beginning on port 465, by STARTTLS where the server has
// it elsewhere. A password never goes out in clear, except to this machine.
func (e *email) dial(ctx context.Context) (*smtp.Client, error) {
	host, port, err := net.SplitHostPort(e.settings.SMTP)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", e.settings.SMTP)
	if err != nil {
		return nil, err
	}
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(end)
	}
	secure := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	always := e.settings.TLS == "always" || e.settings.TLS == "" && port == "465"
	if always {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := e.secure(c, always, secure, host); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (e *email) secure(c *smtp.Client, always bool, secure *tls.Config, host string) error {
	offered, _ := c.Extension("STARTTLS")
	switch {
	case always || e.settings.TLS == "never":
	case offered:
		if err := c.StartTLS(secure); err != nil {
			return err
		}
	case e.settings.TLS == "starttls":
		return errors.New("the server offers no STARTTLS")
	}
	if e.settings.Username == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", e.settings.Username, e.settings.Password, host))
}

func (e *email) deliver(c *smtp.Client, m *Notice) error {
	from, err := mail.ParseAddress(e.settings.From)
	if err != nil {
		return err
	}
	if err := c.Mail(from.Address); err != nil {
		return err
	}
	for _, to := range e.settings.To {
		a, err := mail.ParseAddress(to)
		if err != nil {
			return err
		}
		if err := c.Rcpt(a.Address); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(e.mail(m, time.Now())); err != nil {
		return err
	}
	return w.Close()
}

// mail writes the mail. Its Message-ID is of the signal: programs show one that comes again once.
func (e *email) mail(m *Notice, now time.Time) []byte {
	var b bytes.Buffer
	subject := cmp.Or(e.settings.Subject, headline(m.Signals[0]))
	if n := len(m.Signals) - 1; n > 0 && e.settings.Subject == "" {
		subject += fmt.Sprintf(" and %d more", n)
	}
	host, _, _ := net.SplitHostPort(e.settings.SMTP)
	for _, h := range [][2]string{
		{"From", e.settings.From},
		{"To", strings.Join(e.settings.To, ", ")},
		{"Subject", mime.QEncoding.Encode("utf-8", strings.Join(strings.Fields(subject), " "))},
		{"Date", now.Format(time.RFC1123Z)},
		{"Message-ID", "<" + m.ID + "@" + host + ">"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
		{"Auto-Submitted", "auto-generated"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	q := quotedprintable.NewWriter(&b)
	_, _ = q.Write([]byte(strings.ReplaceAll(m.Text, "\n", "\r\n"))) // a buffer takes all
	_ = q.Close()
	b.WriteString("\r\n")
	return b.Bytes()
}

// smtpError says what an answer means: 5xx to give up, anything else to send again (RFC 5321,
// section 4.2.1).
func smtpError(err error) error {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		if isTimeout(err) {
			return errTimeout
		}
		return err
	}
	r := &Refusal{Status: answer.Code, Text: excerpt([]byte(answer.Msg)), Remedy: Again}
	if answer.Code >= 500 {
		r.Remedy = GiveUp
	}
	return r
}

func (*email) Close() error { return nil }
