package pattern

import "streamd/incremental"

// cdlRiseFall3MethodsRow finds a trend that rests for three candles and goes on.
func cdlRiseFall3MethodsRow() *incremental.Row {
	return shape{
		name: "cdlrisefall3methods", title: "Rising/Falling Three Methods", lookback: 14,
		judge: judgeRiseFallThreeMethods,
		doc: "A long candle, three small ones against it that stay within its range, and a long one of the first " +
			"colour that " +
			"closes beyond the first close: a rest in the trend. +100 rising, -100 falling three methods.",
		example: "cdlrisefall3methods() > 0 and close > sma(close, 50)",
	}.row()
}

func judgeRiseFallThreeMethods(c candles) int {
	first, second, third, fourth, fifth := c.bar(4), c.bar(3), c.bar(2), c.bar(1), c.bar(0)
	rest := second.color()
	if first.color() == rest || third.color() != rest || fourth.color() != rest || fifth.color() == rest {
		return 0
	}
	if !(touches(second, first) && touches(third, first) && touches(fourth, first)) {
		return 0
	}
	goesOn := first.white() &&
		third.close < second.close && fourth.close < third.close &&
		fifth.open > fourth.close && fifth.close > first.close ||
		first.black() &&
			third.close > second.close && fourth.close > third.close &&
			fifth.open < fourth.close && fifth.close < first.close
	return hit(goesOn && c.long(4) && c.small(3) && c.small(2) && c.small(1) && c.long(0), first.signed())
}

// touches reports whether a part of the body of x lies within the range of y.
func touches(x, y candle) bool { return x.bottom() < y.high && x.top() > y.low }
