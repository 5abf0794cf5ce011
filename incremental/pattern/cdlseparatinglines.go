package pattern

import "streamd/incremental"

// cdlSeparatingLinesRow finds two opposite candles with one open.
func cdlSeparatingLinesRow() *incremental.Row {
	return shape{
		name: "cdlseparatinglines", title: "Separating Lines", lookback: 11, judge: judgeSeparatingLines,
		doc: "A candle against the trend, then a long one of the other colour from the same open, with next to no " +
			"shadow " +
			"there: the trend goes on. +100 when the second is white, -100 when it is black.",
		example: "cdlseparatinglines() > 0 and close > sma(close, 50)",
	}.row()
}

func judgeSeparatingLines(c candles) int {
	first, second := c.bar(1), c.bar(0)
	return hit(first.color() != second.color() &&
		c.same(second.open, first.open, 1) && c.long(0) && opensAtExtreme(c), second.signed())
}
