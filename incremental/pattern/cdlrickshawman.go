package pattern

import "streamd/incremental"

// cdlRickshawManRow finds a doji in the middle of its range.
func cdlRickshawManRow() *incremental.Row {
	return shape{
		name: "cdlrickshawman", title: "Rickshaw Man", lookback: 10, judge: judgeRickshawMan,
		doc: "A doji with two long shadows and the body near the middle of the range: both sides pulled alike. +100 " +
			"for a hit, " +
			"which is neither bullish nor bearish.",
		example: "cdlrickshawman() != 0",
	}.row()
}

func judgeRickshawMan(c candles) int {
	x := c.bar(0)
	if !(x.longLower() && x.longUpper() && c.doji(0)) {
		return 0
	}
	middle, near := x.low+(x.high-x.low)/2, c.near(0)
	return hit(x.bottom() <= middle+near && x.top() >= middle-near, 100)
}
