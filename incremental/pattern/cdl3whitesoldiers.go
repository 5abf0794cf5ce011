package pattern

import "streamd/incremental"

// cdl3WhiteSoldiersRow finds three rising white candles in a row.
func cdl3WhiteSoldiersRow() *incremental.Row {
	return shape{
		name: "cdl3whitesoldiers", title: "Three Advancing White Soldiers", lookback: 12,
		judge: judgeThreeWhiteSoldiers,
		doc: "Three white candles with rising closes near their highs, each opening within or near the body before " +
			"and none " +
			"far shorter than it. +100 (bullish), meant for a bottom.",
		example: "cdl3whitesoldiers() > 0 and close < sma(close, 200)",
	}.row()
}

func judgeThreeWhiteSoldiers(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(first.white() && second.white() && third.white() &&
		third.close > second.close && second.close > first.close &&
		second.open > first.open && third.open > second.open &&
		second.open <= first.close+c.near(2) && third.open <= second.close+c.near(1) &&
		c.noUpper(2) && c.noUpper(1) && c.noUpper(0) &&
		second.body() > first.body()-c.far(2) && third.body() > second.body()-c.far(1) &&
		c.long(0), 100)
}
