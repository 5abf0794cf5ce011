package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/candle/wire"
	"streamd/history"
	"streamd/kafka"
)

// sender sends the candles of tapes to a topic as a feed would: in the order of time, keyed by symbol. An idempotent
// producer keeps each from coming twice.
type sender struct {
	producer *kafka.Producer
	topic    string
	format   string  // one of wire.Encoded
	speed    float64 // how much faster than the market; 0 is as fast as possible
	loop     bool    // begin again at the end, in later days
	sent     atomic.Int64

	value []byte
}

// turn is a bar of a tape in the order of sending.
type turn struct {
	time      int64
	tape, bar int32
}

// turns puts the bars of all tapes in the order of time, those of one time in the order of the tapes.
func turns(tapes []history.Tape) []turn {
	n := 0
	for i := range tapes {
		n += tapes[i].Block.Len()
	}
	all := make([]turn, 0, n)
	for i := range tapes {
		for j := range tapes[i].Block.Len() {
			all = append(all, turn{tapes[i].Block.At(j).Time, int32(i), int32(j)})
		}
	}
	slices.SortStableFunc(all, func(a, b turn) int {
		switch {
		case a.time < b.time:
			return -1
		case a.time > b.time:
			return 1
		}
		return 0
	})
	return all
}

// send returns when all is acknowledged, or when the context ends: then what is at hand is still sent.
func (s *sender) send(ctx context.Context, tapes []history.Tape) error {
	order := turns(tapes)
	if len(order) == 0 {
		return nil
	}
	started, first := time.Now(), order[0].time
	round := roundOf(tapes, order)
	for shift := int64(0); ; shift += round {
		for _, at := range order {
			if err := s.pause(ctx, started, at.time+shift-first); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return s.flush(ctx)
			}
			c := tapes[at.tape].Block.At(int(at.bar))
			c.Time += shift
			if err := s.add(ctx, tapes[at.tape].Key, c); err != nil {
				return err
			}
		}
		if !s.loop {
			return s.flush(ctx)
		}
	}
}

// roundOf is by how much later each further round of a loop is: whole days, so that hours stay what they are.
func roundOf(tapes []history.Tape, order []turn) int64 {
	const day = int64(24 * time.Hour)
	last := order[len(order)-1]
	end := last.time + 1
	if tf := tapes[last.tape].Key.Timeframe; !tf.IsZero() {
		end = tf.Next(last.time)
	}
	return (end - order[0].time + day - 1) / day * day
}

// pause waits until the market's time has come. What was added before is sent first.
func (s *sender) pause(ctx context.Context, started time.Time, marketNs int64) error {
	if s.speed == 0 {
		return nil
	}
	wait := time.Until(started.Add(time.Duration(float64(marketNs) / s.speed)))
	if wait <= 0 {
		return nil
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
	return nil
}

func (s *sender) add(ctx context.Context, key candle.Series, c candle.Candle) error {
	m := candle.Message{Symbol: []byte(key.Symbol), Timeframe: key.Timeframe, Candle: c, Closed: true}
	s.value, _ = wire.Encode(s.value[:0], s.format, &m)
	r := kafka.ProducerRecord{
		Topic: s.topic, Partition: kafka.AnyPartition, TimestampMs: time.Now().UnixMilli(),
		Key: m.Symbol, Value: s.value,
	}
	err := s.producer.Add(ctx, &r)
	if errors.Is(err, kafka.ErrBufferFull) {
		if err = s.flush(ctx); err == nil {
			err = s.producer.Add(ctx, &r)
		}
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("topic %s: %w", s.topic, err)
	}
	s.sent.Add(1)
	return nil
}

// lastBudget is how long a sender that is told to stop still tries to send what it has.
const lastBudget = 5 * time.Second

// flush sends what was added. Brokers that are away for longer are waited for.
func (s *sender) flush(ctx context.Context) error {
	for ctx.Err() == nil {
		err := s.producer.Flush(ctx)
		if err == nil || !errors.Is(err, kafka.ErrRetriesExhausted) && ctx.Err() == nil {
			return err
		}
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), lastBudget)
	defer stop()
	return s.producer.Flush(last)
}
