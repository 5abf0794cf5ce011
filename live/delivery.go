package live

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"streamd/kafka"
)

// delivery brings out what the workers make, and commits the offsets behind it.
// It is one goroutine of a generation. What it holds stays until it is
// committed: a failed attempt is repeated with the same messages.
type delivery struct {
	cfg      *Config
	keeper   *keeper
	outboxes []*outbox // of the local sinks
	producer *kafka.Producer
	trying   atomic.Int64 // since when a commit is tried, 0 for none: see waiting

	held      held
	stateEnds map[int32]int64 // behind what is acknowledged in the state topic
	payloads  [][]byte        // of one commit
	begun     bool            // a transaction is open
	unopened  bool            // the last attempt to open the producer failed

	most       int           // messages of a transaction; see narrow
	txnTimeout time.Duration // of the brokers
	next       time.Time     // when the next transaction may begin

	// Of at_least_once, acknowledged and not committed yet.
	acknowledgedTo map[kafka.TopicPartition]int64
	settled        []*snapshot
	settledState   outgoing // their records, for the state topic
	committedAt    time.Time

	refused refusals
	failing atomic.Pointer[error] // why nothing gets out; nil once a commit has succeeded
	// Told of input partitions whose offsets are refused, and of those that go on.
	standStill func(kafka.TopicPartition, error)
	goesOn     func(kafka.TopicPartition)
}

// A transaction costs 5 to 14 ms on the broker, so they begin some time apart,
// a quarter longer than the last one took; a signal behind a pause goes out at once.
// Where there are only offsets to commit they may wait longer.
const (
	signalsWaitMin = 20 * time.Millisecond
	signalsWaitMax = 100 * time.Millisecond
	offsetsWait    = 500 * time.Millisecond
	messagesMax    = 20_000 // held before a commit is due at once
	abortsMost     = 5      // attempts at a commit of which brokers want the transaction aborted
	// A commit that takes longer has met brokers that were away, which may owe
	// markers of the transaction before: the producer is reopened.
	shaken = 2 * time.Second
)

func newDelivery(cfg *Config, keeper *keeper) *delivery {
	d := &delivery{
		cfg: cfg, keeper: keeper, stateEnds: map[int32]int64{}, most: messagesMax, txnTimeout: txnTimeoutMin,
	}
	for _, s := range cfg.Sinks {
		d.outboxes = append(d.outboxes, newOutbox(cfg, s))
	}
	d.drop()
	return d
}

// The least and the greatest time after which the brokers abort a transaction.
const (
	txnTimeoutMin = 15 * time.Second
	txnTimeoutMax = 4 * time.Minute
	mostLeast     = 64 // messages
)

// narrow is called where the producer was fenced. If that was the end of a transaction that took too
// long, as quotas make them, the next ones are smaller and may take longer.
func (d *delivery) narrow() {
	since := d.trying.Load()
	if since == 0 || time.Since(time.Unix(0, since)) < d.txnTimeout*3/4 {
		return
	}
	d.most, d.txnTimeout = max(d.most/8, mostLeast), min(2*d.txnTimeout, txnTimeoutMax)
	d.cfg.Log.Warn().Dur("transaction_timeout", d.txnTimeout).Int("messages", d.most).
		Msg("a transaction took longer than its timeout: the next ones are smaller and may take longer")
}

// drop forgets what was not committed, and the producer that may be fenced.
func (d *delivery) drop() {
	d.producer, d.begun = nil, false
	d.held, d.refused = newHeld(), newRefusals()
	d.acknowledgedTo, d.settled = map[kafka.TopicPartition]int64{}, nil
	d.settledState = outgoing{}
	d.next, d.committedAt = time.Time{}, time.Time{}
	d.trying.Store(0)
}

// waitingFrom is how long a commit may take before signals are said to wait for the
// brokers.
const waitingFrom = 5 * time.Second

// waiting reports whether the brokers do not take what is held.
func (d *delivery) waiting() bool {
	since := d.trying.Load()
	return since != 0 && time.Since(time.Unix(0, since)) > waitingFrom
}

