package pattern

import "streamd/incremental"

// cdl3InsideRow finds a harami that the next candle confirms.
func cdl3InsideRow() *incremental.Row {
	return shape{
		name: "cdl3inside", title: "Three Inside Up/Down", lookback: 12, judge: judgeThreeInside,
		doc: "A long body, a short one within it, and a candle against the first that closes beyond the first one's " +
			"open: a " +
			"confirmed harami. +100 turns a fall (three inside up), -100 a rise (three inside down).",
		example: "cdl3inside() > 0 and volume > sma(volume, 20)",
	}.row()
}

func judgeThreeInside(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(second.top() < first.top() && second.bottom() > first.bottom() &&
		(first.white() && third.black() && third.close < first.open ||
			first.black() && third.white() && third.close > first.open) &&
		c.long(2) && c.short(1), -first.signed())
}
