package pattern

import "streamd/incremental"

// cdlHangingManRow finds a small body on a long lower shadow, at a high.
func cdlHangingManRow() *incremental.Row {
	return shape{
		name: "cdlhangingman", title: "Hanging Man", lookback: 11, judge: judgeHangingMan,
		doc: "The hammer's form at the top: a small body on a long lower shadow, with next to no upper one, above or " +
			"near the " +
			"high of the bar before. -100 (bearish), meant for an uptrend.",
		example: "cdlhangingman() < 0 and rsi(close, 14) > 70",
	}.row()
}

func judgeHangingMan(c candles) int {
	x := c.bar(0)
	return hit(x.longLower() && c.small(0) && c.noUpper(0) && x.bottom() >= c.bar(1).high-c.near(1), -100)
}
