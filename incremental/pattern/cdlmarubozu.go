package pattern

import "streamd/incremental"

// cdlMarubozuRow finds a long body without shadows.
func cdlMarubozuRow() *incremental.Row {
	return shape{
		name: "cdlmarubozu", title: "Marubozu", lookback: 10, judge: judgeMarubozu,
		doc: "A long body with next to no shadow on either side: one side ruled from the open to the close. +100 " +
			"white, -100 black.",
		example: "cdlmarubozu() > 0 and close > highest(high, 20)[1]",
	}.row()
}

func judgeMarubozu(c candles) int {
	return hit(c.long(0) && c.noUpper(0) && c.noLower(0), c.bar(0).signed())
}
