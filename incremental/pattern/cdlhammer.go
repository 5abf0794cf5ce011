package pattern

import "streamd/incremental"

// cdlHammerRow finds a small body on a long lower shadow, at a low.
func cdlHammerRow() *incremental.Row {
	return shape{
		name: "cdlhammer", title: "Hammer", lookback: 11, judge: judgeHammer,
		doc: "A small body on a long lower shadow, with next to no upper one, below or near the low of the bar " +
			"before: sellers " +
			"were pushed back. +100 (bullish), meant for a downtrend.",
		example: "cdlhammer() > 0 and rsi(close, 14) < 30",
	}.row()
}

func judgeHammer(c candles) int {
	x := c.bar(0)
	return hit(x.longLower() && c.small(0) && c.noUpper(0) && x.bottom() <= c.bar(1).low+c.near(1), 100)
}
