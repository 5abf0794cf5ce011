package pattern

import "streamd/incremental"

// cdlLongLeggedDojiRow finds a doji with a long shadow.
func cdlLongLeggedDojiRow() *incremental.Row {
	return shape{
		name: "cdllongleggeddoji", title: "Long Legged Doji", lookback: 10, judge: judgeLongLeggedDoji,
		doc: "A doji with at least one shadow longer than its body: the bar went far and came back. +100 for a hit, " +
			"which is " +
			"neither bullish nor bearish.",
		example: "cdllongleggeddoji() != 0 and high - low > 2 * atr(14)",
	}.row()
}

func judgeLongLeggedDoji(c candles) int {
	x := c.bar(0)
	return hit((x.longLower() || x.longUpper()) && c.doji(0), 100)
}
