package pattern

import "streamd/incremental"

// cdlBreakawayRow finds a run away over a gap that one candle takes back.
func cdlBreakawayRow() *incremental.Row {
	return shape{
		name: "cdlbreakaway", title: "Breakaway", lookback: 14, judge: judgeBreakaway,
		doc: "A long candle, a second of its colour that gaps on, two more in the same direction, and a fifth " +
			"against them that " +
			"closes inside the gap, erasing three days. +100 turns a fall, -100 a rise.",
		example: "cdlbreakaway() != 0",
	}.row()
}

func judgeBreakaway(c candles) int {
	first, second, third, fourth, fifth := c.bar(4), c.bar(3), c.bar(2), c.bar(1), c.bar(0)
	if first.color() != second.color() || second.color() != fourth.color() || fourth.color() == fifth.color() {
		return 0
	}
	down := first.black() && second.bodyBelow(first) &&
		third.high < second.high && third.low < second.low &&
		fourth.high < third.high && fourth.low < third.low &&
		fifth.close > second.open && fifth.close < first.close
	up := first.white() && second.bodyAbove(first) &&
		third.high > second.high && third.low > second.low &&
		fourth.high > third.high && fourth.low > third.low &&
		fifth.close < second.open && fifth.close > first.close
	return hit((down || up) && c.long(4), fifth.signed())
}
