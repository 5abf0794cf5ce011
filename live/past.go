package live

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"streamd/candle"
	"streamd/history"
	"streamd/stream"
)

// pastMax is how many candles of a series are kept to begin it with: an average of
// 200 bars has forgotten its beginning after some 3,000.
const pastMax = 5_000

// pastCandles begin series that nothing else is known of. They are read once, when
// the first series wants them, and stay in memory: 48 bytes a candle.
type pastCandles struct {
	data history.Data

	mu     sync.Mutex // held while they are read
	series map[candle.Series]*stream.Block
	report history.Report
}

// load reads the history, unless that is done. A rebalance may break it off: then the
// next one that wants it begins again.
func (p *pastCandles) load(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.series != nil {
		return nil
	}
	series := map[candle.Series]*stream.Block{}
	var mu sync.Mutex
	report, err := p.data.Tapes(ctx, 2, func(_ int, t *history.Tape) error {
		if t.Err != nil {
			return nil
		}
		last := t.Block.Slice(max(0, t.Block.Len()-pastMax), t.Block.Len())
		own := last.Clone()
		mu.Lock()
		defer mu.Unlock()
		series[t.Key] = &own
		return nil
	})
	if err == nil {
		err = context.Cause(ctx) // what is read may be a part
	}
	if err != nil {
		return fmt.Errorf("live: state.warm_from: %w", err)
	}
	p.series, p.report = series, report
	return nil
}

// warm begins a series that the engine does not know with the candles before the
// one at hand. They fire nothing, and the series counts as rebuilt.
func (p *pastCandles) warm(e *stream.Engine, m *candle.Message) {
	if e.Knows(m.Symbol, m.Timeframe) || e.Full() {
		return
	}
	key := candle.Series{Symbol: string(m.Symbol), Timeframe: m.Timeframe}
	b := p.series[key]
	if b == nil {
		return
	}
	n, _ := slices.BinarySearch(b.Time, m.Candle.Time)
	if n == 0 {
		return
	}
	s := e.Series(key)
	s.Rebuilt = true
	var out stream.Effects
	part := b.Slice(0, n)
	e.PushBlock(s, &part, &out)
}
