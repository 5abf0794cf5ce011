package live

import (
	"context"
	"sync/atomic"

	"streamd/kafka"
	"streamd/stream"
)

// View is what a worker shows of its partition while it answers. It is valid, and the
// engine readable, during the call only.
type View struct {
	kafka.TopicPartition
	Engine    *stream.Engine
	Position  int64 // next offset to apply
	Lag       int64 // records between it and the end of the partition
	Restoring bool  // below its committed offset
	Rebuilt   bool  // from retained input
}

// ask is a question to a worker. It is withdrawn or answered, never both.
type ask struct {
	answer func(*worker)
	taken  atomic.Bool // by the worker, or back by the asker
	done   chan struct{}
}

// asksMax is how many questions wait for one worker; more are turned away by
// their own deadline.
const asksMax = 8

// Visit calls f for every partition in turn, each time on the goroutine that
// owns the engine, between two fetches. It ends early with an error when a
// worker does not come to it before the context ends: it is between two
// generations of the group, or its results wait for the brokers.
func (c *Consumer) Visit(ctx context.Context, f func(View)) error {
	return c.each(ctx, func(w *worker) {
		f(View{
			TopicPartition: w.TopicPartition, Engine: w.engine, Position: w.position,
			Restoring: w.phase() != following, Rebuilt: w.rebuilt.Load(),
		})
	})
}

// serve answers a question, unless its asker has gone.
func (w *worker) serve(a *ask) {
	if !a.taken.CompareAndSwap(false, true) {
		return
	}
	defer close(a.done)
	w.reload()
	a.answer(w)
}
