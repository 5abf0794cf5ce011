package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/kafka"
	"streamd/sink"
	"streamd/store"
	"streamd/stream"
	"streamd/topics"
)

// worker owns one input partition: its decoder, its engine and its position.
type worker struct {
	kafka.TopicPartition
	cfg      *Config
	decoder  *candle.Decoder
	engine   *stream.Engine
	counters *topicCounters
	rules    atomic.Pointer[stream.Rules]
	history  *pastCandles // for new series; nil for none

	topicID    kafka.TopicID
	first, end int64 // of the partition when it was assigned
	committed  int64 // then; -1 for nothing
	begin      int64 // where the group begins that has committed nothing
	lost       bool  // it begins there since its offsets are not to be had any more
	ready      bool  // the state is that of position

	position int64 // next offset to apply
	silent   int64 // offsets below it have had their signals delivered before
	lag      atomic.Int64
	asks     chan *ask

	restoring, rebuilt  atomic.Bool // rebuilt: the state was made again from retained input
	restored, restoreOf atomic.Int64
	reread, rereadOf    atomic.Int64 // records below the committed offset
	fault               atomic.Pointer[error]

	save           save
	pace           *pace
	keeper         *keeper
	statePartition int32 // of the state topic, -1 for none
	stateEnd       int64 // of that partition when it was read
	stateTopic     kafka.TopicID
	lowWater       atomic.Int64
	fileMu         sync.Mutex
	file           *store.Partition
	fileClosed     bool
	skewLogged     time.Time

	record     kafka.Record
	msgs       []candle.Message
	out        stream.Output
	stagedMost int // candles to stage before they are applied
}

// result is what a run of records brought about: signals and dead letters, each in the
// order of their input, and the position behind it.
type result struct {
	tp          kafka.TopicPartition
	next        int64
	signals     []kafka.Message
	deadLetters []kafka.Message
	newestMs    int64
	snapshot    *snapshot // nil for none
}

// messages returns the number of messages in the result.
func (r *result) messages() int { return len(r.signals) + len(r.deadLetters) }

// OffsetsLost says what to do with a partition whose committed offset is not in it
// any more: its input has expired, or the topic was made anew.
type OffsetsLost string

// Halt leaves the partition alone until somebody decides. FromEarliest and
// FromLatest begin anew, as a group that has committed nothing.
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
	decoder, err := candle.NewDecoder(topic.Mapping, topic.Default)
	if err != nil {
		return nil, fmt.Errorf("live: topic %s: %w", tp.Topic, err)
	}
	w := &worker{
		TopicPartition: tp, cfg: &c.cfg, decoder: decoder,
		engine: stream.New(c.rules, c.cfg.Engine), counters: c.cfg.Metrics.topic(tp.Topic),
		topicID: a.TopicID, committed: max(a.Offset, -1),
		history: c.past, pace: &c.pace, keeper: c.keeper, statePartition: c.states.partitionOf(tp),
		stateTopic: c.states.id,
		asks:       make(chan *ask, asksMax), stagedMost: stagedFirst,
	}
	w.rules.Store(c.rules)
	w.save.lowWater = -1
	w.restoring.Store(true)
	w.silent = w.committed
	w.cfg.Metrics.partition(w)
	return w, nil
}

// locate finds what the partition holds and holds the committed offset against it. A
// partition whose leader is away is waited for, by its own worker alone.
func (w *worker) locate(ctx context.Context) error {
	own := []kafka.TopicPartition{w.TopicPartition}
	first, end, err := topics.Bounds(ctx, w.cfg.Client, own, true)
	for errors.Is(err, kafka.ErrRetriesExhausted) {
		w.cfg.Log.Error().Err(err).Stringer("partition",
			w.TopicPartition).Msg("the partition is not to be had, the others go on")
		first, end, err = topics.Bounds(ctx, w.cfg.Client, own, true)
	}
	if err != nil {
		return err
	}
	w.first, w.end = first[w.TopicPartition], end[w.TopicPartition]
	w.begin = w.first
	switch {
	case w.committed < 0 && w.cfg.Latest:
		w.begin = w.end
	case w.committed > w.end:
		w.lose(fmt.Errorf("committed offset %d is past the end %d: the topic was made anew", w.committed, w.end))
	case w.committed >= 0 && w.committed < w.first:
		w.lose(fmt.Errorf("committed offset %d is before the first one, %d: candles have expired unread", w.committed,
			w.first))
	}
	return nil
}

