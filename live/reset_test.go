package live

import (
	"strings"
	"testing"
)

// A candle with a wrong year makes all right ones late, until the series is reset. The reset
// outlives a restart.
func TestReset(t *testing.T) {
	r := newRig(t, 1)
	dir, all := t.TempDir(), testMessages(60)
	wrong := strings.Replace(all[40], "2024-01-02", "2098-01-02", 1)
	r.produce(append(all[:40:40], wrong))
	c := r.start(r.stateful(ExactlyOnce, dir, nil))
	wait(t, func() bool { return r.committed(t.Context()) })
	wait(t, func() bool { ready, _ := c.Ready(); return ready })
	if n, err := c.Reset(t.Context(), "S0", "5m"); n != 0 || err != nil {
		t.Errorf("another timeframe: %d, %v", n, err)
	}
	if n, err := c.Reset(t.Context(), "S0", ""); n != 1 || err != nil {
		t.Errorf("%d series, %v", n, err)
	}
	end := c.cfg.Metrics.stateRecords.Get()
	wait(t, func() bool { return c.cfg.Metrics.stateRecords.Get() > end })
	c.end()
	before := len(r.read("dead"))
	r.produce(all[44:])
	r.once(ExactlyOnce, dir)
	if late := r.read("dead")[before:]; len(late) > 0 {
		t.Errorf("%d dead letters after the reset: %.200q", len(late), late)
	}
	if before != 0 {
		t.Errorf("%d dead letters before", before)
	}
}
