package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"streamd/formula"
	"streamd/kafka"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// Config of a notifier.
type Config struct {
	Settings       *NotifySettings // that have passed Check; nil for no receivers
	Client         *kafka.Client
	Topic          string // of signals
	Group          string // that of the daemon; each receiver's is made of it
	SessionTimeout time.Duration
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
	cfg     Config
	now     atomic.Pointer[crew]
	turn    sync.Mutex // held while a crew is replaced, or begins
	running bool       // Run has begun with now's crew; guarded by turn
}

// crew are the couriers of one version of the settings.
type crew struct {
	settings *NotifySettings
	routes   []*route
	couriers []*courier
	replaced chan struct{} // closed when another crew is to work
	stopped  chan struct{} // closed when the couriers have ended
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
	first, err := n.open(cfg.Settings)
	if err != nil {
		return nil, err
	}
	n.now.Store(first)
	return n, nil
}

// open makes the couriers of settings.
func (n *Notifier) open(settings *NotifySettings) (*crew, error) {
	if settings == nil {
		settings = &NotifySettings{}
	}
	c := &crew{settings: settings, replaced: make(chan struct{}), stopped: make(chan struct{})}
	var err error
	if c.routes, err = newRoutes(settings.Routes); err != nil {
		return nil, fmt.Errorf("notify: %w", err)
	}
	for i := range settings.Receivers {
		one, err := newCourier(&n.cfg, settings, i, c.routes)
		if err != nil {
			return nil, err
		}
		c.couriers = append(c.couriers, one)
	}
	return c, nil
}

// Reload puts other settings in force, which have passed Check; nil for no receivers. Receivers go on
// behind what they have delivered: a delivery that is under way is made again, with the same id. When
// Reload returns, no receiver of the settings before is sent anything any more. It reports whether
// anything has changed.
func (n *Notifier) Reload(settings *NotifySettings) (changed bool, err error) {
	n.turn.Lock()
	defer n.turn.Unlock()
	before := n.now.Load()
	next, err := n.open(settings)
	if err != nil || reflect.DeepEqual(next.settings, before.settings) {
		return false, err
	}
	if n.running {
		close(before.replaced)
		<-before.stopped
		n.running = false
	}
	// What answered that it is gone stays switched off for the life of the process, unless its settings change.
	for _, c := range next.couriers {
		for _, old := range before.couriers {
			c.off = c.off || old.isOff() && reflect.DeepEqual(old.settings, c.settings)
		}
	}
	n.now.Store(next)
	return true, nil
}

// begin returns the crew whose turn it is.
func (n *Notifier) begin() *crew {
	n.turn.Lock()
	defer n.turn.Unlock()
	n.running = true
	return n.now.Load()
}

// Run delivers until ctx ends. The instance is a name that no other process has, the same one
// after a restart: its receivers then have their partitions at once. It may be empty.
func (n *Notifier) Run(ctx context.Context, instance string) error {
	for ctx.Err() == nil {
		now := n.begin()
		work, stop := context.WithCancel(ctx)
		var wait sync.WaitGroup
		for _, c := range now.couriers {
			wait.Go(func() { c.run(work, instance) })
		}
		select {
		case <-ctx.Done():
		case <-now.replaced:
		}
		stop()
		wait.Wait()
		close(now.stopped)
	}
	return nil
}

// Status says how every receiver is.
func (n *Notifier) Status() []ReceiverStatus {
	all := []ReceiverStatus{}
	for _, c := range n.now.Load().couriers {
		all = append(all, c.status())
	}
	return all
}

// UnknownReceiverError names a receiver that is not configured, and those that are.
type UnknownReceiverError struct {
	Name  string
	Known []string
}

// Error implements error.
func (e *UnknownReceiverError) Error() string {
	switch near := formula.DidYouMean(e.Name, e.Known); {
	case near != "":
		return fmt.Sprintf("notify: no receiver %q; %s", e.Name, near)
	case len(e.Known) > 0:
		return fmt.Sprintf("notify: no receiver %q, there are %s", e.Name, strings.Join(e.Known, ", "))
	}
	return fmt.Sprintf("notify: no receiver %q: none is configured", e.Name)
}

// Test sends a sample signal to a receiver and returns its answer.
func (n *Notifier) Test(ctx context.Context, name string) (answer string, err error) {
	unknown := &UnknownReceiverError{Name: name}
	for _, c := range n.now.Load().couriers {
		if c.settings.Name != name {
			unknown.Known = append(unknown.Known, c.settings.Name)
			continue
		}
		own, err := c.settings.open(OpenOptions{Ends: func(string) bool { return false }})
		if err != nil {
			return "", err
		}
		defer func() { _ = own.Close() }() // the answer is what is asked for
		return own.Send(ctx, newNotice([]*Signal{testSignal(time.Now())}, nil, n.cfg.PublicURL, own.Escape, 0))
	}
	return "", unknown
}

// testSignal is a sample with an id of its own, on a candle that has just closed.
func testSignal(now time.Time) *Signal {
	var id [16]byte
	_, _ = rand.Read(id[:])
	payload := fmt.Appendf(nil, `{"id":"%s","formula":"test","signal_type":"SCAN_HIT","symbol":"TEST",`+
		`"timeframe":"1m","timestamp":"%s","candle":{"open":100,"high":102.5,"low":99,"close":101.25,"volume":1000},`+
		`"indicator_values":{"rsi_14":28.4},"metadata":{"test":"true"}}`, hex.EncodeToString(id[:]),
		now.UTC().Truncate(time.Minute).Add(-time.Minute).Format(time.RFC3339))
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
	now := r.notifier.now.Load()
	for _, c := range now.couriers {
		route := routeTo(now.routes, c.settings.Name, s)
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
