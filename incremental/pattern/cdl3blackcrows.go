package pattern

import "streamd/incremental"

// cdl3BlackCrowsRow finds three falling black candles in a row.
func cdl3BlackCrowsRow() *incremental.Row {
	return shape{
		name: "cdl3blackcrows", title: "Three Black Crows", lookback: 13, judge: judgeThreeBlackCrows,
		doc: "After a white candle, three black ones with falling closes near their lows, the second and third " +
			"opening " +
			"within the body before. -100 (bearish), meant for a top.",
		example: "cdl3blackcrows() < 0",
	}.row()
}

func judgeThreeBlackCrows(c candles) int {
	before, first, second, third := c.bar(3), c.bar(2), c.bar(1), c.bar(0)
	return hit(before.white() && first.black() && second.black() && third.black() &&
		second.open < first.open && second.open > first.close &&
		third.open < second.open && third.open > second.close &&
		before.high > first.close && first.close > second.close && second.close > third.close &&
		c.noLower(2) && c.noLower(1) && c.noLower(0), -100)
}
