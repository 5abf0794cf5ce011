package live

import (
	"fmt"
	"sync"

	"streamd/candle"
	"streamd/stream"
)

// needSamples is of how many series the memory is computed: others of their timeframe and
// formulas take as much.
const needSamples = 64

// Fits returns an error if the state of the series that there are would not fit into the
// budget under other rules.
func (c *Consumer) Fits(rules *stream.Rules) error {
	c.needs.mu.Lock()
	defer c.needs.mu.Unlock()
	keys, count := c.places.sample(c.needs.keys, needSamples)
	if c.needs.keys = keys; count == 0 {
		return FitsOne(rules, c.cfg.Engine)
	}
	return fits(&c.needs.estimate, rules, keys, count, c.cfg.Engine)
}

// needs is what the memory was computed of last.
type needs struct {
	mu       sync.Mutex
	keys     []candle.Series
	estimate stream.Estimate
}

// FitsOne returns an error if the state of a single series would not fit into the budget of
// an engine. That is all that can be asked of rules before series are known.
func FitsOne(rules *stream.Rules, engine stream.Options) error {
	return fits(&stream.Estimate{}, rules, []candle.Series{{Symbol: "A", Timeframe: minute}}, 1, engine)
}

func fits(x *stream.Estimate, rules *stream.Rules, keys []candle.Series, count int, engine stream.Options) error {
	b := engine.Budget
	if b == nil {
		return nil
	}
	if need := x.Need(rules, keys, count, engine); need > b.Limit() {
		return fmt.Errorf("the state of %d series would take %d MB, and limits.memory leaves %d MB for it", count,
			need>>20, b.Limit()>>20)
	}
	return nil
}

var minute, _ = candle.ParseTimeframe("1m")
