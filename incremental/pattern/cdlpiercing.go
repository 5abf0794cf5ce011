package pattern

import "streamd/incremental"

// cdlPiercingRow finds a white candle that opens low and closes high in a black one.
func cdlPiercingRow() *incremental.Row {
	return shape{
		name: "cdlpiercing", title: "Piercing Pattern", lookback: 11, judge: judgePiercing,
		doc: "A long black candle, then a long white one that opens below its low and closes within its body, above " +
			"the middle. " +
			"+100 (bullish), meant for a downtrend.",
		example: "cdlpiercing() > 0 and rsi(close, 14) < 40",
	}.row()
}

func judgePiercing(c candles) int {
	first, second := c.bar(1), c.bar(0)
	return hit(first.black() && second.white() &&
		second.open < first.low && second.close < first.open &&
		second.close > first.close+float64(first.body()*0.5) &&
		c.long(1) && c.long(0), 100)
}
