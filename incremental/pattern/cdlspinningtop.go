package pattern

import "streamd/incremental"

// cdlSpinningTopRow finds a small body between longer shadows.
func cdlSpinningTopRow() *incremental.Row {
	return shape{
		name: "cdlspinningtop", title: "Spinning Top", lookback: 10, judge: judgeSpinningTop,
		doc: "A small body between two shadows that are longer than it: neither side got far. The sign is only the " +
			"colour of " +
			"the candle.",
		example: "cdlspinningtop() != 0 and rsi(close, 14) > 70",
	}.row()
}

func judgeSpinningTop(c candles) int {
	x := c.bar(0)
	return hit(x.longUpper() && x.longLower() && c.small(0), x.signed())
}
