package pattern

import "streamd/incremental"

// cdlEngulfingRow finds a body that swallows the opposite one before it.
func cdlEngulfingRow() *incremental.Row {
	return shape{
		name: "cdlengulfing", title: "Engulfing Pattern", lookback: 2, judge: judgeEngulfing,
		doc: "A body that engulfs the body of the opposite colour before it: +100 when white engulfs black " +
			"(bullish), -100 when " +
			"black engulfs white (bearish); +80 and -80 when one end is level.",
		example: "cdlengulfing() > 0 and rsi(close, 14) < 40",
	}.row()
}

func judgeEngulfing(c candles) int {
	first, second := c.bar(1), c.bar(0)
	switch {
	case first.color() == second.color() || second.top() < first.top() || second.bottom() > first.bottom():
		return 0
	case second.top() > first.top() && second.bottom() < first.bottom():
		return second.signed()
	case second.top() > first.top() || second.bottom() < first.bottom():
		return 80 * second.color()
	}
	return 0 // both ends are level
}
