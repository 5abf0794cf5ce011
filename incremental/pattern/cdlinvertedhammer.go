package pattern

import "streamd/incremental"

// cdlInvertedHammerRow finds a small body under a long shadow, below a gap.
func cdlInvertedHammerRow() *incremental.Row {
	return shape{
		name: "cdlinvertedhammer", title: "Inverted Hammer", lookback: 11, judge: judgeInvertedHammer,
		doc: "A small body under a long upper shadow, with next to no lower one, gapped below the body before: " +
			"buyers try. " +
			"+100 (bullish), meant for a downtrend.",
		example: "cdlinvertedhammer() > 0 and rsi(close, 14) < 30",
	}.row()
}

func judgeInvertedHammer(c candles) int {
	x := c.bar(0)
	return hit(x.bodyBelow(c.bar(1)) && x.longUpper() && c.small(0) && c.noLower(0), 100)
}
