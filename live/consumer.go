package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/kafka"
	"streamd/sink"
	"streamd/stream"
	"streamd/topics"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
)

// Delivery says what a crash can do to signals.
type Delivery string

// ExactlyOnce writes signals and offsets in one transaction. AtLeastOnce
// commits offsets after the signals are acknowledged: after a crash some come
// again, with the same ids.
const (
	ExactlyOnce Delivery = "exactly_once"
	AtLeastOnce Delivery = "at_least_once"
)

// Config of a consumer.
type Config struct {
	Client          *kafka.Client
	Group           string
	InstanceID      string // of a static member; empty for a dynamic one
	Leave           bool   // a static member, too, leaves the group when it stops
	TransactionalID string // for ExactlyOnce
	Topics          []topics.Source
	Except          []string // topics that no pattern means, beside those that the consumer writes
	Latest          bool     // where a group without offsets starts
	Delivery        Delivery
	Signals         string // topic
	DeadLetters     string // topic
	Outcomes        string // topic, for what Engine.Outcomes asks for; empty for none
	SessionTimeout  time.Duration
	OffsetsLost     OffsetsLost // Halt
	BadBatches      BadBatches  // SkipBatch
	BatchBytesMax   int         // of a decompressed batch; 0 for the fetcher's default
	// AheadMax rejects candles that open later than their record was written by more than
	// this and one bar; 0 rejects none.
	AheadMax time.Duration
	State    StateConfig
	Across   AcrossConfig
	Rules    *stream.Rules
	Engine   stream.Options
	Sinks    []sink.Sink // get signals behind their commit; the caller closes them
	// Published is told of signals when they are committed, in their order. The
	// payloads are not written to afterwards; the slice is the caller's.
	Published func(payloads [][]byte)
	// Traced is told of every commit, on the delivery's goroutine: it must not wait. Nil for nobody.
	Traced  func(Committed)
	Log     zerolog.Logger
	Metrics *Metrics
	Retries *Retries // that the Client's OnRetry tells, too; nil for one of the consumer's own

	refusedPause time.Duration // refusedPauseDefault, or shorter in tests
}

// except returns the topics that no pattern of an input means: dead letters would come
// back as candles.
func (c *Config) except() []string {
	return append([]string{
		c.Signals, c.DeadLetters, c.State.Topic, c.Outcomes, c.Across.Topic,
		c.Across.Barriers,
	}, c.Except...)
}

// Consumer reads candles as a member of a consumer group and delivers what the
// engines make of them.
type Consumer struct {
	cfg      Config
	group    *kafka.Group
	fetcher  *kafka.Fetcher
	delivery *delivery
	keeper   *keeper
	states   *stateTopic
	past     *pastCandles
	pace     pace
	places   places
	needs    needs
	own      ownTopics
	closings *closings // nil where no formula may look at other series
	closer   *closer

	mu      sync.Mutex
	rules   *stream.Rules
	workers map[kafka.TopicPartition]*worker

	joined    atomic.Bool
	restoring atomic.Int32 // workers that have to restore their state
}

// blockMax is how many bars of a series an engine steps over at once, where a
// fetch brought as many. It is the tapes' slack too, and so costs no memory.
const blockMax = 32

// New returns a consumer that has not joined its group yet.
func New(cfg Config) *Consumer {
	cfg.refusedPause = cmp.Or(cfg.refusedPause, refusedPauseDefault)
	if cfg.Retries == nil {
		cfg.Retries = &Retries{log: cfg.Log, counter: cfg.Metrics.retries, lasted: map[kafka.Code]time.Time{}}
	}
	cfg.Engine.BlockMax = max(cfg.Engine.BlockMax, blockMax)
	c := &Consumer{
		cfg: cfg, rules: cfg.Rules, workers: map[kafka.TopicPartition]*worker{},
		states: &stateTopic{client: cfg.Client, name: cfg.State.Topic},
	}
	if cfg.State.History != nil {
		c.past = &pastCandles{data: *cfg.State.History}
	}
	c.own = ownTopics{cfg: &c.cfg, known: map[kafka.TopicID]bool{}}
	c.places = places{log: &c.cfg.Log, of: map[candle.Series]kafka.TopicPartition{}}
	if c.cfg.Across.Topic != "" {
		c.closings = newClosings(&c.cfg)
		c.closer = &closer{consumer: c, cfg: &c.cfg}
		c.cfg.Metrics.closer(c.closer)
	}
	c.keeper = newKeeper(&c.cfg)
	c.delivery = newDelivery(&c.cfg, c.keeper)
	c.delivery.standStill, c.delivery.goesOn = c.standStill, c.goesOn
	return c
}

