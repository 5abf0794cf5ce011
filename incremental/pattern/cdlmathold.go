package pattern

import "streamd/incremental"

// cdlMatHoldRow finds a rise that rests high and goes on.
func cdlMatHoldRow() *incremental.Row {
	return shape{
		name: "cdlmathold", title: "Mat Hold", lookback: 14, penetration: 0.5, judge: judgeMatHold,
		doc: "A long white candle, a small black one that gaps up, two more small falling ones that give back less " +
			"than " +
			"penetration times the first body, and a white one that closes above them all. +100 (bullish): the rise " +
			"goes on.",
		example: "cdlmathold(0.5) > 0",
	}.row()
}

func judgeMatHold(c candles) int {
	first, second, third, fourth, fifth := c.bar(4), c.bar(3), c.bar(2), c.bar(1), c.bar(0)
	if first.black() || second.white() || fifth.black() || !second.bodyAbove(first) {
		return 0
	}
	floor := first.close - c.depth(4)
	holds := third.bottom() < first.close && fourth.bottom() < first.close &&
		third.bottom() > floor && fourth.bottom() > floor
	falls := third.top() < second.open && fourth.top() < third.top()
	goesOn := fifth.open > fourth.close &&
		fifth.close > second.high && fifth.close > third.high && fifth.close > fourth.high
	return hit(holds && falls && goesOn && c.long(4) && c.small(3) && c.small(2) && c.small(1), 100)
}
