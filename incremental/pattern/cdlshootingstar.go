package pattern

import "streamd/incremental"

// cdlShootingStarRow finds a small body under a long shadow, above a gap.
func cdlShootingStarRow() *incremental.Row {
	return shape{
		name: "cdlshootingstar", title: "Shooting Star", lookback: 11, judge: judgeShootingStar,
		doc: "A small body under a long upper shadow, with next to no lower one, gapped above the body before: " +
			"buyers were " +
			"pushed back. -100 (bearish), meant for an uptrend.",
		example: "cdlshootingstar() < 0 and rsi(close, 14) > 70",
	}.row()
}

func judgeShootingStar(c candles) int {
	x := c.bar(0)
	return hit(x.bodyAbove(c.bar(1)) && x.longUpper() && c.small(0) && c.noLower(0), -100)
}
