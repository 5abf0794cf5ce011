package live

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"streamd/kafka"
	"streamd/store"
	"streamd/topics"
)

// partition is what is known of an input partition: what it holds, how far it is dealt
// with, and its phase. The worker's goroutine owns it; the atomic fields are for others.
type partition struct {
	kafka.TopicPartition
	topicID kafka.TopicID
	cfg     *Config

	first, end int64 // offsets that the partition held when it was assigned
	committed  int64 // offset of the group then; -1 for none
	begin      int64 // where a group begins that has committed nothing
	lost       bool  // the committed offset means nothing any more: the partition starts at begin

	position int64 // next offset to apply
	silent   int64 // signals of the offsets below it are out

	stage   atomic.Int32          // its phase, unless it is halted
	fault   atomic.Pointer[error] // why it is halted; nil if it is not
	unread  atomic.Bool           // a broker refuses to have it read
	parked  atomic.Bool           // a broker refuses its offsets
	rebuilt atomic.Bool           // its state was made again from retained input

	lag, lowWater       atomic.Int64
	series              atomic.Int64 // that the engine has
	restored, restoreOf atomic.Int64 // series
	reread, rereadOf    atomic.Int64 // records below the committed offset
}

func (p *partition) phase() phase {
	if p.fault.Load() != nil {
		return halted
	}
	return phase(p.stage.Load())
}

// restoredAlready reports whether the state is that of the position.
func (p *partition) restoredAlready() bool { return phase(p.stage.Load()) != restoring }

func (p *partition) origin() store.Origin {
	return store.Origin{Topic: p.Topic, Partition: p.Partition, TopicID: p.topicID}
}

// locate asks what the partition holds and compares the committed offset with it. While
// the partition has no leader it waits.
func (p *partition) locate(ctx context.Context) error {
	own := []kafka.TopicPartition{p.TopicPartition}
	first, end, err := topics.Bounds(ctx, p.cfg.Client, own, true)
	for errors.Is(err, kafka.ErrRetriesExhausted) {
		p.cfg.Log.Error().Err(err).Stringer("partition",
			p.TopicPartition).Msg("the partition does not answer, the others go on")
		first, end, err = topics.Bounds(ctx, p.cfg.Client, own, true)
	}
	if err != nil {
		return err
	}
	p.first, p.end = first[p.TopicPartition], end[p.TopicPartition]
	p.begin = p.first
	switch {
	case p.committed < 0 && p.cfg.Latest:
		p.begin = p.end
	case p.committed > p.end:
		p.lose(fmt.Errorf("committed offset %d is past the end %d: the topic was re-created", p.committed, p.end))
	case p.committed >= 0 && p.committed < p.first:
		p.lose(fmt.Errorf("committed offset %d is before the first one, %d: candles have expired unread", p.committed,
			p.first))
	}
	return nil
}

// lose applies Config.OffsetsLost to a partition whose committed offset means nothing any
// more.
func (p *partition) lose(why error) {
	err := fmt.Errorf("live: %s: %w", p.TopicPartition, why)
	policy := p.cfg.OffsetsLost
	p.cfg.Metrics.lost.Inc()
	switch policy {
	case FromEarliest, FromLatest:
		p.cfg.Log.Error().Err(err).Str("offsets_lost", string(policy)).Msg("the partition starts over")
		p.committed, p.silent, p.lost = -1, -1, true
		if policy == FromLatest {
			p.begin = p.end
		}
	default:
		p.halt(fmt.Errorf("%w (offsets_lost: halt; set earliest or latest to start over)", err))
	}
}

// halt stops the partition and says so in the log and in Ready. Any goroutine may call it.
func (p *partition) halt(err error) {
	if p.fault.Swap(&err) == nil {
		p.cfg.Log.Error().Err(err).Stringer("partition", p.TopicPartition).Msg("partition halted")
		p.cfg.Metrics.halted.Inc()
	}
}

// reached notes the position, and the phase that follows from it.
func (p *partition) reached() {
	p.reread.Store(p.position)
	p.rereadOf.Store(p.silent)
	if p.position < p.silent {
		p.stage.Store(int32(rereading))
		return
	}
	if phase(p.stage.Swap(int32(following))) != following && p.committed > 0 {
		p.cfg.Log.Info().Stringer("partition", p.TopicPartition).Int64("offset",
			p.position).Msg("up to the committed offset")
	}
}
