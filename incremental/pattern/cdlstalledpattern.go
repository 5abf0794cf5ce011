package pattern

import "streamd/incremental"

// cdlStalledPatternRow finds a rise whose third candle stands still.
func cdlStalledPatternRow() *incremental.Row {
	return shape{
		name: "cdlstalledpattern", title: "Stalled Pattern", lookback: 12, judge: judgeStalledPattern,
		doc: "Two long white candles with rising closes, the second without an upper shadow, then a small white one " +
			"on the " +
			"shoulder of the second: the rise stalls. -100 (bearish), meant for an uptrend.",
		example: "cdlstalledpattern() < 0 and close > sma(close, 50)",
	}.row()
}

func judgeStalledPattern(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(first.white() && second.white() && third.white() &&
		third.close > second.close && second.close > first.close &&
		second.open > first.open && second.open <= first.close+c.near(2) &&
		third.open >= second.close-third.body()-c.near(1) &&
		c.long(2) && c.long(1) && c.noUpper(1) && c.small(0), -100)
}