// run delivers until the results end, and then what is left within half of the
// session, before another member may own the partitions. When it fails it stops
// the workers.
func (d *delivery) run(ctx context.Context, gen *kafka.Generation, results <-chan result, stop func()) error {
	// Revoked and stopping are no reason to break off in the middle.
	err := d.open(ctx)
	if err == nil && d.unopened {
		d.failing.Store(nil)
	}
	d.unopened = err != nil
	clear(d.refused.parked) // their workers are re-created
	clear(d.refused.retried)
	work := d.within(ctx, gen)
	timer := time.NewTimer(time.Hour)
	for err == nil {
		timer.Reset(d.wait())
		select {
		case r, ok := <-results:
			if !ok {
				if err := d.commit(work, gen); err != nil {
					return err
				}
				return d.commitAcknowledged(work, gen)
			}
			d.hold(r)
			d.holdWaiting(results)
			if !d.due() {
				continue
			}
		case <-timer.C:
		}
		if err = d.commit(work, gen); err == nil && time.Since(d.committedAt) >= offsetsWait {
			err = d.commitAcknowledged(work, gen)
		}
	}
	stop()
	for range results { // let the workers end
	}
	return err
}

// stopBudget is how long a process that is asked to stop tries to bring out what
// it holds. What does not get out is not committed and comes again.
const stopBudget = 2500 * time.Millisecond

// within bounds a commit by the generation and the process: when one of them
// ends and the broker does not answer, half a session or the stop's budget is left.
func (d *delivery) within(stopping context.Context, gen *kafka.Generation) context.Context {
	ctx, cancel := context.WithCancel(context.WithoutCancel(stopping))
	half := d.cfg.SessionTimeout / 2 // read here: both functions outlive the delivery's state
	context.AfterFunc(stopping, func() { time.AfterFunc(min(stopBudget, half), cancel) })
	go func() {
		<-gen.Done()
		time.AfterFunc(half, cancel)
	}()
	return ctx
}

// holdWaiting takes what more is there already.
func (d *delivery) holdWaiting(results <-chan result) {
	for d.held.messages() < d.most {
		select {
		case r, ok := <-results:
			if !ok {
				return // the next receive finds the end again
			}
			d.hold(r)
		default:
			return
		}
	}
}

func (d *delivery) hold(r result) {
	h := &d.held
	if aside := d.refused.parked[r.tp]; aside != nil {
		h = aside
	}
	h.add(&r, d.stateGoesOut())
}

// due reports whether to commit without waiting for more.
func (d *delivery) due() bool {
	n := d.held.messages()
	if n >= d.most {
		return true
	}
	return n > 0 && (d.cfg.Delivery == AtLeastOnce || !time.Now().Before(d.next))
}

// wait returns how long to wait for more before a commit.
func (d *delivery) wait() time.Duration {
	h := &d.held
	if len(d.refused.parked) > 0 && len(h.offsets) == 0 {
		return max(0, min(time.Until(d.refused.retryAt), offsetsWait))
	}
	switch {
	case len(h.offsets) == 0 && len(d.acknowledgedTo) == 0:
		return time.Hour
	case len(h.offsets) == 0:
		return max(0, offsetsWait-time.Since(d.committedAt))
	case h.messages() > 0:
		return max(0, time.Until(d.next))
	default:
		return max(0, offsetsWait-time.Since(h.since))
	}
}

// renew has the next open make another producer, unless this one is in a transaction.
func (d *delivery) renew() {
	if d.cfg.Delivery == ExactlyOnce && !d.begun {
		d.producer = nil
	}
}

func (d *delivery) open(ctx context.Context) error {
	if d.producer != nil {
		return nil
	}
	cfg := kafka.ProducerConfig{OnRetry: func(err error) { d.cfg.Retries.Note("Produce", err) }}
	cfg.OnAck = func(tp kafka.TopicPartition, base int64, records int) {
		if tp.Topic == d.cfg.State.Topic && base >= 0 {
			d.stateEnds[tp.Partition] = base + int64(records)
		}
	}
	if d.cfg.Delivery == ExactlyOnce {
		cfg.TransactionalID = d.cfg.TransactionalID
		cfg.TransactionTimeout = d.txnTimeout
		cfg.Groups = []string{d.cfg.Group}
		cfg.Topics = []string{d.cfg.Signals, d.cfg.DeadLetters, d.cfg.State.Topic}
		if d.cfg.Outcomes != "" {
			cfg.Topics = append(cfg.Topics, d.cfg.Outcomes)
		}
	}
	cfg.Droppable = []string{d.cfg.DeadLetters, d.cfg.State.Topic}
	p, err := d.cfg.Client.Producer(ctx, cfg)
	if err != nil {
		return fmt.Errorf("live: opening the producer: %w", err)
	}
	d.producer = p
	return nil
}

