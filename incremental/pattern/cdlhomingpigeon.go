package pattern

import "streamd/incremental"

// cdlHomingPigeonRow finds a short black body within a long black one.
func cdlHomingPigeonRow() *incremental.Row {
	return shape{
		name: "cdlhomingpigeon", title: "Homing Pigeon", lookback: 11, judge: judgeHomingPigeon,
		doc: "A long black candle, then a short black body inside it: a harami of one colour, the selling slows " +
			"down. +100 " +
			"(bullish), meant for a downtrend.",
		example: "cdlhomingpigeon() > 0 and rsi(close, 14) < 35",
	}.row()
}

func judgeHomingPigeon(c candles) int {
	first, second := c.bar(1), c.bar(0)
	return hit(first.black() && second.black() &&
		second.open < first.open && second.close > first.close &&
		c.long(1) && c.short(0), 100)
}
