package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"streamd/sink"
)

// Notice is one message to a receiver, about one signal or several.
type Notice struct {
	// ID is that of the signal, or of the signals together: the same whenever the same message
	// is sent again.
	ID      string
	Signals []*Signal // at least one
	// Text is what people read, with values escaped by the receiver. Templated says that it is
	// of a template of the configuration.
	Text      string
	Templated bool
	Link      string // to the chart of the first signal; empty where no address is configured
}

// Receiver takes messages to one place. One goroutine at a time calls it.
type Receiver interface {
	// Escape writes a value so that the place shows it as it is.
	Escape(value string) string
	// Send delivers a message and returns the place's answer in a few words. An error that is a
	// *Refusal says what to do; behind any other one the same message is sent again. An error
	// carries no secret. A receiver may be sent again what it has taken a part of.
	Send(ctx context.Context, m *Notice) (answer string, err error)
	// Close gives up what the receiver holds.
	Close() error
}

// repeater is a Receiver that has something to send by itself, at a time.
type repeater interface {
	// due is when Repeat wants to be called; zero for never.
	due() time.Time
	repeat(ctx context.Context) error
	// recall is told, at the start, of a signal that was delivered before.
	recall(s *Signal)
}

// Refusal is a place's answer that it did not take a message.
type Refusal struct {
	Status     int           // of HTTP or SMTP; 0 for none
	Text       string        // of the answer, the first words
	Remedy     Remedy        // what to do
	RetryAfter time.Duration // with Again; 0 where the place does not say
}

// Remedy is what a refusal means.
type Remedy uint8

// Again is to send the message again, GiveUp that it will never be taken, Gone that no message will.
const (
	Again Remedy = iota
	GiveUp
	Gone
)

// Error says status and answer.
func (r *Refusal) Error() string {
	var parts []string
	if r.Status != 0 {
		parts = append(parts, fmt.Sprintf("status %d", r.Status))
	}
	if r.Text != "" {
		parts = append(parts, fmt.Sprintf("%q", r.Text))
	}
	return strings.Join(parts, " ")
}

// open opens a receiver and has it hide its secrets.
func (r *ReceiverSettings) open(o OpenOptions) (Receiver, error) {
	_, k, err := r.chosen()
	if err != nil {
		return nil, err
	}
	o.Secrets = r.Secrets
	hide := newMask(append(k.Secrets(), r.Secrets...))
	opened, err := k.Open(o)
	if err != nil {
		return nil, fmt.Errorf("notify: receiver %s: %w", r.Name, hide.error(err))
	}
	m := masked{opened, hide}
	if own, ok := opened.(repeater); ok {
		return &maskedRepeater{m, own}, nil
	}
	return &m, nil
}

// masked is a Receiver whose answers and errors repeat no secret.
type masked struct {
	Receiver
	hide *mask
}

type maskedRepeater struct {
	masked
	own repeater
}

func (m *masked) Send(ctx context.Context, msg *Notice) (string, error) {
	answer, err := m.Receiver.Send(ctx, msg)
	return m.hide.text(answer), m.hide.error(err)
}

func (m *maskedRepeater) due() time.Time                   { return m.own.due() }
func (m *maskedRepeater) recall(s *Signal)                 { m.own.recall(s) }
func (m *maskedRepeater) repeat(ctx context.Context) error { return m.hide.error(m.own.repeat(ctx)) }

// mask replaces secrets in texts.
type mask struct{ replacer *strings.Replacer }

// secretBytesMin is the shortest text that is taken for a secret: shorter ones are everywhere.
const secretBytesMin = 3

func newMask(secrets []string) *mask {
	var pairs []string
	for _, s := range secrets {
		if len(s) >= secretBytesMin {
			pairs = append(pairs, s, "***")
		}
	}
	return &mask{strings.NewReplacer(pairs...)}
}

func (m *mask) text(s string) string { return m.replacer.Replace(s) }

func (m *mask) error(err error) error {
	if err == nil {
		return nil
	}
	var r *Refusal
	if errors.As(err, &r) {
		hidden := *r
		hidden.Text = m.text(r.Text)
		return &hidden
	}
	if text := err.Error(); m.text(text) != text {
		return errors.New(m.text(text))
	}
	return err
}

// asSink is a Receiver as a sink.Sink: a message for each signal, in the default text. A batch
// that was taken in part goes on behind that part.
type asSink struct {
	receiver Receiver
	taken    int // signals of the batch
}

// NewSink returns the receiver of settings that have passed Check as a sink.Sink.
func NewSink(r *ReceiverSettings) (sink.Sink, error) {
	opened, err := r.open(OpenOptions{Ends: func(string) bool { return false }})
	if err != nil {
		return nil, err
	}
	return &asSink{receiver: opened}, nil
}

// Write sends the signals of the batch that were not taken yet.
func (a *asSink) Write(ctx context.Context, batch [][]byte) error {
	for ; a.taken < len(batch); a.taken++ {
		s, err := ReadSignal(batch[a.taken])
		if err != nil {
			return err
		}
		m := newNotice([]*Signal{s}, nil, "", a.receiver.Escape, 0)
		if _, err := a.receiver.Send(ctx, m); err != nil {
			return fmt.Errorf("notify: %w", err)
		}
	}
	a.taken = 0
	return nil
}

// Close closes the receiver.
func (a *asSink) Close() error { return a.receiver.Close() }
