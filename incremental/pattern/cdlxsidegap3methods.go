package pattern

import "streamd/incremental"

// cdlXSideGap3MethodsRow finds a gap that the next candle fills.
func cdlXSideGap3MethodsRow() *incremental.Row {
	return shape{
		name: "cdlxsidegap3methods", title: "Upside/Downside Gap Three Methods", lookback: 2,
		judge: judgeXSideGapThreeMethods,
		doc: "Two candles of one colour with a gap between their bodies, then one against them that opens in the " +
			"second body and " +
			"closes in the first: the gap is filled, and the move is expected to go on. +100 upwards, -100 downwards.",
		example: "cdlxsidegap3methods() > 0 and close > sma(close, 50)",
	}.row()
}

func judgeXSideGapThreeMethods(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	gaps := first.white() && second.bodyAbove(first) || first.black() && second.bodyBelow(first)
	return hit(gaps && first.color() == second.color() && third.color() != second.color() &&
		third.open < second.top() && third.open > second.bottom() &&
		third.close < first.top() && third.close > first.bottom(), first.signed())
}
