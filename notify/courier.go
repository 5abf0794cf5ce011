package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"streamd/kafka"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// courier serves one receiver: reader.go reads for it and commits behind it, its sender delivers.
type courier struct {
	cfg      *Config
	settings *ReceiverSettings
	routes   []*route
	receiver Receiver
	log      zerolog.Logger
	retry    retryPolicy
	delay    *metrics.PrometheusHistogram
	sentOut  *metrics.Counter
	givenUp  *metrics.Counter

	undeliveredTopic string
	producer         *kafka.Producer // of undelivered signals, once there was one; the sender's

	wake chan struct{} // something was put
	room chan struct{} // something was delivered

	mu        sync.Mutex
	queue     *queue
	openers   openers
	lag       map[kafka.TopicPartition]int64
	off       bool // the receiver said that it is gone
	failing   bool // the last attempt failed
	lastError string
	nextTry   time.Time
	delivered uint64
}

// retryFirst bounds the first pause behind a failure.
const retryFirst = 500 * time.Millisecond

func newCourier(cfg *Config, all *NotifySettings, i int, routes []*route) (*courier, error) {
	settings := &all.Receivers[i]
	receiver, err := settings.open(OpenOptions{Ends: cfg.Ends})
	if err != nil {
		return nil, err
	}
	c := &courier{
		cfg: cfg, settings: settings, routes: routes, receiver: receiver,
		log:  cfg.Log.With().Str("receiver", settings.Name).Logger(),
		wake: make(chan struct{}, 1), room: make(chan struct{}, 1), lag: map[kafka.TopicPartition]int64{},
		openers: openers{of: map[string]*Signal{}}, undeliveredTopic: all.UndeliveredTopic(cfg.Topic),
	}
	c.retry = retryPolicy{first: retryFirst, random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
	if c.retry.total, err = durationOf(all.Retry.For, retryForDefault, 30*24*time.Hour); err != nil {
		return nil, err
	}
	if c.retry.max, err = durationOf(all.Retry.Max, retryMaxDefault, 30*24*time.Hour); err != nil {
		return nil, err
	}
	c.queue = newQueue(c.retry)
	c.delay = cfg.Metrics.GetOrCreatePrometheusHistogramExt(c.metric("delay_seconds"), delayBuckets)
	c.sentOut = cfg.Metrics.GetOrCreateCounter(c.metric("delivered_total"))
	c.givenUp = cfg.Metrics.GetOrCreateCounter(c.metric("given_up_total"))
	return c, nil
}

// addGauges shows how the courier is, until remove is called: after a reload another courier of the
// same name takes its place.
func (c *courier) addGauges() (remove func()) {
	gauges := map[string]func() float64{
		c.metric("waiting"): func() float64 { return float64(c.status().Waiting) },
		c.metric("off"): func() float64 {
			if c.isOff() {
				return 1
			}
			return 0
		},
		c.metric("oldest_seconds"): func() float64 {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.queue.oldest(time.Now()).Seconds()
		},
		c.metric("uncommitted"): func() float64 {
			c.mu.Lock()
			defer c.mu.Unlock()
			return float64(c.queue.uncommitted())
		},
	}
	for name, value := range gauges {
		c.cfg.Metrics.GetOrCreateGauge(name, value)
	}
	return func() {
		for name := range gauges {
			c.cfg.Metrics.UnregisterMetric(name)
		}
	}
}

// delayBuckets reach from a local receiver's to one that was away for a day.
var delayBuckets = []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43200, 86400}

func (c *courier) metric(name string) string {
	return fmt.Sprintf("streamd_notify_%s{receiver=%q}", name, c.settings.Name)
}

// openers are the newest signals of a topic by their ids, for a RESOLVE to find the one it ends.
type openers struct {
	of    map[string]*Signal
	order []string
}

// openersMax is how many are kept.
const openersMax = 10_000

func (o *openers) note(s *Signal) {
	if s.SignalType == resolveType {
		s.opener = o.of[s.Resolves]
		return
	}
	if _, known := o.of[s.ID]; known {
		return
	}
	o.of[s.ID] = s
	if o.order = append(o.order, s.ID); len(o.order) > openersMax {
		delete(o.of, o.order[0])
		o.order = o.order[1:]
	}
}

