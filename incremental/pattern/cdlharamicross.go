package pattern

import "streamd/incremental"

// cdlHaramiCrossRow finds a doji within the long body before it.
func cdlHaramiCrossRow() *incremental.Row {
	return shape{
		name: "cdlharamicross", title: "Harami Cross Pattern", lookback: 11, judge: judgeHaramiCross,
		doc: "A long body, then a doji within it: the stronger form of the harami. +100 after a black candle " +
			"(bullish), -100 " +
			"after a white one (bearish); +80 and -80 when one end is level.",
		example: "cdlharamicross() != 0",
	}.row()
}

func judgeHaramiCross(c candles) int {
	strength := withinBody(c.bar(1), c.bar(0))
	return hit(strength != 0 && c.long(1) && c.doji(0), strength)
}
