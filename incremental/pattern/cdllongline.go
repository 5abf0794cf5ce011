package pattern

import "streamd/incremental"

// cdlLongLineRow finds a long body with short shadows.
func cdlLongLineRow() *incremental.Row {
	return shape{
		name: "cdllongline", title: "Long Line Candle", lookback: 10, judge: judgeLongLine,
		doc: "A long body with two short shadows, each below the usual: a bar with a clear winner. +100 white, " +
			"-100 black.",
		example: "cdllongline() > 0 and cdllongline()[1] > 0",
	}.row()
}

func judgeLongLine(c candles) int {
	x := c.bar(0)
	return hit(c.long(0) && shortShadows(c), x.signed())
}

// shortShadows reports whether both shadows of the newest bar are shorter than usual.
func shortShadows(c candles) bool {
	x, usual := c.bar(0), c.meanShadow(0)
	return x.upper() < usual && x.lower() < usual
}
