package pattern

import "streamd/incremental"

// cdlTristarRow finds three doji, the middle one away from the others.
func cdlTristarRow() *incremental.Row {
	return shape{
		name: "cdltristar", title: "Tristar Pattern", lookback: 12, judge: judgeTristar,
		doc: "Three doji in a row, the middle one gapped away: -100 above (a rise may end), +100 below (a fall may " +
			"end). All " +
			"three are measured by the range that was usual before the first.",
		example: "cdltristar() != 0",
	}.row()
}

func judgeTristar(c candles) int {
	first, star, third := c.bar(2), c.bar(1), c.bar(0)
	turn := 0
	switch {
	case star.bodyAbove(first) && third.top() < star.top():
		turn = -100
	case star.bodyBelow(first) && third.bottom() > star.bottom():
		turn = 100
	default:
		return 0
	}
	longest := c.dojiBody(2)
	return hit(first.body() <= longest && star.body() <= longest && third.body() <= longest, turn)
}
