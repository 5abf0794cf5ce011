package pattern

import "streamd/incremental"

// cdlKickingRow finds two opposite marubozus with a gap between them.
func cdlKickingRow() *incremental.Row {
	return shape{
		name: "cdlkicking", title: "Kicking", lookback: 11, judge: judgeKicking,
		doc: "Two long candles without shadows, of opposite colours, with a gap between them: the market turned " +
			"overnight. " +
			"+100 when the second is white, -100 when it is black.",
		example: "cdlkicking() != 0",
	}.row()
}

func judgeKicking(c candles) int { return hit(kicks(c), c.bar(0).signed()) }

// kicks reports a marubozu and an opposite one that gaps away from it.
func kicks(c candles) bool {
	first, second := c.bar(1), c.bar(0)
	gaps := first.black() && second.white() && second.rangeAbove(first) ||
		first.white() && second.black() && second.rangeBelow(first)
	return gaps && c.long(1) && c.noUpper(1) && c.noLower(1) && c.long(0) && c.noUpper(0) && c.noLower(0)
}
