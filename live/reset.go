package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"streamd/candle"
	"streamd/kafka"
	"streamd/stream"
)

// ErrRestoring says that a partition is read again: a reset would be undone.
var ErrRestoring = errors.New("live: state is being restored")

// Reset starts the series of a symbol over, of one timeframe or of all, and returns how many
// there were. What comes next is their first candle. Records that say so go out at once.
func (c *Consumer) Reset(ctx context.Context, symbol, timeframe string) (int, error) {
	count, restoring := 0, false
	err := c.each(ctx, func(w *worker) {
		if w.phase() != following {
			restoring = true
			return
		}
		var keys []candle.Series
		w.engine.All(func(s *stream.SeriesState) {
			if s.Key.Symbol == symbol && (timeframe == "" || s.Key.Timeframe.String() == timeframe) {
				keys = append(keys, s.Key)
			}
		})
		for _, key := range keys {
			if w.engine.Reset(key, w.position) {
				count++
				w.saver.urgent = w.position + 1
				w.partition.cfg.Log.Warn().Stringer("series", key).Stringer("partition", w.TopicPartition).
					Int64("offset", w.position).Msg("the series is reset and starts over")
			}
		}
	})
	if err == nil && restoring && count == 0 {
		err = ErrRestoring
	}
	return count, err
}

// each calls f for every worker in turn, as Visit does.
func (c *Consumer) each(ctx context.Context, f func(*worker)) error {
	c.mu.Lock()
	workers := make([]*worker, 0, len(c.workers))
	for _, w := range c.workers {
		workers = append(workers, w)
	}
	c.mu.Unlock()
	slices.SortFunc(workers, func(a, b *worker) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	for _, w := range workers {
		if err := w.ask(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// ask has the worker's goroutine call f.
func (w *worker) ask(ctx context.Context, f func(*worker)) error {
	busy := func(tp kafka.TopicPartition) error { return fmt.Errorf("live: %s is busy: %w", tp, ctx.Err()) }
	a := &ask{answer: f, done: make(chan struct{})}
	select {
	case w.asks <- a:
	case <-ctx.Done():
		return busy(w.TopicPartition)
	}
	select {
	case <-a.done:
	case <-ctx.Done():
		if a.taken.CompareAndSwap(false, true) {
			return busy(w.TopicPartition)
		}
		<-a.done // it is at it: the caller's memory is in use until it is through
	}
	return nil
}
