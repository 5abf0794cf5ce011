package live

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
	"streamd/topics"
)

// applier takes the records of a partition through the reader and the engine, and makes
// results of what comes out.
type applier struct {
	at       *partition
	cfg      *Config
	reader   *topics.Reader
	engine   *stream.Engine
	counters *topicCounters
	rules    atomic.Pointer[stream.Rules] // to be put in force before the next candle
	history  *pastCandles                 // for new series; nil for none
	places   *places
	foreign  *foreign

	record     kafka.Record
	msgs       []candle.Message
	out        stream.Effects
	traces     traces
	stagedMost int       // candles to stage before they are applied
	ownLogged  time.Time // when skipped records of our own were last logged
	badLogged  time.Time // when an unreadable batch was last logged
	fullLogged time.Time // when a new series was last refused with a warning
	expired    int       // series of the engine that are counted as expired
}

// result is what a run of records caused: signals, dead letters and outcomes, each in the
// order of their input, and the position behind it.
type result struct {
	tp          kafka.TopicPartition
	next        int64
	signals     []kafka.ProducerRecord
	deadLetters []kafka.ProducerRecord
	outcomes    []kafka.ProducerRecord
	newestMs    int64     // timestamp of the newest record
	snapshot    *snapshot // nil for none
}

// messages returns the number of messages in the result.
func (r *result) messages() int { return len(r.signals) + len(r.deadLetters) + len(r.outcomes) }

// A fetch of a megabyte may bring about a thousand times as much. It is cut into results
// of about this many messages: larger ones would take all memory while they wait, and
// make a transaction longer than brokers allow.
const (
	resultMessages = 2048
	stagedFirst    = 64 // candles; later as many as give the messages of a result
	stagedLeast    = 32
)

// reload puts rules in force that came meanwhile.
func (a *applier) reload() {
	if rules := a.rules.Load(); rules != a.engine.Rules() {
		a.engine.Reload(rules)
	}
}

// apply applies the records of one fetch and hands on what they bring about. A fetch that
// brings about much is left in the middle when the context ends.
func (a *applier) apply(ctx context.Context, f *kafka.Fetched, hand func(result, time.Time)) error {
	a.reload()
	res := result{tp: a.at.TopicPartition}
	now := time.Now()
	for a.next(f, &res, now) {
		if going, err := a.one(ctx, &res, now, hand); !going {
			a.count()
			hand(res, time.Now())
			return err
		}
		a.at.position = a.record.Offset + 1
		res.newestMs = a.record.TimestampMs
		if a.engine.Staged() < a.stagedMost && res.messages() < resultMessages {
			continue
		}
		a.emit(&res, now)
		if res.messages() >= resultMessages {
			hand(res, now)
			res.signals, res.deadLetters, res.outcomes = nil, nil, nil
			if ctx.Err() != nil {
				a.count()
				return nil
			}
		}
	}
	a.emit(&res, now)
	if f.Err != nil {
		a.count()
		hand(res, now) // what lies before the batch
		return fmt.Errorf("live: %s: %w", a.at.TopicPartition, f.Err)
	}
	a.at.position = f.NextOffset
	a.at.lag.Store(f.HighWatermark - a.at.position)
	a.count()
	hand(res, now)
	a.at.reached()
	return nil
}

// count adds what became of the candles to the counters of the topic.
func (a *applier) count() {
	a.counters.add(&a.out)
	a.out.Reset()
	a.at.series.Store(int64(a.engine.Count()))
	a.counters.expired.Add(a.engine.Expired() - a.expired)
	a.expired = a.engine.Expired()
}

// one decodes one record and stages its candles. It returns false when the context ends, or something fails, while a
// candle waits for other series.
func (a *applier) one(ctx context.Context, res *result, now time.Time, hand func(result, time.Time)) (bool, error) {
	r := &a.record
	msgs, err := a.reader.Read(a.msgs[:0], r)
	a.msgs = msgs[:0]
	var defect *candle.Defect
	switch {
	case errors.Is(err, topics.ErrOwn):
		a.skipOwn(now)
		return true, nil
	case errors.Is(err, topics.ErrAnswer):
		a.counters.answers.Inc()
		return true, nil
	case errors.As(err, &defect):
		a.dead(res, defect.Reason, now)
		return true, nil
	case err != nil:
		panic("live: reader returned " + err.Error())
	}
	if going, err := a.awaitAll(ctx, msgs, res, hand); !going {
		return false, err
	}
	a.traces.note(r)
	for i := range msgs {
		m := &msgs[i]
		if topics.Ahead(m, r, a.cfg.AheadMax) {
			a.counters.ahead.Inc()
			a.dead(res, topics.ReasonAhead, now)
			continue
		}
		if a.history != nil {
			a.history.warm(a.engine, m)
		}
		known := a.engine.Count()
		switch v := a.engine.Stage(m, r.Offset, &a.out); v {
		case stream.TooManySeries, stream.OverBudget:
			a.noPlace(v, now)
			a.dead(res, v.String(), now)
		case stream.Correction, stream.Late:
			a.dead(res, v.String(), now)
		}
		if a.engine.Count() > known {
			a.places.note(candle.Series{Symbol: string(m.Symbol), Timeframe: m.Timeframe}, a.at.TopicPartition, now)
		}
	}
	return true, nil
}

