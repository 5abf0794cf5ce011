package live

import (
	"context"
	"sync"
	"time"

	"streamd/sink"
)

// outbox brings committed signals to a sink on a goroutine of its own, so that a sink
// that hangs or fails holds up neither the signals topic, nor other sinks, nor the end of
// the process. A signal leaves the queue when the sink has taken it.
type outbox struct {
	cfg  *Config
	sink sink.Sink
	wake chan struct{}

	mu     sync.Mutex
	queue  [][]byte  // payloads
	bytes  int       // of them
	inHand int       // of the queue, in the batch that the sink has been given
	lost   int       // signals that found the queue full, since the last log line about it
	told   time.Time // of that line
}

const (
	outboxBytes      = 32 << 20
	outboxBatch      = 1024 // signals a Write
	outboxBatchBytes = 1 << 20
	outboxRetryMin   = 100 * time.Millisecond
	outboxRetryMax   = 5 * time.Second
	outboxDrain      = 500 * time.Millisecond // at the end of the process
)

func newOutbox(cfg *Config, s sink.Sink) *outbox {
	return &outbox{cfg: cfg, sink: s, wake: make(chan struct{}, 1)}
}

// put adds committed signals, as far as there is room.
func (o *outbox) put(payloads [][]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, payload := range payloads {
		if o.bytes+len(payload) > outboxBytes {
			o.lost++
			o.cfg.Metrics.sinkLost.Inc()
			continue
		}
		o.queue = append(o.queue, payload)
		o.bytes += len(payload)
	}
	if o.lost > 0 && time.Since(o.told) > time.Minute {
		o.cfg.Log.Error().Int("signals", o.lost).Msg("a sink does not keep up: signals are in the signals topic alone")
		o.lost, o.told = 0, time.Now()
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run writes until the context ends.
func (o *outbox) run(ctx context.Context) {
	for pause := outboxRetryMin; ctx.Err() == nil; {
		batch := o.batch()
		if len(batch) == 0 {
			select {
			case <-ctx.Done():
			case <-o.wake:
			}
			continue
		}
		err := o.sink.Write(ctx, batch)
		if err == nil {
			o.taken()
			pause = outboxRetryMin
			continue
		}
		o.cfg.Metrics.sinkErrors.Inc()
		o.cfg.Log.Error().Err(err).Dur("again_in", pause).Msg("a sink failed")
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, outboxRetryMax)
	}
}

// batch returns the signals at the head of the queue: the same ones until they are taken.
func (o *outbox) batch() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.inHand == 0 {
		bytes := 0
		for _, payload := range o.queue[:min(len(o.queue), outboxBatch)] {
			if bytes += len(payload); o.inHand > 0 && bytes > outboxBatchBytes {
				break
			}
			o.inHand++
		}
	}
	return o.queue[:o.inHand:o.inHand]
}

// taken takes the batch out of the queue.
func (o *outbox) taken() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, payload := range o.queue[:o.inHand] {
		o.bytes -= len(payload)
	}
	n := copy(o.queue, o.queue[o.inHand:])
	clear(o.queue[n:])
	o.queue, o.inHand = o.queue[:n], 0
}

// drain waits a moment until everything is taken.
func (o *outbox) drain() {
	for end := time.Now().Add(outboxDrain); time.Now().Before(end); time.Sleep(time.Millisecond) {
		o.mu.Lock()
		rest := len(o.queue)
		o.mu.Unlock()
		if rest == 0 {
			return
		}
	}
}
