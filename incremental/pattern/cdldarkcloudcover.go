package pattern

import "streamd/incremental"

// cdlDarkCloudCoverRow finds a black candle that opens high and closes deep.
func cdlDarkCloudCoverRow() *incremental.Row {
	return shape{
		name: "cdldarkcloudcover", title: "Dark Cloud Cover", lookback: 11, penetration: 0.5,
		judge: judgeDarkCloudCover,
		doc: "A long white candle, then a black one that opens above its high and closes within its body, deeper " +
			"than penetration times its length. -100 (bearish), meant for an uptrend.",
		example: "cdldarkcloudcover(0.5) < 0 and rsi(close, 14) > 60",
	}.row()
}

func judgeDarkCloudCover(c candles) int {
	first, second := c.bar(1), c.bar(0)
	return hit(first.white() && second.black() &&
		second.open > first.high && second.close > first.open &&
		second.close < first.close-c.depth(1) &&
		c.long(1), -100)
}
