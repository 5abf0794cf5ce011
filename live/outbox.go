package live

import (
	"cmp"
	"context"
	"sync"
	"time"

	"streamd/kafka"
	"streamd/sink"
)

// outbox brings committed signals to a local sink on a goroutine of its own, so that a
// terminal or pipe that nobody reads, or a full disk, holds up neither the signals topic
// nor the end of the process.
type outbox struct {
	cfg   *Config
	lines *sink.Lines
	wake  chan struct{}

	mu    sync.Mutex
	queue [][]byte // payloads
	bytes int      // of them
	lost  int      // signals that found the queue full, since that was told of
	busy  bool     // some are being written
	told  time.Time
}

const (
	outboxBytes = 32 << 20
	outboxRetry = time.Second
	outboxDrain = 500 * time.Millisecond // at the end of the process
)

func newOutbox(cfg *Config, lines *sink.Lines) *outbox {
	return &outbox{cfg: cfg, lines: lines, wake: make(chan struct{}, 1)}
}

// put adds the signals among committed messages, as far as there is room.
func (o *outbox) put(messages []kafka.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range messages {
		switch m := &messages[i]; {
		case m.Topic != o.cfg.Signals:
		case o.bytes+len(m.Value) > outboxBytes:
			o.lost++
		default:
			o.queue = append(o.queue, m.Value)
			o.bytes += len(m.Value)
		}
	}
	if o.lost > 0 && time.Since(o.told) > time.Minute {
		o.cfg.Log.Error().Int("signals", o.lost).Msg("a file sink is stuck: signals are in the signals topic alone")
		o.lost, o.told = 0, time.Now()
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run writes until the context ends.
func (o *outbox) run(ctx context.Context) {
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.wake:
		case <-again:
		}
		again = nil
		if err := o.write(); err != nil {
			o.cfg.Log.Error().Err(err).Msg("a file sink failed")
			again = time.After(outboxRetry)
		}
	}
}

func (o *outbox) write() error {
	o.mu.Lock()
	queue := o.queue
	o.queue, o.bytes, o.busy = nil, 0, true
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		o.busy = false
		o.mu.Unlock()
	}()
	var failed error
	for _, payload := range queue { // the sink keeps what it cannot write yet
		if err := o.lines.Write(payload); err != nil {
			failed = err
		}
	}
	return cmp.Or(o.lines.Flush(), failed)
}

// drain waits a moment until everything is written.
func (o *outbox) drain() {
	for end := time.Now().Add(outboxDrain); time.Now().Before(end); time.Sleep(time.Millisecond) {
		o.mu.Lock()
		rest := len(o.queue) > 0 || o.busy
		o.mu.Unlock()
		if !rest {
			return
		}
	}
}