// noPlace warns now and then that candles of new series are refused.
func (a *applier) noPlace(why stream.Verdict, now time.Time) {
	if now.Sub(a.fullLogged) < ownLogEvery {
		return
	}
	a.fullLogged = now
	e := a.cfg.Log.Warn().Stringer("partition", a.at.TopicPartition).Int("series", a.engine.Count()).
		Stringer("reason", why)
	message := "new series are refused: max_series is reached, and none has ended for series_expire"
	if b := a.cfg.Engine.Budget; why == stream.OverBudget {
		e = e.Int64("used_mb", b.Used()>>20).Int64("limit_mb", b.Limit()>>20)
		message = "new series are refused: their state needs more than limits.memory leaves for it"
	}
	e.Str("symbol", string(a.record.Key)).Msg(message)
}

// skipOwn counts a record that streamd wrote itself, and warns of it now and then.
func (a *applier) skipOwn(now time.Time) {
	a.counters.own.Inc()
	if now.Sub(a.ownLogged) < ownLogEvery {
		return
	}
	a.ownLogged = now
	a.cfg.Log.Warn().Stringer("partition", a.at.TopicPartition).Int64("offset", a.record.Offset).
		Msg("records that streamd wrote are skipped: a pattern of kafka.topics matches a topic of signals, dead " +
			"letters or state, or dead letters were put back with their headers")
}

const ownLogEvery = time.Minute

// emit applies what is staged and makes messages of the matches, in the order
// of the input.
func (a *applier) emit(res *result, now time.Time) {
	staged := a.engine.Staged()
	a.engine.Flush(&a.out)
	if staged > 0 {
		enough := staged * resultMessages / max(1, len(a.out.Matches)+len(a.out.Outcomes))
		a.stagedMost = min(max(enough, stagedLeast), 2*a.stagedMost, stream.StagedMax)
	}
	const room = 2 << 10 // a payload is mostly smaller
	var buf []byte
	for i := range a.out.Matches {
		match := &a.out.Matches[i]
		if match.Offset < a.at.silent {
			continue
		}
		in := sink.InputRecord{Topic: a.at.Topic, Partition: a.at.Partition, Offset: match.Offset}
		if cap(buf)-len(buf) < room {
			buf = make([]byte, 0, room*min(len(a.out.Matches)-i, 32))
		}
		var m kafka.ProducerRecord
		m, buf = sink.Signal(a.cfg.Signals, match, in, now, buf)
		m.Headers = a.traces.add(m.Headers, match.Offset)
		res.signals = append(res.signals, m)
	}
	a.emitOutcomes(res, now)
	a.out.Drop()
	a.traces.drop()
	a.foreign.forget()
}

// emitOutcomes makes messages of the outcomes that the staged candles have completed.
func (a *applier) emitOutcomes(res *result, now time.Time) {
	const room = 640 // an outcome is mostly smaller, with its headers
	var buf []byte
	for i := range a.out.Outcomes {
		o := &a.out.Outcomes[i]
		if o.Offset < a.at.silent {
			continue
		}
		if cap(buf)-len(buf) < room {
			buf = make([]byte, 0, room*min(len(a.out.Outcomes)-i, 32))
		}
		in := sink.InputRecord{Topic: a.at.Topic, Partition: a.at.Partition, Offset: o.Offset}
		var m kafka.ProducerRecord
		m, buf = sink.Outcome(a.cfg.Outcomes, o, in, now, buf)
		res.outcomes = append(res.outcomes, m)
	}
}

// dead makes a dead letter of the record at hand, unless it is out already. A record that
// was a dead letter before is none again, or it would go round for ever.
func (a *applier) dead(res *result, reason string, now time.Time) {
	if a.record.Offset < a.at.silent {
		return
	}
	if topics.Own(&a.record) {
		a.skipOwn(now)
		return
	}
	a.cfg.Metrics.dead(a.at.Topic, reason)
	a.cfg.Metrics.rejected.note(a.at.TopicPartition, &a.record, reason, now)
	if a.cfg.DeadLetters == "" {
		return
	}
	in := sink.InputRecord{Topic: a.at.Topic, Partition: a.at.Partition, Offset: a.record.Offset}
	res.deadLetters = append(res.deadLetters, sink.DeadLetter(a.cfg.DeadLetters, in, a.record.Key, a.record.Value,
		reason, now))
}
