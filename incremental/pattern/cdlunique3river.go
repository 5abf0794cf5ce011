package pattern

import "streamd/incremental"

// cdlUnique3RiverRow finds a new low that is bought.
func cdlUnique3RiverRow() *incremental.Row {
	return shape{
		name: "cdlunique3river", title: "Unique 3 River", lookback: 12, judge: judgeUniqueThreeRiver,
		doc: "A long black candle, a black body within it that made a lower low, and a small white candle that opens " +
			"above that " +
			"low. +100 (bullish), meant for a downtrend; rare.",
		example: "cdlunique3river() > 0",
	}.row()
}

func judgeUniqueThreeRiver(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(first.black() && second.black() && third.white() &&
		second.close > first.close && second.open <= first.open &&
		second.low < first.low && third.open > second.low &&
		c.long(2) && c.small(0), 100)
}
