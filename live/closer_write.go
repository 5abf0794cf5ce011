package live

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"streamd/closing"
	"streamd/kafka"
)

func (k *closer) add(bars []closing.BarRecord, decisions []closing.Omission) {
	b := &k.batch
	if len(b.bars)+len(b.decisions) == 0 {
		b.since = time.Now()
	}
	for _, r := range bars {
		b.bytes += len(r.Value)
	}
	b.bars = append(b.bars, bars...)
	for i := range decisions {
		k.cfg.Metrics.leftOut.Add(max(1, len(decisions[i].LeftOut)))
		b.decisions = append(b.decisions, decisions[i].BarRecord())
	}
}

// commit writes what is closed, and of what series have computed a part.
func (k *closer) commit(ctx context.Context, now time.Time) error {
	b := &k.batch
	closed := len(b.bars)+len(b.decisions) > 0
	series := k.seriesRecords(now, closed)
	if !closed && len(series) == 0 {
		return nil
	}
	if err := k.producer.Begin(); err != nil {
		return fmt.Errorf("live: %w", err)
	}
	send := func(topic string, r closing.BarRecord) error {
		m := kafka.ProducerRecord{
			Topic: topic, Key: r.Key, Value: r.Value, TimestampMs: now.UnixMilli(),
			Headers: []kafka.Header{{Key: "ce_source", Value: []byte("streamd")}},
		}
		err := k.producer.Add(ctx, &m)
		if errors.Is(err, kafka.ErrBufferFull) {
			if err = k.producer.Flush(ctx); err == nil {
				err = k.producer.Add(ctx, &m)
			}
		}
		return err
	}
	var err error
	for i := 0; i < len(b.decisions) && err == nil; i++ {
		err = send(k.cfg.Across.Barriers, b.decisions[i])
	}
	var parts []closing.BarRecord
	if closed {
		parts = partsOf(k.machine.AppendState(nil))
	}
	for i := 0; i < len(parts) && err == nil; i++ {
		err = send(k.cfg.Across.Barriers, parts[i])
	}
	for i := 0; i < len(series) && err == nil; i++ {
		err = send(k.cfg.Across.Barriers, series[i])
	}
	for i := 0; i < len(b.bars) && err == nil; i++ {
		err = send(k.cfg.Across.Topic, b.bars[i])
	}
	for err == nil {
		err = k.producer.Commit(ctx)
		if !errors.Is(err, kafka.ErrInDoubt) && !errors.Is(err, kafka.ErrRetriesExhausted) || ctx.Err() != nil {
			break
		}
		k.cfg.Log.Error().Err(err).Msg("closed bars wait for the brokers")
		err = nil
	}
	if err != nil {
		return fmt.Errorf("live: writing %d closed bars: %w", len(b.bars), err)
	}
	k.batch, k.round.wrote = closerBatch{}, now
	return nil
}

// statePartBytes bounds a record of the state.
const statePartBytes = 900_000

// partsOf cuts a state into records: "sdAS", how many parts there are, which one it is, and its bytes.
func partsOf(state []byte) []closing.BarRecord {
	var all []closing.BarRecord
	count := max(1, (len(state)+statePartBytes-1)/statePartBytes)
	for i := range count {
		value := append([]byte(closing.StateMagic), byte(count), byte(i))
		value = binary.LittleEndian.AppendUint32(value, uint32(len(state)))
		value = append(value, state[i*statePartBytes:min(len(state), (i+1)*statePartBytes)]...)
		all = append(all, closing.BarRecord{Key: fmt.Appendf(nil, "state/%d", i), Value: value})
	}
	return all
}

// stateParts puts a state together again. All parts of it were written in one transaction.
type stateParts struct{ parts [][]byte }

func (s *stateParts) take(value []byte) {
	const head = len(closing.StateMagic) + 6
	if len(value) < head || string(value[:len(closing.StateMagic)]) != closing.StateMagic {
		return
	}
	count, i := int(value[len(closing.StateMagic)]), int(value[len(closing.StateMagic)+1])
	if i == 0 || len(s.parts) != count {
		s.parts = make([][]byte, count)
	}
	if i < count {
		s.parts[i] = slices.Clone(value[head:])
	}
}

func (s *stateParts) whole() []byte {
	if len(s.parts) == 0 {
		return nil
	}
	return slices.Concat(s.parts...)
}
