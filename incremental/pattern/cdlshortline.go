package pattern

import "streamd/incremental"

// cdlShortLineRow finds a short body with short shadows.
func cdlShortLineRow() *incremental.Row {
	return shape{
		name: "cdlshortline", title: "Short Line Candle", lookback: 10, judge: judgeShortLine,
		doc: "A small body with two short shadows, all below the usual: a quiet bar. The sign is only the colour " +
			"of the candle.",
		example: "cdlshortline() != 0 and cdlshortline()[1] != 0",
	}.row()
}

func judgeShortLine(c candles) int {
	return hit(c.small(0) && shortShadows(c), c.bar(0).signed())
}
