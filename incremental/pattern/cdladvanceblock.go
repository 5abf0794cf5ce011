package pattern

import "streamd/incremental"

// cdlAdvanceBlockRow finds three white candles that lose their strength.
func cdlAdvanceBlockRow() *incremental.Row {
	return shape{
		name: "cdladvanceblock", title: "Advance Block", lookback: 12, judge: judgeAdvanceBlock,
		doc: "Three white candles with rising closes, of which the second and third, or the third alone, weaken: " +
			"bodies get " +
			"smaller or upper shadows longer. -100 (bearish), meant for an uptrend.",
		example: "cdladvanceblock() < 0 and rsi(close, 14) > 70",
	}.row()
}

func judgeAdvanceBlock(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(first.white() && second.white() && third.white() &&
		third.close > second.close && second.close > first.close &&
		second.open > first.open && third.open > second.open &&
		second.open <= first.close+c.near(2) && third.open <= second.close+c.near(1) &&
		c.long(2) && first.upper() < c.meanShadow(2) &&
		weakens(c, first, second, third), -100)
}

// weakens lists the four ways in which the advance may lose its strength.
func weakens(c candles, first, second, third candle) bool {
	b1, b2, b3 := first.body(), second.body(), third.body()
	return b2 < b1-c.far(2) && b3 < b2+c.near(1) ||
		b3 < b2-c.far(1) ||
		b3 < b2 && b2 < b1 && (third.upper() > c.meanShadow(0) || second.upper() > c.meanShadow(1)) ||
		b3 < b2 && third.longUpper()
}
