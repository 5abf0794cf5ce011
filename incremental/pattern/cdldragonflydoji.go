package pattern

import "streamd/incremental"

// cdlDragonflyDojiRow finds a doji at the high of its bar.
func cdlDragonflyDojiRow() *incremental.Row {
	return shape{
		name: "cdldragonflydoji", title: "Dragonfly Doji", lookback: 10, judge: judgeDragonflyDoji,
		doc: "A doji at the high of the bar: next to no upper shadow, and a lower one. +100 for a hit; after a fall " +
			"it says " +
			"that the sellers were pushed back, after a rise it warns.",
		example: "cdldragonflydoji() != 0 and low < lowest(low, 20)[1]",
	}.row()
}

func judgeDragonflyDoji(c candles) int {
	return hit(c.doji(0) && c.noUpper(0) && c.someLower(0), 100)
}
