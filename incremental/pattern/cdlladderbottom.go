package pattern

import "streamd/incremental"

// cdlLadderBottomRow finds the end of a staircase of black candles.
func cdlLadderBottomRow() *incremental.Row {
	return shape{
		name: "cdlladderbottom", title: "Ladder Bottom", lookback: 14, judge: judgeLadderBottom,
		doc: "Three black candles with falling opens and closes, a fourth black one with an upper shadow, and a " +
			"white one that " +
			"opens above its body and closes above its high. +100 (bullish), meant for a downtrend.",
		example: "cdlladderbottom() > 0",
	}.row()
}

func judgeLadderBottom(c candles) int {
	first, second, third, fourth, fifth := c.bar(4), c.bar(3), c.bar(2), c.bar(1), c.bar(0)
	return hit(first.black() && second.black() && third.black() && fourth.black() && fifth.white() &&
		first.open > second.open && second.open > third.open &&
		first.close > second.close && second.close > third.close &&
		fifth.open > fourth.open && fifth.close > fourth.high &&
		c.someUpper(1), 100)
}
