package pattern

import "streamd/incremental"

// cdlMorningStarRow finds a small candle at the bottom of a turn.
func cdlMorningStarRow() *incremental.Row {
	return shape{
		name: "cdlmorningstar", title: "Morning Star", lookback: 12, penetration: 0.3, judge: judgeMorningStar,
		doc: "A long black candle, a short body that gaps below it, and a white candle that closes deeper in the " +
			"first body " +
			"than penetration times its length. +100 (bullish), meant for a bottom.",
		example: "cdlmorningstar(0.3) > 0 and rsi(close, 14) < 40",
	}.row()
}

func judgeMorningStar(c candles) int {
	return hit(risesFromStar(c) && c.long(2) && c.short(1) && c.long(0), 100)
}

// risesFromStar reports a body below a black candle and a white one that rises
// back into that.
func risesFromStar(c candles) bool {
	first, star, third := c.bar(2), c.bar(1), c.bar(0)
	return first.black() && third.white() && star.bodyBelow(first) && third.close > first.close+c.depth(2)
}
