package pattern

import "streamd/incremental"

// cdl3StarsInSouthRow finds three black candles that shrink to a standstill.
func cdl3StarsInSouthRow() *incremental.Row {
	return shape{
		name: "cdl3starsinsouth", title: "Three Stars In The South", lookback: 12, judge: judgeThreeStarsInSouth,
		doc: "Three black candles that fall less and less: a long one with a long lower shadow, a smaller one with a " +
			"higher low, " +
			"and a small one without shadows inside its range. +100 (bullish), meant for a downtrend; rare.",
		example: "cdl3starsinsouth() > 0",
	}.row()
}

func judgeThreeStarsInSouth(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(first.black() && second.black() && third.black() &&
		first.longLower() &&
		second.body() < first.body() &&
		second.open > first.close && second.open <= first.high &&
		second.low < first.close && second.low >= first.low &&
		third.low > second.low && third.high < second.high &&
		c.long(2) && c.someLower(1) && c.small(0) && c.noLower(0) && c.noUpper(0), 100)
}
