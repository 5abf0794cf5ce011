package pattern

import (
	"math"

	"streamd/incremental"
)

// cdlTasukiGapRow finds a gap that the next candle leaves open.
func cdlTasukiGapRow() *incremental.Row {
	return shape{
		name: "cdltasukigap", title: "Tasuki Gap", lookback: 7, judge: judgeTasukiGap,
		doc: "A candle that gaps in its direction, then one of about the same size against it that opens in its body " +
			"and closes " +
			"inside the gap without filling it: the move goes on. +100 above an upward gap, -100 below a downward one.",
		example: "cdltasukigap() > 0 and close > sma(close, 50)",
	}.row()
}

func judgeTasukiGap(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	up := second.bodyAbove(first) && second.white() && third.black() &&
		third.open < second.close && third.open > second.open &&
		third.close < second.open && third.close > first.top()
	down := second.bodyBelow(first) && second.black() && third.white() &&
		third.open < second.open && third.open > second.close &&
		third.close > second.open && third.close < first.bottom()
	return hit((up || down) && math.Abs(second.body()-third.body()) < c.near(1), second.signed())
}
