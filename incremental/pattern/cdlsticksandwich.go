package pattern

import "streamd/incremental"

// cdlStickSandwichRow finds a white candle between two black ones with one close.
func cdlStickSandwichRow() *incremental.Row {
	return shape{
		name: "cdlsticksandwich", title: "Stick Sandwich", lookback: 7, judge: judgeStickSandwich,
		doc: "A black candle, a white one that trades above its close, and a black one that closes at the first " +
			"close again: " +
			"a price at which somebody buys. +100 (bullish), meant for a downtrend.",
		example: "cdlsticksandwich() > 0",
	}.row()
}

func judgeStickSandwich(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(first.black() && second.white() && third.black() &&
		second.low > first.close && c.same(third.close, first.close, 2), 100)
}
