package pattern

import "streamd/incremental"

// cdlThrustingRow finds a bounce that does not reach the middle.
func cdlThrustingRow() *incremental.Row {
	return shape{
		name: "cdlthrusting", title: "Thrusting Pattern", lookback: 11, judge: judgeThrusting,
		doc: "A long black candle, then a white one that opens below its low and closes in its body, but not above " +
			"the middle: " +
			"the bounce fails. -100 (bearish), the fall goes on.",
		example: "cdlthrusting() < 0 and close < sma(close, 50)",
	}.row()
}

func judgeThrusting(c candles) int {
	first, second := c.bar(1), c.bar(0)
	return hit(first.black() && second.white() &&
		second.open < first.low &&
		second.close > first.close+c.equal(1) && second.close <= first.close+float64(first.body()*0.5) &&
		c.long(1), -100)
}
