package pattern

import "streamd/incremental"

// cdlGravestoneDojiRow finds a doji at the low of its bar.
func cdlGravestoneDojiRow() *incremental.Row {
	return shape{
		name: "cdlgravestonedoji", title: "Gravestone Doji", lookback: 10, judge: judgeGravestoneDoji,
		doc: "A doji at the low of the bar: next to no lower shadow, and an upper one. +100 for a hit; after a rise " +
			"it says " +
			"that the buyers were pushed back.",
		example: "cdlgravestonedoji() != 0 and high > highest(high, 20)[1]",
	}.row()
}

func judgeGravestoneDoji(c candles) int {
	return hit(c.doji(0) && c.noLower(0) && c.someUpper(0), 100)
}