// Run joins the group and works until the context ends; then it finishes what
// is at hand, commits it and leaves. It returns an error when it cannot go on.
func (c *Consumer) Run(ctx context.Context) error {
	c.fetcher = c.cfg.Client.Fetcher(kafka.FetcherConfig{
		ReadCommitted: true, InflatedBytesMax: c.cfg.BatchBytesMax,
		OnRetry: func(_ kafka.TopicPartition, err error) { c.cfg.Retries.Note("Fetch", err) },
	})
	defer c.fetcher.Close()
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	var kept sync.WaitGroup
	kept.Go(func() { c.keeper.run(keeping) })
	for _, o := range c.delivery.outboxes {
		go o.run(keeping) // it may be stuck at the end, and is not waited for
	}
	closing, stopClosing := context.WithCancel(ctx)
	var across sync.WaitGroup
	if c.closings != nil {
		across.Go(func() { c.followClosings(closing) })
		across.Go(func() { c.closer.run(closing) })
	}
	defer across.Wait()
	defer stopClosing()
	defer func() {
		for _, o := range c.delivery.outboxes {
			o.drain()
		}
		stopKeeping()
		kept.Wait()
		c.forget(nil)
	}()
	names, patterns := topics.Names(c.cfg.Topics)
	var err error
	c.group, err = c.cfg.Client.Group(kafka.GroupConfig{
		ID: c.cfg.Group, InstanceID: c.cfg.InstanceID, Topics: names, Patterns: patterns, Except: c.cfg.except(),
		SessionTimeout: c.cfg.SessionTimeout,
		OnRetry:        func(err error) { c.cfg.Retries.Note("group", err) },
		Skip:           c.own.skip,
	})
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	err = c.generations(ctx)
	leave, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	end := c.group.Close
	if c.cfg.Leave {
		end = c.group.Leave
	}
	if cerr := end(leave); cerr != nil {
		c.cfg.Log.Warn().Err(cerr).Msg("the group was not told of our leaving")
	}
	return err
}

// generations serves one generation of the group after the other.
func (c *Consumer) generations(ctx context.Context) error {
	for failed := 0; ; {
		gen, err := c.next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kafka.FencedInstanceID):
			return fmt.Errorf("live: another process of group %s has this one's identity %s: two share a state "+
				"directory or a copy of it: %w", c.cfg.Group, c.cfg.InstanceID, err)
		case err != nil:
			return fmt.Errorf("live: joining group %s: %w", c.cfg.Group, err)
		}
		began := time.Now()
		err = c.serve(ctx, gen)
		c.joined.Store(false)
		if err == nil || time.Since(began) > c.cfg.SessionTimeout {
			failed = 0
		}
		switch {
		case ctx.Err() != nil && err == nil:
			return nil
		case errors.Is(err, kafka.ErrFenced), errors.Is(err, kafka.ErrGenerationLost):
			// Another instance owns the partitions now: what is in memory and
			// not committed is not ours to say.
			c.cfg.Log.Warn().Err(err).Msg("lost the partitions before the last results were out, starting over")
			c.delivery.narrow()
			c.forget(nil)
			c.delivery.drop()
		case err != nil && ctx.Err() != nil &&
			(errors.Is(err, context.Canceled) || errors.Is(err, kafka.ErrRetriesExhausted)):
			c.cfg.Log.Warn().Err(err).Msg("the brokers do not answer: stopping without the last results, which are " +
				"not committed and come again")
			return nil
		case err != nil && ctx.Err() != nil:
			return err
		case err != nil:
			c.cfg.Log.Error().Err(err).Msg("this does not go on, starting over")
			c.forget(nil)
			c.delivery.drop()
			// What stands in the way may be there the next time, too. The pause leaves
			// time to join again within the session.
			failed++
			select {
			case <-ctx.Done():
			case <-time.After(min(afreshPause<<min(failed, 10), c.cfg.SessionTimeout/4)):
			}
		}
	}
}

// afreshPause is half of the first pause before a start that follows a failure; it
// doubles with each further one.
const afreshPause = 25 * time.Millisecond

