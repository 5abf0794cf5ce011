package pattern

import "streamd/incremental"

// cdlDojiStarRow finds a doji that gaps on from a long candle.
func cdlDojiStarRow() *incremental.Row {
	return shape{
		name: "cdldojistar", title: "Doji Star", lookback: 11, judge: judgeDojiStar,
		doc: "A long body and a doji that gaps on in its direction: the move hesitates. -100 above a white candle (a " +
			"rise may " +
			"end), +100 below a black one.",
		example: "cdldojistar() > 0 and close < sma(close, 50)",
	}.row()
}

func judgeDojiStar(c candles) int {
	first, star := c.bar(1), c.bar(0)
	gaps := first.white() && star.bodyAbove(first) || first.black() && star.bodyBelow(first)
	return hit(gaps && c.long(1) && c.doji(0), -first.signed())
}
