package pattern

import "streamd/incremental"

// cdlCounterattackRow finds two long opposite candles with one close.
func cdlCounterattackRow() *incremental.Row {
	return shape{
		name: "cdlcounterattack", title: "Counterattack", lookback: 11, judge: judgeCounterattack,
		doc: "Two long candles of opposite colours with the same close: the second opened far away and came all the " +
			"way back. " +
			"+100 when it is white, -100 when it is black.",
		example: "cdlcounterattack() > 0 and rsi(close, 14) < 30",
	}.row()
}

func judgeCounterattack(c candles) int {
	first, second := c.bar(1), c.bar(0)
	return hit(first.color() != second.color() &&
		c.same(second.close, first.close, 1) && c.long(1) && c.long(0), second.signed())
}
