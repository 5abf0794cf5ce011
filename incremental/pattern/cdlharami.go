package pattern

import "streamd/incremental"

// cdlHaramiRow finds a short body within the long one before it.
func cdlHaramiRow() *incremental.Row {
	return shape{
		name: "cdlharami", title: "Harami Pattern", lookback: 11, judge: judgeHarami,
		doc: "A long body, then a short one within it: the move has stopped. +100 after a black candle (bullish), " +
			"-100 after a " +
			"white one (bearish); +80 and -80 when one end is level.",
		example: "cdlharami() > 0 and close < bbands(close, 20, 2).lower",
	}.row()
}

func judgeHarami(c candles) int {
	strength := withinBody(c.bar(1), c.bar(0))
	return hit(strength != 0 && c.long(1) && c.short(0), strength)
}

// withinBody returns 100 against the colour of first when the body of second
// lies inside the body of first, 80 when an end is level, else 0.
func withinBody(first, second candle) int {
	switch {
	case second.top() < first.top() && second.bottom() > first.bottom():
		return -first.signed()
	case second.top() <= first.top() && second.bottom() >= first.bottom():
		return -80 * first.color()
	}
	return 0
}
