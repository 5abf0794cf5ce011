package pattern

import "streamd/incremental"

// cdlClosingMarubozuRow finds a long candle that closes at its extreme.
func cdlClosingMarubozuRow() *incremental.Row {
	return shape{
		name: "cdlclosingmarubozu", title: "Closing Marubozu", lookback: 10, judge: judgeClosingMarubozu,
		doc: "A long candle that closes at its extreme: white with next to no upper shadow (+100) or black with next " +
			"to no " +
			"lower shadow (-100). One side held the market to the end.",
		example: "cdlclosingmarubozu() > 0 and volume > 2 * sma(volume, 20)",
	}.row()
}

func judgeClosingMarubozu(c candles) int {
	x := c.bar(0)
	return hit(c.long(0) && (x.white() && c.noUpper(0) || x.black() && c.noLower(0)), x.signed())
}