// lose deals with a partition whose committed offset means nothing any more.
func (w *worker) lose(why error) {
	err := fmt.Errorf("live: %s: %w", w.TopicPartition, why)
	policy := w.cfg.OffsetsLost
	w.cfg.Metrics.lost.Inc()
	switch policy {
	case FromEarliest, FromLatest:
		w.cfg.Log.Error().Err(err).Str("offsets_lost", string(policy)).Msg("the partition is begun anew")
		w.committed, w.silent, w.lost = -1, -1, true
		if policy == FromLatest {
			w.begin = w.end
		}
	default:
		w.halt(fmt.Errorf("%w (offsets_lost: halt; earliest or latest begins anew)", err))
	}
}

// halt stands the partition still, and says so in the log and in Ready.
func (w *worker) halt(err error) {
	w.cfg.Log.Error().Err(err).Msg("partition stands still")
	w.cfg.Metrics.halted.Inc()
	w.fault.Store(&err)
}

// pristine reports whether the worker has applied nothing yet.
func (w *worker) pristine() bool { return w.engine.Count() == 0 }

func (w *worker) close() {
	w.cfg.Metrics.forget(w)
	w.closeFile()
}

// run restores the state where that has not been done, lets the reading begin, and
// applies what is fetched until the channel closes, answers questions and takes
// snapshots in between. When the context ends, what is left is given back unread.
func (w *worker) run(ctx context.Context, c *Consumer, in <-chan *kafka.Fetched, results chan<- result) error {
	if err := w.start(ctx, c); err != nil {
		for f := range in {
			f.Release()
		}
		return err
	}
	tick := time.NewTicker(snapshotTick)
	defer tick.Stop()
	for {
		select {
		case a := <-w.asks:
			w.serve(a)
		case now := <-tick.C:
			// Also when the context has just ended: the engine counts what was taken
			// as kept, and would not give it again.
			if s := w.snapshot(now, false); s != nil {
				results <- w.withSnapshot(result{tp: w.TopicPartition}, s)
			}
		case f, ok := <-in:
			if !ok {
				w.finish(results)
				return nil
			}
			if ctx.Err() != nil {
				f.Release()
				continue
			}
			err := w.apply(ctx, f, results)
			f.Release()
			if err != nil {
				return err
			}
		}
	}
}

// start restores the state and begins to read. A partition that cannot be gone on
// with stands still, and the others go on.
func (w *worker) start(ctx context.Context, c *Consumer) error {
	if !w.ready && w.fault.Load() == nil {
		defer c.restoredOne()
		err := w.locate(ctx)
		if err == nil && w.fault.Load() == nil {
			err = w.restore(ctx, c)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kafka.ErrRetriesExhausted):
			return err
		case err != nil:
			w.halt(err)
		case w.fault.Load() != nil: // it stands still, and says nothing of its state
		default:
			w.ready = true
			w.reachedCommitted()
		}
	}
	if w.fault.Load() == nil {
		c.read(ctx, w)
	}
	return nil
}

// lastBudget is how long a worker takes snapshots at its end, of what has changed
// since the last ones. What it does not get to is applied again by who is next.
const lastBudget = time.Second

