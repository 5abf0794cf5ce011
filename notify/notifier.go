package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"streamd/kafka"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// Config of a notifier.
type Config struct {
	Settings       *NotifySettings // that have passed Check
	Client         *kafka.Client
	Topic          string // of signals
	Group          string // that of the daemon; each receiver's is made of it
	SessionTimeout time.Duration
	Undelivered    string // topic for what is given up
	PublicURL      string // of the page, for links; empty for none
	// Ends reports whether the signals of a formula end with a RESOLVE; nil for none.
	Ends    func(formula string) bool
	Log     zerolog.Logger
	Metrics *metrics.Set // nil for one of its own
}

// UndeliveredTopic is where what is given up goes.
func (s *NotifySettings) UndeliveredTopic(signals string) string {
	return cmp.Or(s.Undelivered, signals+".undelivered")
}

// Notifier brings signals to all receivers.
type Notifier struct {
	cfg      Config
	routes   []*route
	couriers []*courier
}

// New opens the receivers. It makes no connection.
func New(cfg Config) (*Notifier, error) {
	if cfg.Ends == nil {
		cfg.Ends = func(string) bool { return false }
	}
	if cfg.Metrics == nil {
		cfg.Metrics = metrics.NewSet()
	}
	n := &Notifier{cfg: cfg}
	var err error
	if n.routes, err = newRoutes(cfg.Settings.Routes); err != nil {
		return nil, fmt.Errorf("notify: %w", err)
	}
	for i := range cfg.Settings.Receivers {
		c, err := newCourier(&n.cfg, &cfg.Settings.Receivers[i], n.routes)
		if err != nil {
			return nil, err
		}
		n.couriers = append(n.couriers, c)
	}
	return n, nil
}

// Run delivers until ctx ends. The instance is a name that no other process has, the same one
// after a restart: its receivers then have their partitions at once. It may be empty.
func (n *Notifier) Run(ctx context.Context, instance string) error {
	var wait sync.WaitGroup
	for _, c := range n.couriers {
		wait.Go(func() { c.run(ctx, instance) })
	}
	wait.Wait()
	return nil
}

// Status says how every receiver is.
func (n *Notifier) Status() []ReceiverStatus {
	all := []ReceiverStatus{}
	for _, c := range n.couriers {
		all = append(all, c.status())
	}
	return all
}

// UnknownReceiverError names a receiver that is not configured.
type UnknownReceiverError struct{ Name string }

// Error implements error.
func (e *UnknownReceiverError) Error() string { return fmt.Sprintf("notify: no receiver %q", e.Name) }

// Test sends a sample signal to a receiver and returns its answer.
func (n *Notifier) Test(ctx context.Context, name string) (answer string, err error) {
	for _, c := range n.couriers {
		if c.settings.Name != name {
			continue
		}
		own, err := c.settings.open(OpenOptions{Ends: func(string) bool { return false }})
		if err != nil {
			return "", err
		}
		defer func() { _ = own.Close() }() // the answer is what is asked for
		return own.Send(ctx, newNotice([]*Signal{testSignal(time.Now())}, nil, n.cfg.PublicURL, own.Escape, 0))
	}
	return "", &UnknownReceiverError{name}
}

// testSignal is a sample with an id and a time of its own.
func testSignal(now time.Time) *Signal {
	var id [16]byte
	_, _ = rand.Read(id[:])
	payload := fmt.Appendf(nil, `{"id":"%s","formula":"test","signal_type":"SCAN_HIT","symbol":"TEST","timeframe":"1m",`+
		`"timestamp":"%s","candle":{"open":100,"high":102.5,"low":99,"close":101.25,"volume":1000},`+
		`"indicator_values":{"rsi_14":28.4},"metadata":{"test":"true"}}`, hex.EncodeToString(id[:]),
		now.UTC().Truncate(time.Minute).Format(time.RFC3339))
	s, err := ReadSignal(payload)
	if err != nil {
		panic(err.Error())
	}
	s.Key, s.Written = []byte(s.Symbol), now
	return s
}

// Rendered is what a receiver would get of a signal.
type Rendered struct {
	Receiver string
	Text     string // of a webhook without a template, the signal's bytes
}

// Renderer says what would be sent of signals, in their order.
type Renderer struct {
	notifier *Notifier
	openers  openers
}

// Renderer returns one that has seen no signal.
func (n *Notifier) Renderer() *Renderer { return &Renderer{n, openers{of: map[string]*Signal{}}} }

// Render returns what every receiver that the signal goes to would get of it alone.
func (r *Renderer) Render(payload []byte) ([]Rendered, error) {
	s, err := ReadSignal(payload)
	if err != nil {
		return nil, err
	}
	r.openers.note(s)
	var all []Rendered
	for _, c := range r.notifier.couriers {
		route := routeTo(r.notifier.routes, c.settings.Name, s)
		if route == nil {
			continue
		}
		text := string(s.Payload)
		if c.settings.Webhook == nil || route.template != nil {
			text = c.write([]*Signal{s}, route, 0, false).Text
		}
		all = append(all, Rendered{c.settings.Name, text})
	}
	return all, nil
}
