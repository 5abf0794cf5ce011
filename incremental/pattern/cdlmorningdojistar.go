package pattern

import "streamd/incremental"

// cdlMorningDojiStarRow finds a morning star whose star is a doji.
func cdlMorningDojiStarRow() *incremental.Row {
	return shape{
		name: "cdlmorningdojistar", title: "Morning Doji Star", lookback: 12, penetration: 0.3,
		judge: judgeMorningDojiStar,
		doc: "A long black candle, a doji that gaps below it, and a white candle that closes deeper in the first " +
			"body than " +
			"penetration times its length. +100 (bullish), meant for a bottom.",
		example: "cdlmorningdojistar(0.3) > 0",
	}.row()
}

func judgeMorningDojiStar(c candles) int {
	return hit(risesFromStar(c) && c.long(2) && c.doji(1) && c.long(0), 100)
}
