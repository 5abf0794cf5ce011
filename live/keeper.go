package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// keeper writes snapshots into the local store. It is one goroutine of a consumer,
// so that a slow disk stands in the way of snapshots only. A snapshot that cannot
// be written is tried until it can. Meanwhile the low-water on the disk stays where it
// is; where there is a state topic workers go on with it, and afterwards everything is
// rewritten to the disk.
type keeper struct {
	cfg  *Config
	wake chan struct{}

	mu      sync.Mutex
	queue   []*snapshot // of each worker one, and those of its end
	writing *snapshot

	failing atomic.Pointer[error]
}

func newKeeper(cfg *Config) *keeper { return &keeper{cfg: cfg, wake: make(chan struct{}, 1)} }

// take is given snapshots whose offsets are committed.
func (k *keeper) take(all []*snapshot) {
	if len(all) == 0 {
		return
	}
	k.mu.Lock()
	for _, s := range all {
		if k.failing.Load() != nil && s.w.statePartition >= 0 {
			s.w.saver.done(true)
			continue
		}
		k.queue = append(k.queue, s)
	}
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// keepRetry bounds the pause between two attempts at the disk.
const (
	keepRetryMin = 100 * time.Millisecond
	keepRetryMax = 5 * time.Second
)

// run writes until the context ends.
func (k *keeper) run(ctx context.Context) {
	pause := keepRetryMin
	for {
		s := k.head()
		if s == nil {
			select {
			case <-ctx.Done():
				return
			case <-k.wake:
			}
			continue
		}
		err := s.w.file.keep(s)
		k.mu.Lock()
		k.writing = nil
		if err == nil {
			k.queue = k.queue[1:]
		}
		k.mu.Unlock()
		if err == nil {
			pause = keepRetryMin
			if k.failing.Swap(nil) != nil {
				k.cfg.Log.Info().Msg("the local store is written again")
			}
			s.w.saver.done(false)
			continue
		}
		k.cfg.Metrics.stateErrors.Inc()
		if s.w.statePartition >= 0 {
			s.w.saver.done(true)
		}
		if k.failing.Swap(&err) == nil {
			k.cfg.Log.Error().Err(err).Msg("the local store cannot be written: a restart takes longer until it can")
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, keepRetryMax)
	}
}

func (k *keeper) head() *snapshot {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) > 0 {
		k.writing = k.queue[0]
	}
	return k.writing
}

// drain waits until everything is written, or the context ends.
func (k *keeper) drain(ctx context.Context) {
	for ctx.Err() == nil {
		k.mu.Lock()
		rest := len(k.queue)
		k.mu.Unlock()
		if rest == 0 || k.failing.Load() != nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}
