package live

import (
	"fmt"

	"streamd/candle"
	"streamd/stream"
)

// needSamples is of how many series the memory is computed: others of their timeframe and
// formulas take as much.
const needSamples = 64

// Fits returns an error if the state of the series that there are would not fit into the
// budget under other rules.
func (c *Consumer) Fits(rules *stream.Rules) error {
	keys, count := c.places.sample(needSamples)
	if count == 0 {
		return FitsOne(rules, c.cfg.Engine)
	}
	return fits(rules, keys, count, c.cfg.Engine)
}

// FitsOne returns an error if the state of a single series would not fit into the budget of
// an engine. That is all that can be asked of rules before series are known.
func FitsOne(rules *stream.Rules, engine stream.Options) error {
	return fits(rules, []candle.Series{{Symbol: "A", Timeframe: minute}}, 1, engine)
}

func fits(rules *stream.Rules, keys []candle.Series, count int, engine stream.Options) error {
	b := engine.Budget
	if b == nil {
		return nil
	}
	if need := rules.Need(keys, count, engine); need > b.Limit() {
		return fmt.Errorf("the state of %d series would take %d MB, and limits.memory leaves %d MB for it", count,
			need>>20, b.Limit()>>20)
	}
	return nil
}

var minute, _ = candle.ParseTimeframe("1m")
