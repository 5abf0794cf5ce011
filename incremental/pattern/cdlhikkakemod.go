package pattern

import "streamd/incremental"

// cdlHikkakeModRow finds a false break out of an inside bar within another.
func cdlHikkakeModRow() *incremental.Row {
	return shape{
		name: "cdlhikkakemod", title: "Modified Hikkake Pattern", lookback: 10, judge: judgeHikkakeMod,
		doc: "Two inside bars in a row, the first of which closes near the end that is then broken: +100 after a " +
			"break " +
			"downwards (bullish), -100 after one upwards (bearish). +200 and -200 on the bar that confirms it: " +
			"within three bars " +
			"a close beyond the other end of the second inside bar.",
		example: "cdlhikkakemod() == -200",
	}.row()
}

func judgeHikkakeMod(c candles) int { return setUpOrConfirmed(c, hikkakeModSetup) }

// hikkakeModSetup judges the bars up to bar k.
func hikkakeModSetup(c candles, k int) int {
	first, second, inside, breakout := c.bar(k+3), c.bar(k+2), c.bar(k+1), c.bar(k)
	if !(second.high < first.high && second.low > first.low && inside.high < second.high && inside.low > second.low) {
		return 0
	}
	s := falseBreak(inside, breakout)
	return hit(s > 0 && second.close <= second.low+c.near(k+2) ||
		s < 0 && second.close >= second.high-c.near(k+2), s)
}
