package pattern

import "streamd/incremental"

// cdlBeltHoldRow finds a long candle that opens at its extreme.
func cdlBeltHoldRow() *incremental.Row {
	return shape{
		name: "cdlbelthold", title: "Belt-hold", lookback: 10, judge: judgeBeltHold,
		doc: "A long candle that opened at its extreme: white with next to no lower shadow (+100, bullish) or black " +
			"with next " +
			"to no upper shadow (-100, bearish).",
		example: "cdlbelthold() > 0 and close < sma(close, 20)",
	}.row()
}

func judgeBeltHold(c candles) int {
	return hit(c.long(0) && opensAtExtreme(c), c.bar(0).signed())
}

// opensAtExtreme reports whether the newest bar ran from its open in one direction.
func opensAtExtreme(c candles) bool {
	if c.bar(0).white() {
		return c.noLower(0)
	}
	return c.noUpper(0)
}
