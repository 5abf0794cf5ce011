package pattern

import "streamd/incremental"

// cdlGapSideSideWhiteRow finds two like white candles beyond a gap.
func cdlGapSideSideWhiteRow() *incremental.Row {
	return shape{
		name: "cdlgapsidesidewhite", title: "Up/Down-gap side-by-side white lines", lookback: 7,
		judge: judgeGapSideSideWhite,
		doc: "A gap, and beyond it two white candles with about the same open and size that leave it open: the move " +
			"goes on. " +
			"+100 above an upward gap, -100 below a downward one.",
		example: "cdlgapsidesidewhite() > 0 and close > sma(close, 50)",
	}.row()
}

func judgeGapSideSideWhite(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	up := second.bodyAbove(first) && third.bodyAbove(first)
	down := second.bodyBelow(first) && third.bodyBelow(first)
	if !(up || down) || second.black() || third.black() {
		return 0
	}
	near := c.near(1)
	alike := third.body() >= second.body()-near && third.body() <= second.body()+near &&
		c.same(third.open, second.open, 1)
	if up {
		return hit(alike, 100)
	}
	return hit(alike, -100)
}