// take puts a signal of the topic into the queue, if it is for this receiver.
func (c *courier) take(s *Signal, at kafka.TopicPartition, offset int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.openers.note(s)
	r := routeTo(c.routes, c.settings.Name, s)
	if r == nil || !c.queue.put(s, r, at, offset, time.Now()) {
		c.queue.skip(at, offset+1)
		if r != nil {
			c.cfg.Metrics.GetOrCreateCounter(c.metric("quiet_dropped_total")).Inc()
		}
		return
	}
	signal(c.wake)
}

// signal wakes who waits for a channel of one place.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// write writes a message for the receiver.
func (c *courier) write(signals []*Signal, r *route, most int, over bool) *Notice {
	m := newNotice(signals, r.template, c.cfg.PublicURL, c.receiver.Escape, most)
	if over && len(signals) > 1 {
		m.Text = c.receiver.Escape(fmt.Sprintf("and %d more:", len(signals))) + "\n" + m.Text
	}
	return m
}

// send delivers until ctx ends or the receiver is gone.
func (c *courier) send(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		c.mu.Lock()
		p, again := c.queue.next(time.Now(), c.write)
		off := c.off
		c.mu.Unlock()
		if off {
			return
		}
		if p != nil {
			c.deliver(ctx, p)
			continue
		}
		if r, ok := c.receiver.(repeater); ok {
			if due := r.due(); !due.IsZero() && !time.Now().Before(due) {
				c.noteError(r.repeat(ctx), time.Time{})
				continue
			} else if !due.IsZero() && (again.IsZero() || due.Before(again)) {
				again = due
			}
		}
		wait := time.Hour
		if !again.IsZero() {
			wait = max(time.Until(again), time.Millisecond)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-c.wake:
		case <-timer.C:
		}
	}
}

// deliver sends a parcel once, and does with it what comes of that.
func (c *courier) deliver(ctx context.Context, p *parcel) {
	if p.why != "" {
		c.abandon(ctx, p)
		return
	}
	_, err := c.receiver.Send(ctx, p.Notice)
	now := time.Now()
	if err == nil {
		c.done(p, now)
		return
	}
	if ctx.Err() != nil {
		return // the next owner of the partition sends it again
	}
	var refused *Refusal
	errors.As(err, &refused)
	c.cfg.Metrics.GetOrCreateCounter(fmt.Sprintf("streamd_notify_failed_total{receiver=%q,reason=%q}",
		c.settings.Name, reasonOf(err))).Inc()
	c.mu.Lock()
	began := !c.failing
	c.failing = true
	gone := refused != nil && refused.Remedy == Gone
	giveUp := refused != nil && refused.Remedy == GiveUp || c.queue.giveUp(p, now)
	var next time.Time
	switch {
	case gone:
		c.off = true
	case giveUp:
		p.why = err.Error()
	default:
		var after time.Duration
		if refused != nil {
			after = refused.RetryAfter
		}
		next = c.queue.failed(p, now, after)
	}
	c.mu.Unlock()
	switch {
	case gone:
		c.noteError(fmt.Errorf("%w: switched off until the next start", err), time.Time{})
		c.log.Error().Err(err).Msg("the receiver says that it is gone: it is switched off until the next start; its " +
			"signals wait in the topic")
	case giveUp:
		c.noteError(err, time.Time{})
		c.abandon(ctx, p)
	default:
		c.noteError(err, next)
		level := zerolog.DebugLevel // the attempts that follow are in streamd_notify_failed_total
		if began {
			level = zerolog.WarnLevel
		}
		c.log.WithLevel(level).Err(err).Int("signals", len(p.items)).Int("attempt", p.attempts).Time("again_at", next).
			Msg("not delivered, trying again")
	}
}

