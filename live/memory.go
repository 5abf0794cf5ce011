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
	b := c.cfg.Engine.Budget
	if b == nil {
		return nil
	}
	keys, count := c.places.sample(needSamples)
	if count == 0 {
		// Rules that one series could not live with are refused from the start.
		keys, count = []candle.Series{{Symbol: "A", Timeframe: minute}}, 1
	}
	if need := rules.Need(keys, count, c.cfg.Engine); need > b.Limit() {
		return fmt.Errorf("the state of %d series would take %d MB, and limits.memory leaves %d MB for it", count,
			need>>20, b.Limit()>>20)
	}
	return nil
}

var minute, _ = candle.ParseTimeframe("1m")