// commit brings out everything held, with its offsets.
func (d *delivery) commit(ctx context.Context, gen *kafka.Generation) error {
	d.takeParked()
	h := &d.held
	if len(h.offsets) == 0 {
		return nil
	}
	start := time.Now()
	d.trying.Store(start.UnixNano())
	if err := d.send(ctx, gen); err != nil {
		return err
	}
	if len(h.offsets) == 0 { // all of it is parked
		d.trying.Store(0)
		return nil
	}
	d.trying.Store(0)
	d.failing.Store(nil)
	if d.cfg.Delivery == ExactlyOnce {
		d.goOn()
	}
	took := time.Since(start)
	d.next = start.Add(min(max(took+took/4, signalsWaitMin), signalsWaitMax))
	d.cfg.Metrics.delivered(len(h.signals.messages), took, h.newestMs)
	d.publish()
	if d.cfg.Traced != nil {
		d.cfg.Traced(h.committed(start, start.Add(took)))
	}
	if d.cfg.Delivery == ExactlyOnce {
		d.keep(h.snapshots)
	}
	h.reset()
	if took < d.txnTimeout/8 {
		d.most = min(2*d.most, messagesMax)
	}
	if took < shaken {
		return nil
	}
	d.renew()
	return d.open(ctx)
}

// send sends everything held until it is out. What brokers refuse the offsets of is parked.
func (d *delivery) send(ctx context.Context, gen *kafka.Generation) error {
	h := &d.held
	attemptOnce := d.acknowledged
	if d.cfg.Delivery == ExactlyOnce {
		attemptOnce = d.transaction
	}
	for attempt := 1; ; attempt++ {
		err := attemptOnce(ctx, gen)
		if err == nil {
			return nil
		}
		topic, offsets := refusedOf(err)
		switch {
		case d.begun && errors.Is(err, kafka.ErrAbortable) && attempt < abortsMost:
			if err := d.sendAnew(ctx, err); err != nil {
				return err
			}
			continue
		case offsets:
			if err := d.abort(ctx); err != nil {
				return err
			}
			if d.park(topic, err); len(h.offsets) == 0 {
				return nil
			}
			continue
		case topic == d.cfg.Signals && topic != "":
			if err := d.waitForSignals(ctx, err); err != nil {
				return err
			}
			if ctx.Err() == nil {
				continue
			}
		}
		if ctx.Err() != nil || !errors.Is(err, kafka.ErrRetriesExhausted) || d.stateTopicGone(err) {
			return fmt.Errorf("live: delivering %d signals and %d dead letters: %w", len(h.signals.messages),
				len(h.deadLetters.messages), err)
		}
		// The brokers are away for longer than a retry budget: the input
		// waits, since the channel of results is bounded.
		d.cfg.Log.Error().Err(err).Int("signals", len(h.signals.messages)).Msg("signals wait for the brokers")
	}
}

// stateTopicGone reports whether what stands in the way is that somebody deleted the
// state topic: it is made, and filled, when partitions are assigned.
func (d *delivery) stateTopicGone(err error) bool {
	var e *kafka.RequestError
	return errors.As(err, &e) && e.Code == kafka.UnknownTopicOrPartition && e.Topic == d.cfg.State.Topic
}

// keep hands snapshots on whose offsets are committed and whose messages are
// acknowledged.
func (d *delivery) keep(all []*snapshot) {
	for _, s := range all {
		s.stateEnd = d.stateEnds[s.w.statePartition]
		switch {
		case s.w.statePartition < 0:
		case d.refused.stateRefused || !s.inTopic:
			s.w.topicBehind = true
		case s.w.topicBehind:
			s.w.topicBehind = false
			s.w.saver.again() // the topic takes records again: it is to have all of them
		}
	}
	d.refused.stateRefused = false
	d.keeper.take(all)
}

// publish hands the signals that are out in Kafka on to Config.Published and to the sinks.
func (d *delivery) publish() {
	if len(d.held.signals.messages) == 0 {
		return
	}
	d.payloads = d.payloads[:0]
	for i := range d.held.signals.messages {
		d.payloads = append(d.payloads, d.held.signals.messages[i].Value)
	}
	if d.cfg.Published != nil {
		d.cfg.Published(d.payloads)
	}
	for _, o := range d.outboxes {
		o.put(d.payloads)
	}
	clear(d.payloads)
}
