package pattern

import "streamd/incremental"

// cdlUpsideGap2CrowsRow finds two black candles above a gap.
func cdlUpsideGap2CrowsRow() *incremental.Row {
	return shape{
		name: "cdlupsidegap2crows", title: "Upside Gap Two Crows", lookback: 12, judge: judgeUpsideGapTwoCrows,
		doc: "A long white candle, a short black body that gaps above it, and a black body that engulfs the second " +
			"but still " +
			"closes above the first: twice the rise could not be held. -100 (bearish), meant for an uptrend.",
		example: "cdlupsidegap2crows() < 0 and close > sma(close, 50)",
	}.row()
}

func judgeUpsideGapTwoCrows(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(first.white() && second.black() && third.black() &&
		second.bodyAbove(first) &&
		third.open > second.open && third.close < second.close && third.close > first.close &&
		c.long(2) && c.short(1), -100)
}
