package source

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/kafka"
	"streamd/sink"
	"streamd/stream"
)

// worker owns one input partition: its decoder, its engine and its position.
type worker struct {
	kafka.TopicPartition
	cfg      *Config
	decoder  *candle.Decoder
	engine   *stream.Engine
	counters *topicCounters
	rules    atomic.Pointer[stream.Rules]

	position  int64 // next offset to apply
	silent    int64 // offsets below it have had their signals delivered before
	restoring atomic.Bool
	rebuilt   bool // the state was made again from retained input
	lag       atomic.Int64
	asks      chan *ask

	record kafka.Record
	msgs   []candle.Message
	out    stream.Output
}

// result is what a run of records brought about: messages in the order of their
// input, and the position behind it.
type result struct {
	tp       kafka.TopicPartition
	next     int64
	messages []kafka.Message
	signals  int // of the messages
	newestMs int64
}

// newWorker makes the worker of a partition whose state this process does not
// hold. The input that is still retained is read again from its beginning; up
// to the committed offset the signals are out already, and it is silent.
func (c *Consumer) newWorker(tp kafka.TopicPartition, committed, first, end int64) (*worker, error) {
	topic := topicOf(c.cfg.Topics, tp.Topic)
	decoder, err := candle.NewDecoder(topic.Mapping, topic.Default)
	if err != nil {
		return nil, fmt.Errorf("source: topic %s: %w", tp.Topic, err)
	}
	w := &worker{
		TopicPartition: tp, cfg: &c.cfg, decoder: decoder,
		engine: stream.New(c.rules, c.cfg.Engine), counters: c.cfg.Metrics.topic(tp.Topic),
		asks: make(chan *ask, asksMax),
	}
	w.rules.Store(c.rules)
	switch {
	case committed < 0 && c.cfg.Latest:
		w.position = end
	case committed < 0:
		w.position = first
	case committed > end:
		err := fmt.Errorf("source: %s: committed offset %d is past the end %d: the topic was made anew; reset the group's offsets", tp, committed, end)
		c.halted.Store(&err)
		c.cfg.Log.Error().Err(err).Msg("partition stands still")
		w.position, w.silent = committed, committed
	default:
		if committed < first {
			c.cfg.Log.Error().Stringer("partition", tp).Int64("committed", committed).Int64("first", first).Msg("committed offset has expired, candles are missing")
		}
		w.position, w.silent = first, committed
		w.rebuilt = committed > first
		w.restoring.Store(w.rebuilt)
		if w.rebuilt {
			c.cfg.Log.Warn().Stringer("partition", tp).Int64("from", first).Int64("to", committed).Msg("no local state: rebuilding it from the retained input")
		}
	}
	c.cfg.Metrics.lagOf(tp, &w.lag)
	return w, nil
}

// pristine reports whether the worker has applied nothing yet.
func (w *worker) pristine() bool { return w.engine.Count() == 0 }

func (w *worker) close() { w.cfg.Metrics.forgetLag(w.TopicPartition) }

// run applies what is fetched until the channel closes, and answers questions
// in between. When the context ends, what is left is given back unread.
func (w *worker) run(ctx context.Context, in <-chan *kafka.Fetched, results chan<- result) error {
	for {
		select {
		case a := <-w.asks:
			w.serve(a)
		case f, ok := <-in:
			if !ok {
				return nil
			}
			if ctx.Err() != nil {
				f.Release()
				continue
			}
			res, err := w.apply(f)
			f.Release()
			if err != nil {
				return err
			}
			results <- res
		}
	}
}

// apply runs the records of one fetch through decoder and engine.
func (w *worker) apply(f *kafka.Fetched) (result, error) {
	if rules := w.rules.Load(); rules != w.engine.Rules() {
		w.engine.Reload(rules)
	}
	res := result{tp: w.TopicPartition}
	now := time.Now()
	for f.Next(&w.record) {
		w.one(&res, now)
		w.position = w.record.Offset + 1
		res.newestMs = w.record.TimestampMs
		if w.engine.Staged() >= stream.StagedMax {
			w.emit(&res, now)
		}
	}
	w.emit(&res, now)
	if f.Err != nil {
		return res, fmt.Errorf("source: %s: %w", w.TopicPartition, f.Err)
	}
	w.position = f.NextOffset
	res.next = max(w.position, w.silent)
	if w.position >= w.silent && w.restoring.Load() {
		w.restoring.Store(false)
		w.cfg.Log.Info().Stringer("partition", w.TopicPartition).Int64("offset", w.position).Msg("state rebuilt")
	}
	w.lag.Store(f.HighWatermark - w.position)
	w.counters.add(&w.out)
	w.out.Reset()
	return res, nil
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
			panic("source: decoder returned " + err.Error())
		}
		w.dead(res, silent, d.Reason, now)
		return
	}
	for i := range msgs {
		switch v := w.engine.Stage(&msgs[i], r.Offset, &w.out); v {
		case stream.Correction, stream.Late, stream.TooManySeries:
			w.dead(res, silent, v.String(), now)
		}
	}
}

// emit applies what is staged and makes messages of the matches, in the order
// of the input.
func (w *worker) emit(res *result, now time.Time) {
	w.engine.Flush(&w.out)
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
		res.messages = append(res.messages, m)
		res.signals++
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
	res.messages = append(res.messages, sink.DeadLetter(w.cfg.DeadLetters, w.input(), w.record.Key, w.record.Value, reason, now))
}