func (w *worker) finish(results chan<- result) {
	if !w.ready || w.fault.Load() != nil {
		return
	}
	for end := time.Now().Add(min(lastBudget, w.cfg.SessionTimeout/8)); time.Now().Before(end); {
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

// reachedCommitted notes how far the reading again is.
func (w *worker) reachedCommitted() {
	w.reread.Store(w.position)
	w.rereadOf.Store(w.silent)
	if w.position >= w.silent && w.restoring.Swap(false) && w.committed > 0 {
		w.cfg.Log.Info().Stringer("partition", w.TopicPartition).Int64("offset",
			w.position).Msg("up to the committed offset")
	}
}

// skewMax is how far in the future a candle may open before somebody's clock is
// taken to be wrong. Nothing is done about it but saying so: candles alone decide.
const (
	skewMax      = 5 * time.Minute
	skewLogEvery = time.Minute
)

// ahead reports candles that open in the future.
func (w *worker) ahead(c *candle.Candle, now time.Time) {
	if c.Time <= now.Add(skewMax).UnixNano() {
		return
	}
	w.counters.ahead.Inc()
	if now.Sub(w.skewLogged) > skewLogEvery {
		w.skewLogged = now
		w.cfg.Log.Warn().Stringer("partition", w.TopicPartition).Int64("offset", w.record.Offset).Time("candle",
			time.Unix(0, c.Time).UTC()).
			Msg("a candle opens in the future: a clock is wrong, and right candles will be taken for late ones")
	}
}

// A fetch of a megabyte may bring about a thousand times as much. It is cut into results
// of some such number of messages, or the results that wait would take all memory, and a
// transaction longer than it may.
const (
	resultMessages = 2048
	stagedFirst    = 64 // candles; as many as give the messages of a result, later on
	stagedLeast    = 32
)

// apply runs the records of one fetch through decoder and engine and hands on what they
// bring about. Where that is much and the context ends, it stops in the middle.
func (w *worker) apply(ctx context.Context, f *kafka.Fetched, results chan<- result) error {
	if rules := w.rules.Load(); rules != w.engine.Rules() {
		w.engine.Reload(rules)
	}
	res := result{tp: w.TopicPartition}
	now := time.Now()
	for f.Next(&w.record) {
		w.one(&res, now)
		w.position = w.record.Offset + 1
		res.newestMs = w.record.TimestampMs
		if w.engine.Staged() < w.stagedMost && res.messages() < resultMessages {
			continue
		}
		w.emit(&res, now)
		if res.messages() >= resultMessages {
			results <- w.withSnapshot(res, w.snapshot(now, false))
			res.signals, res.deadLetters = nil, nil
			if ctx.Err() != nil {
				w.counters.add(&w.out)
				w.out.Reset()
				return nil
			}
		}
	}
	w.emit(&res, now)
	if f.Err != nil {
		return fmt.Errorf("live: %s: %w", w.TopicPartition, f.Err)
	}
	w.position = f.NextOffset
	res = w.withSnapshot(res, w.snapshot(now, false))
	w.reachedCommitted()
	w.lag.Store(f.HighWatermark - w.position)
	w.counters.add(&w.out)
	w.out.Reset()
	results <- res
	return nil
}

// one decodes one record and stages its candles.
func (w *worker) one(res *result, now time.Time) {
	r := &w.record
	silent := r.Offset < w.silent
	msgs, err := w.decoder.Decode(w.msgs[:0], r.Key, r.Value)
	w.msgs = msgs[:0]
	if err != nil {
		var d *candle.Defect
		if !errors.As(err, &d) {
			panic("live: decoder returned " + err.Error())
		}
		w.dead(res, silent, d.Reason, now)
		return
	}
	for i := range msgs {
		w.ahead(&msgs[i].Candle, now)
		if w.history != nil {
			w.history.warm(w.engine, &msgs[i])
		}
		switch v := w.engine.Stage(&msgs[i], r.Offset, &w.out); v {
		case stream.Correction, stream.Late, stream.TooManySeries:
			w.dead(res, silent, v.String(), now)
		}
	}
}

// emit applies what is staged and makes messages of the matches, in the order
// of the input.
func (w *worker) emit(res *result, now time.Time) {
	staged := w.engine.Staged()
	w.engine.Flush(&w.out)
	if staged > 0 {
		enough := staged * resultMessages / max(1, len(w.out.Matches))
		w.stagedMost = min(max(enough, stagedLeast), 2*w.stagedMost, stream.StagedMax)
	}
	const room = 2 << 10 // a payload is mostly smaller
	var buf []byte
	for i := range w.out.Matches {
		match := &w.out.Matches[i]
		if match.Offset < w.silent {
			continue
		}
		in := sink.Input{Topic: w.Topic, Partition: w.Partition, Offset: match.Offset}
		if cap(buf)-len(buf) < room {
			buf = make([]byte, 0, room*min(len(w.out.Matches)-i, 32))
		}
		var m kafka.Message
		m, buf = sink.Signal(w.cfg.Signals, match, in, now, buf)
		res.signals = append(res.signals, m)
	}
	w.out.Drop()
}

func (w *worker) input() sink.Input {
	return sink.Input{Topic: w.Topic, Partition: w.Partition, Offset: w.record.Offset}
}

func (w *worker) dead(res *result, silent bool, reason string, now time.Time) {
	if silent {
		return
	}
	w.cfg.Metrics.dead(w.Topic, reason)
	if w.cfg.DeadLetters == "" {
		return
	}
	res.deadLetters = append(res.deadLetters, sink.DeadLetter(w.cfg.DeadLetters, w.input(), w.record.Key,
		w.record.Value, reason, now))
}
