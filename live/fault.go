package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"streamd/kafka"
)

// fault stands a partition still that cannot be read. Where its input is being read
// again and has expired meanwhile, or is to be started over where it is lost, it returns an
// error: the state has to be re-created, from what is there now.
func (c *Consumer) fault(ctx context.Context, f *kafka.Fetched) error {
	c.mu.Lock()
	w := c.workers[f.TopicPartition]
	c.mu.Unlock()
	err := fmt.Errorf("live: %s at offset %d: %w", f.TopicPartition, f.Offset, f.Err)
	var expired *kafka.OffsetOutOfRangeError
	if errors.As(f.Err, &expired) && (w.phase() != following ||
		c.cfg.OffsetsLost == FromEarliest || c.cfg.OffsetsLost == FromLatest) {
		return err
	}
	w.halt(err)
	var refused *kafka.RequestError
	if errors.As(f.Err, &refused) {
		at := f.Offset // behind all that was delivered before
		w.unread.Store(true)
		time.AfterFunc(c.cfg.refusedPause, func() { c.again(ctx, w, at) })
	}
	return nil
}

// refusedPauseDefault is when something is tried again that a broker refused: what it has
// against it may pass, as a permission that is given back.
const refusedPauseDefault = 5 * time.Second

// againGrace is for how long a partition must be read without a refusal to count as one
// that goes on.
func (c *Config) againGrace() time.Duration { return c.refusedPause / 5 }

// again reads a partition on that stood still, unless the work has ended.
func (c *Consumer) again(ctx context.Context, w *worker, offset int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	why := w.fault.Load()
	w.unread.Store(false)
	c.fetcher.AddOf(w.topicID, w.TopicPartition, offset)
	if w.parked.Load() {
		c.fetcher.Pause(w.TopicPartition)
	}
	time.AfterFunc(c.cfg.againGrace(), func() { w.resume(why) })
}

// standStill halts a partition whose offsets the brokers refuse.
func (c *Consumer) standStill(tp kafka.TopicPartition, cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.workers[tp]; w != nil {
		w.parked.Store(true)
		w.halt(fmt.Errorf("live: %s: its offsets cannot be committed: %w", tp, cause))
		c.fetcher.Pause(tp)
	}
}

// goesOn ends standStill.
func (c *Consumer) goesOn(tp kafka.TopicPartition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.workers[tp]; w != nil {
		w.parked.Store(false)
		c.fetcher.Resume(tp)
		w.resume(w.fault.Load())
	}
}

// resume ends a halt, unless there is another reason for one by now.
func (p *partition) resume(why *error) {
	if why != nil && !p.parked.Load() && !p.unread.Load() && p.fault.CompareAndSwap(why, nil) {
		p.cfg.Log.Info().Stringer("partition", p.TopicPartition).Msg("the partition goes on")
	}
}
