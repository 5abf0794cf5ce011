package pattern

import "streamd/incremental"

// cdl3LineStrikeRow finds three candles in one direction that a fourth erases.
func cdl3LineStrikeRow() *incremental.Row {
	return shape{
		name: "cdl3linestrike", title: "Three-Line Strike", lookback: 8, judge: judgeThreeLineStrike,
		doc: "Three candles of one colour with closes running on, each opening within or near the body before, then " +
			"one of the " +
			"other colour that opens beyond the third close and closes beyond the first open. The sign is the " +
			"direction of the " +
			"three: +100 bullish, -100 bearish.",
		example: "cdl3linestrike() != 0",
	}.row()
}

func judgeThreeLineStrike(c candles) int {
	first, second, third, strike := c.bar(3), c.bar(2), c.bar(1), c.bar(0)
	if first.color() != second.color() || second.color() != third.color() || strike.color() == third.color() {
		return 0
	}
	runs := third.white() &&
		third.close > second.close && second.close > first.close &&
		strike.open > third.close && strike.close < first.open ||
		third.black() &&
			third.close < second.close && second.close < first.close &&
			strike.open < third.close && strike.close > first.open
	return hit(runs && opensNearBody(c, 2) && opensNearBody(c, 1), third.signed())
}

// opensNearBody reports whether bar k opens within or near the body before it.
func opensNearBody(c candles, k int) bool {
	before, open, near := c.bar(k+1), c.bar(k).open, c.near(k+1)
	return open >= before.bottom()-near && open <= before.top()+near
}
