package pattern

import "streamd/incremental"

// cdlTakuriRow finds a dragonfly doji with a very long lower shadow.
func cdlTakuriRow() *incremental.Row {
	return shape{
		name: "cdltakuri", title: "Takuri (Dragonfly Doji with very long lower shadow)", lookback: 10,
		judge: judgeTakuri,
		doc: "A doji at the high of the bar with a lower shadow of more than two bodies: the market felt for the " +
			"bottom and " +
			"came back. +100 for a hit; it counts at the end of a fall.",
		example: "cdltakuri() > 0 and low < lowest(low, 50)[1]",
	}.row()
}

func judgeTakuri(c candles) int {
	return hit(c.bar(0).veryLongLower() && c.doji(0) && c.noUpper(0), 100)
}
