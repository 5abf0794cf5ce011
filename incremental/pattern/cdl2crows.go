package pattern

import "streamd/incremental"

// cdl2CrowsRow finds two black candles on top of a long white one.
func cdl2CrowsRow() *incremental.Row {
	return shape{
		name: "cdl2crows", title: "Two Crows", lookback: 12, judge: judgeTwoCrows,
		doc: "A long white candle, a black one whose body gaps above it, and a black one that opens within the " +
			"second body " +
			"and closes within the first: the rise has been taken back. -100 (bearish), meant for an uptrend.",
		example: "cdl2crows() < 0 and close > sma(close, 50)",
	}.row()
}

func judgeTwoCrows(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(first.white() && second.black() && third.black() &&
		second.bodyAbove(first) &&
		third.open < second.open && third.open > second.close &&
		third.close > first.open && third.close < first.close &&
		c.long(2), -100)
}
