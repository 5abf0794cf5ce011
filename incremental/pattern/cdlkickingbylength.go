package pattern

import "streamd/incremental"

// cdlKickingByLengthRow is kicking, signed by the longer of its two candles.
func cdlKickingByLengthRow() *incremental.Row {
	return shape{
		name: "cdlkickingbylength", title: "Kicking - bull/bear determined by the longer marubozu", lookback: 11,
		judge: judgeKickingByLength,
		doc: "Two long candles without shadows, of opposite colours, with a gap between them. +100 when the longer " +
			"one is " +
			"white, -100 when it is black.",
		example: "cdlkickingbylength() != 0",
	}.row()
}

func judgeKickingByLength(c candles) int {
	longer := c.bar(0)
	if first := c.bar(1); longer.body() <= first.body() {
		longer = first
	}
	return hit(kicks(c), longer.signed())
}
