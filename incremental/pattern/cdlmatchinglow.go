package pattern

import "streamd/incremental"

// cdlMatchingLowRow finds two black candles with one close.
func cdlMatchingLowRow() *incremental.Row {
	return shape{
		name: "cdlmatchinglow", title: "Matching Low", lookback: 6, judge: judgeMatchingLow,
		doc: "Two black candles with the same close: a price at which somebody buys. +100 (bullish), meant for a " +
			"downtrend.",
		example: "cdlmatchinglow() > 0 and rsi(close, 14) < 35",
	}.row()
}

func judgeMatchingLow(c candles) int {
	first, second := c.bar(1), c.bar(0)
	return hit(first.black() && second.black() && c.same(second.close, first.close, 1), 100)
}