// done takes a delivered parcel off, and counts it.
func (c *courier) done(p *parcel, now time.Time) {
	for _, i := range p.items {
		c.delay.Update(max(0, now.Sub(i.Written).Seconds()))
	}
	c.sentOut.Add(len(p.items))
	c.mu.Lock()
	c.queue.delivered(p)
	c.delivered += uint64(len(p.items))
	c.lastError, c.nextTry = "", time.Time{}
	again := c.failing
	c.failing = false
	c.mu.Unlock()
	if again {
		c.log.Info().Msg("the receiver takes signals again")
	}
	signal(c.room)
}

// abandon writes what is given up to the topic of undelivered signals. Until that has taken it,
// nothing is lost: it is tried again.
func (c *courier) abandon(ctx context.Context, p *parcel) {
	err := c.undelivered(ctx, p)
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	if err != nil {
		c.queue.failed(p, time.Now(), 0)
	} else {
		c.queue.succeeded()
		c.queue.remove(p)
	}
	c.mu.Unlock()
	if err != nil {
		c.log.Error().Err(err).Msg("the topic of undelivered signals does not take one, trying again")
		return
	}
	c.givenUp.Add(len(p.items))
	c.log.Error().Int("signals", len(p.items)).Str("reason", p.why).Str("topic", c.undeliveredTopic).
		Msg("given up, written to the topic of undelivered signals")
	signal(c.room)
}

func (c *courier) undelivered(ctx context.Context, p *parcel) error {
	if c.producer == nil {
		var err error
		if c.producer, err = c.cfg.Client.Producer(ctx, kafka.ProducerConfig{}); err != nil {
			return fmt.Errorf("notify: %w", err)
		}
	}
	for _, i := range p.items {
		if err := c.producer.Add(ctx, &kafka.ProducerRecord{
			Topic: c.undeliveredTopic, Partition: kafka.AnyPartition, TimestampMs: time.Now().UnixMilli(),
			Key: i.Key, Value: i.Payload,
			Headers: []kafka.Header{
				{Key: "receiver", Value: []byte(c.settings.Name)}, {Key: "reason", Value: []byte(p.why)},
			},
		}); err != nil {
			c.producer = nil
			return fmt.Errorf("notify: topic %s: %w", c.undeliveredTopic, err)
		}
	}
	if err := c.producer.Flush(ctx); err != nil {
		c.producer = nil
		return fmt.Errorf("notify: topic %s: %w", c.undeliveredTopic, err)
	}
	return nil
}

// noteError keeps an error for the status.
func (c *courier) noteError(err error, next time.Time) {
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastError, c.nextTry = err.Error(), next
}

// reasonOf is an error as a label of a metric.
func reasonOf(err error) string {
	var refused *Refusal
	switch {
	case errors.As(err, &refused) && refused.Status != 0:
		return fmt.Sprint(refused.Status)
	case errors.Is(err, errTimeout) || isTimeout(err):
		return "timeout"
	case strings.Contains(err.Error(), "connection refused"):
		return "refused"
	}
	return "network"
}

// ReceiverStatus is how a receiver is, in GET /api/v1/notify.
type ReceiverStatus struct {
	Name      string           `json:"name"`
	Kind      string           `json:"kind"`
	Waiting   int64            `json:"waiting"` // read and not delivered, and not read
	LastError string           `json:"last_error"`
	NextTry   *time.Time       `json:"next_try" jsonschema:"nullable"`
	Position  map[string]int64 `json:"position"` // by partition: everything below is processed
	Delivered uint64           `json:"delivered"`
	Off       bool             `json:"off,omitempty"` // until the next start
}

func (c *courier) status() ReceiverStatus {
	kind, _, _ := c.settings.chosen()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := ReceiverStatus{
		Name: c.settings.Name, Kind: kind, Waiting: int64(c.queue.count), LastError: c.lastError,
		Position: map[string]int64{}, Delivered: c.delivered, Off: c.off,
	}
	for tp, t := range c.queue.tracks {
		s.Position[fmt.Sprint(tp.Partition)] = t.low()
		s.Waiting += max(0, c.lag[tp])
	}
	if !c.nextTry.IsZero() {
		next := c.nextTry.UTC()
		s.NextTry = &next
	}
	return s
}
