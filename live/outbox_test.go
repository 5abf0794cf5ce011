package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// refusing is a sink that refuses a number of batches, and one signal too many each time.
type refusing struct {
	refusals int
	hangs    time.Duration
	taken    []string
	batches  []string // all attempts
}

func (s *refusing) Write(_ context.Context, batch [][]byte) error {
	time.Sleep(s.hangs)
	text := string(slices.Concat(batch...))
	s.batches = append(s.batches, text)
	if s.refusals > 0 {
		s.refusals--
		return errors.New("refused")
	}
	for _, payload := range batch {
		s.taken = append(s.taken, string(payload))
	}
	return nil
}

func (*refusing) Close() error { return nil }

func payloads(from, n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = fmt.Appendf(nil, "%d;", from+i)
	}
	return all
}

func testOutbox(s *refusing) (*outbox, *Config) {
	cfg := &Config{Log: zerolog.Nop(), Metrics: NewMetrics(metrics.NewSet())}
	return newOutbox(cfg, s), cfg
}

// A signal that the sink refuses stays in the queue, before those that come meanwhile.
func TestOutboxRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &refusing{refusals: 3}
		o, cfg := testOutbox(s)
		ctx, end := context.WithCancel(t.Context())
		go o.run(ctx)
		o.put(payloads(0, 3))
		synctest.Wait()
		o.put(payloads(3, 2))
		time.Sleep(time.Minute)
		end()
		synctest.Wait()
		if got := strings.Join(s.taken, ""); got != "0;1;2;3;4;" {
			t.Errorf("taken %s", got)
		}
		if want := []string{"0;1;2;", "0;1;2;", "0;1;2;", "0;1;2;", "3;4;"}; !slices.Equal(s.batches, want) {
			t.Errorf("batches %q", s.batches)
		}
		if n := cfg.Metrics.sinkErrors.Get(); n != 3 {
			t.Errorf("%d errors are counted, want 3", n)
		}
	})
}

// What waits for a sink is bounded in bytes, and what finds no room is counted.
func TestOutboxFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &refusing{hangs: time.Hour}
		o, cfg := testOutbox(s)
		ctx, end := context.WithCancel(t.Context())
		go o.run(ctx)
		large := [][]byte{make([]byte, outboxBytes/4)}
		for range 6 {
			o.put(large)
		}
		synctest.Wait()
		if signals, bytes := waitingIn(o); bytes > outboxBytes || signals != 4 || cfg.Metrics.sinkLost.Get() != 2 {
			t.Errorf("%d signals of %d bytes wait, %d are lost", signals, bytes, cfg.Metrics.sinkLost.Get())
		}
		time.Sleep(5 * time.Hour)
		if signals, bytes := waitingIn(o); len(s.taken) != 4 || bytes != 0 || signals != 0 {
			t.Errorf("%d signals are taken, %d wait", len(s.taken), signals)
		}
		end()
		synctest.Wait()
	})
}

// waitingIn returns what waits in an outbox that is at work.
func waitingIn(o *outbox) (signals, bytes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue), o.bytes
}

// The process does not wait for a sink that hangs.
func TestOutboxDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &refusing{hangs: time.Hour}
		o, _ := testOutbox(s)
		ctx, end := context.WithCancel(t.Context())
		go o.run(ctx)
		o.put(payloads(0, 1))
		began := time.Now()
		o.drain()
		if took := time.Since(began); took > outboxDrain+10*time.Millisecond {
			t.Errorf("the end takes %v", took)
		}
		end()
		time.Sleep(2 * time.Hour)
	})
}
