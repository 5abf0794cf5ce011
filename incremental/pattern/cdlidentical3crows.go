package pattern

import "streamd/incremental"

// cdlIdentical3CrowsRow finds three black candles, each from the close before.
func cdlIdentical3CrowsRow() *incremental.Row {
	return shape{
		name: "cdlidentical3crows", title: "Identical Three Crows", lookback: 12, judge: judgeIdenticalThreeCrows,
		doc: "Three falling black candles that close near their lows, each opening at the close before: selling " +
			"without a pause. " +
			"-100 (bearish), meant for a top.",
		example: "cdlidentical3crows() < 0",
	}.row()
}

func judgeIdenticalThreeCrows(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(first.black() && second.black() && third.black() &&
		first.close > second.close && second.close > third.close &&
		c.same(second.open, first.close, 2) && c.same(third.open, second.close, 1) &&
		c.noLower(2) && c.noLower(1) && c.noLower(0), -100)
}