// next joins the group. Before it reopens the producer, which ends what the last
// one left behind: an open transaction, or one that the brokers still owe markers.
// The group's answer would wait for the offsets in it until it expires, or for ever.
func (c *Consumer) next(ctx context.Context) (*kafka.Generation, error) {
	c.delivery.renew()
	for err := c.delivery.open(ctx); err != nil && ctx.Err() == nil; err = c.delivery.open(ctx) {
		c.cfg.Log.Warn().Err(err).Msg("no producer yet")
		if !errors.Is(err, kafka.ErrRetriesExhausted) {
			break // it is tried again, and told of, with the partitions
		}
	}
	return c.group.Next(ctx)
}

// serve works on the partitions of one generation until it ends.
func (c *Consumer) serve(ctx context.Context, gen *kafka.Generation) error {
	if err := c.assign(ctx, gen); err != nil {
		return err
	}
	c.joined.Store(true)
	c.cfg.Log.Info().Int32("generation", gen.Generation).Int("partitions",
		len(gen.Assignments)).Msg("partitions assigned")
	work, stop := gen.Context(ctx)
	defer stop()
	results := make(chan result, 64)
	done := make(chan error, 1)
	go func() {
		// What fails here ends the generation's work, or the workers would go on
		// for nothing until the next rebalance.
		done <- c.delivery.run(ctx, gen, results, stop)
	}()
	err := c.work(work, results)
	close(results)
	delivered := <-done
	if delivered != nil && ctx.Err() == nil && !errors.Is(delivered, kafka.ErrFenced) &&
		!errors.Is(delivered, kafka.ErrGenerationLost) {
		c.delivery.blame(delivered)
	}
	err = errors.Join(err, delivered)
	drain, stop := context.WithTimeout(context.WithoutCancel(ctx), lastBudget)
	defer stop()
	c.keeper.drain(drain)
	c.states.forget()
	return err
}

// work lets every worker have what is fetched for its partition, until the
// context ends.
func (c *Consumer) work(ctx context.Context, results chan<- result) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	g, ctx := errgroup.WithContext(ctx)
	in := map[kafka.TopicPartition]chan *kafka.Fetched{}
	c.mu.Lock()
	c.restoring.Store(0)
	for _, w := range c.workers {
		if w.phase() == restoring {
			c.restoring.Add(1)
		}
	}
	for tp, w := range c.workers {
		// The fetcher has at most two unreleased parts of a partition out.
		ch := make(chan *kafka.Fetched, 2)
		in[tp] = ch
		g.Go(func() error { return w.run(ctx, c, ch, results) })
	}
	c.mu.Unlock()
	g.Go(func() error {
		for {
			f, err := c.fetcher.Poll(ctx)
			if err == nil && f.Err != nil {
				if _, ok := c.cfg.skippable(f.Err); !ok {
					err = c.fault(ctx, f)
					f.Release()
					if err == nil {
						continue
					}
				}
			}
			if err != nil {
				stopped := ctx.Err() != nil
				end() // no worker adds its partition again behind this
				c.mu.Lock()
				for tp := range in {
					c.fetcher.Remove(tp)
				}
				c.mu.Unlock()
				for _, ch := range in {
					close(ch)
				}
				if stopped {
					return nil
				}
				return fmt.Errorf("live: %w", err)
			}
			in[f.TopicPartition] <- f
		}
	})
	return g.Wait()
}

// restoredOne lets go of what was read of the state topic after the last worker that
// may want it.
func (c *Consumer) restoredOne() {
	if c.restoring.Add(-1) == 0 {
		c.states.forget()
	}
}

// read begins to fetch a partition for a worker, unless the work has ended and the
// partitions are out of the fetcher again.
func (c *Consumer) read(ctx context.Context, w *worker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() == nil {
		c.fetcher.AddOf(w.topicID, w.TopicPartition, w.position)
	}
}

// inForce returns the rules.
func (c *Consumer) inForce() *stream.Rules {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rules
}

// owns reports whether a partition is this instance's.
func (c *Consumer) owns(tp kafka.TopicPartition) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.workers[tp] != nil
}

// followClosings reads closed bars from when on a formula needs some.
func (c *Consumer) followClosings(ctx context.Context) {
	for ctx.Err() == nil {
		if c.inForce().NeedOthers() {
			if err := c.closer.createTopics(ctx); err == nil {
				c.closings.follow(ctx)
			} else if ctx.Err() == nil {
				c.cfg.Log.Error().Err(err).Msg("formulas on other series wait")
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(snapshotTick):
		}
	}
}

// Reload puts other rules in force: each series changes over with its next
// candle.
func (c *Consumer) Reload(rules *stream.Rules) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules = rules
	for _, w := range c.workers {
		w.rules.Store(rules)
	}
}
