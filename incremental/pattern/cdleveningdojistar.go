package pattern

import "streamd/incremental"

// cdlEveningDojiStarRow finds an evening star whose star is a doji.
func cdlEveningDojiStarRow() *incremental.Row {
	return shape{
		name: "cdleveningdojistar", title: "Evening Doji Star", lookback: 12, penetration: 0.3,
		judge: judgeEveningDojiStar,
		doc: "A long white candle, a doji that gaps above it, and a black candle that closes deeper in the first " +
			"body than " +
			"penetration times its length. -100 (bearish), meant for a top.",
		example: "cdleveningdojistar(0.3) < 0",
	}.row()
}

func judgeEveningDojiStar(c candles) int {
	return hit(fallsFromStar(c) && c.long(2) && c.doji(1) && c.long(0), -100)
}
