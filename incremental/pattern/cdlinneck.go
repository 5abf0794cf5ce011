package pattern

import "streamd/incremental"

// cdlInNeckRow finds a bounce that ends at the close before.
func cdlInNeckRow() *incremental.Row {
	return shape{
		name: "cdlinneck", title: "In-Neck Pattern", lookback: 11, judge: judgeInNeck,
		doc: "A long black candle, then a white one that opens below its low and closes barely into its body: a weak " +
			"bounce. " +
			"-100 (bearish), the fall goes on.",
		example: "cdlinneck() < 0 and close < sma(close, 50)",
	}.row()
}

func judgeInNeck(c candles) int {
	first, second := c.bar(1), c.bar(0)
	return hit(first.black() && second.white() &&
		second.open < first.low && second.close >= first.close &&
		second.close <= first.close+c.equal(1) &&
		c.long(1), -100)
}
