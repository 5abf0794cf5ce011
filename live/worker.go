package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"streamd/kafka"
	"streamd/stream"
	"streamd/topics"
)

// worker is one goroutine that owns one input partition. Its parts: partition is what is
// known of the input, applier turns records into results, saver says when state is saved,
// stateFile is where it is kept.
type worker struct {
	*partition
	applier
	saver
	file stateFile

	keeper         *keeper
	statePartition int32 // of the state topic, -1 for none
	stuck          bool  // at a batch that cannot be read
	topicBehind    bool  // the state topic lacks records, which it refused; the delivery's
	asks           chan *ask
}

// OffsetsLost says what to do with a partition whose committed offset is not in it
// any more: its input has expired, or the topic was re-created.
type OffsetsLost string

// Halt leaves the partition alone until somebody decides. FromEarliest and
// FromLatest start over, as a group that has committed nothing.
const (
	Halt         OffsetsLost = "halt"
	FromEarliest OffsetsLost = "earliest"
	FromLatest   OffsetsLost = "latest"
)

// newWorker makes the worker of a partition whose state this process does not
// hold. Its run restores it.
func (c *Consumer) newWorker(a kafka.Assignment) (*worker, error) {
	tp := a.TopicPartition
	topic := topics.Of(c.cfg.Topics, tp.Topic)
	reader, err := topic.NewReader()
	if err != nil {
		return nil, fmt.Errorf("live: topic %s: %w", tp.Topic, err)
	}
	committed := max(a.Offset, -1)
	other := &foreign{closings: c.closings, bars: map[barAt]barPair{}, asks: make(chan *ask, asksMax)}
	options := c.cfg.Engine
	options.ClosedByNext, options.Others, options.OthersShown = topic.ClosedByNext, other.give, other.show
	p := &partition{TopicPartition: tp, topicID: a.TopicID, cfg: &c.cfg, committed: committed, silent: committed}
	w := &worker{
		partition: p,
		applier: applier{
			at: p, cfg: &c.cfg, reader: reader, engine: stream.New(c.rules, options),
			counters: c.cfg.Metrics.topic(tp.Topic), history: c.past,
			places: &c.places, stagedMost: stagedFirst, foreign: other,
		},
		saver:          saver{every: c.cfg.State.every(), pace: &c.pace, lowWater: -1},
		file:           stateFile{cfg: &c.cfg, origin: p.origin(), stateTopic: c.states.id},
		keeper:         c.keeper,
		statePartition: c.states.partitionOf(tp),
		asks:           other.asks,
	}
	other.serve = w.serve
	w.rules.Store(c.rules)
	c.cfg.Metrics.partition(p)
	return w, nil
}

// pristine reports whether the worker has applied nothing yet.
func (w *worker) pristine() bool { return w.engine.Count() == 0 }

func (w *worker) close() {
	w.partition.cfg.Metrics.forget(w.TopicPartition)
	w.engine.Release()
	w.file.close()
}

// run restores the state where that has not been done, begins to read, and applies what
// is fetched until the channel closes. In between it answers questions and takes
// snapshots. When the context ends, what is left is given back unread.
func (w *worker) run(ctx context.Context, c *Consumer, in <-chan *kafka.Fetched, results chan<- result) error {
	if err := w.start(ctx, c); err != nil {
		for f := range in {
			f.Release()
		}
		return err
	}
	hand := func(res result, now time.Time) { results <- w.withSnapshot(res, w.snapshot(now, false)) }
	tick := time.NewTicker(snapshotTick)
	defer tick.Stop()
	for {
		select {
		case a := <-w.asks:
			w.serve(a)
		case now := <-tick.C:
			// A snapshot goes on its way even if the context has just ended: the engine
			// counts what was taken as kept, and would not give it again.
			if s := w.snapshot(now, false); s != nil {
				results <- w.withSnapshot(result{tp: w.TopicPartition}, s)
			}
		case f, ok := <-in:
			if !ok {
				w.finish(results)
				return nil
			}
			if ctx.Err() != nil || w.phase() == halted && w.stuck {
				f.Release()
				continue
			}
			if err := w.take(ctx, c, f, hand); err != nil {
				return err
			}
		}
	}
}

// take applies one fetch. At a batch that cannot be read, and is not to be left out, the
// partition stands still.
func (w *worker) take(ctx context.Context, c *Consumer, f *kafka.Fetched, hand func(result, time.Time)) error {
	defer f.Release()
	if bad, ok := c.cfg.skippable(f.Err); ok {
		w.leaveOutWhole(bad, hand)
		c.read(ctx, w)
		return nil
	}
	err := w.apply(ctx, f, hand)
	var bad *kafka.CorruptError
	if errors.As(err, &bad) {
		w.stuck = true
		c.fetcher.Remove(w.TopicPartition)
		w.halt(err)
		return nil
	}
	return err
}

// start restores the state and begins to read. A partition that cannot go on is halted,
// and the others go on.
func (w *worker) start(ctx context.Context, c *Consumer) error {
	if w.phase() == restoring {
		defer c.restoredOne()
		err := w.locate(ctx)
		if err == nil && w.phase() != halted {
			err = w.restore(ctx, c)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kafka.ErrRetriesExhausted):
			return err
		case err != nil:
			w.halt(err)
		case w.phase() != halted:
			w.reached()
		}
	}
	if w.phase() != halted {
		c.read(ctx, w)
	}
	return nil
}

// lastBudget is how long a worker takes snapshots at its end, of what has changed
// since the last ones. The next owner applies the rest again.
const lastBudget = time.Second

func (w *worker) finish(results chan<- result) {
	if !w.restoredAlready() || w.phase() == halted {
		return
	}
	budget := min(lastBudget, w.partition.cfg.SessionTimeout/8)
	for end := time.Now().Add(budget); time.Now().Before(end); {
		s := w.snapshot(time.Now(), true)
		if s == nil {
			return
		}
		results <- w.withSnapshot(result{tp: w.TopicPartition}, s)
	}
}

func (w *worker) withSnapshot(res result, s *snapshot) result {
	res.next, res.snapshot = max(w.position, w.silent), s
	return res
}
