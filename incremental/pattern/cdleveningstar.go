package pattern

import "streamd/incremental"

// cdlEveningStarRow finds a small candle at the top of a turn.
func cdlEveningStarRow() *incremental.Row {
	return shape{
		name: "cdleveningstar", title: "Evening Star", lookback: 12, penetration: 0.3, judge: judgeEveningStar,
		doc: "A long white candle, a short body that gaps above it, and a black candle that closes deeper in the " +
			"first body " +
			"than penetration times its length. -100 (bearish), meant for a top.",
		example: "cdleveningstar(0.3) < 0 and close > sma(close, 50)",
	}.row()
}

func judgeEveningStar(c candles) int {
	return hit(fallsFromStar(c) && c.long(2) && c.short(1) && c.long(0), -100)
}

// fallsFromStar reports a body above a white candle and a black one that falls
// back into that.
func fallsFromStar(c candles) bool {
	first, star, third := c.bar(2), c.bar(1), c.bar(0)
	return first.white() && third.black() && star.bodyAbove(first) && third.close < first.close-c.depth(2)
}
