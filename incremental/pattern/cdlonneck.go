package pattern

import "streamd/incremental"

// cdlOnNeckRow finds a bounce that ends at the low before.
func cdlOnNeckRow() *incremental.Row {
	return shape{
		name: "cdlonneck", title: "On-Neck Pattern", lookback: 11, judge: judgeOnNeck,
		doc: "A long black candle, then a white one that opens below its low and closes at that low: a bounce " +
			"without force. " +
			"-100 (bearish), the fall goes on.",
		example: "cdlonneck() < 0 and close < sma(close, 50)",
	}.row()
}

func judgeOnNeck(c candles) int {
	first, second := c.bar(1), c.bar(0)
	return hit(first.black() && second.white() &&
		second.open < first.low && c.same(second.close, first.low, 1) &&
		c.long(1), -100)
}
