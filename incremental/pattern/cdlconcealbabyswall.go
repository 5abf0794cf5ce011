package pattern

import "streamd/incremental"

// cdlConcealBabySwallRow finds a sell-off that swallows its own bounce.
func cdlConcealBabySwallRow() *incremental.Row {
	return shape{
		name: "cdlconcealbabyswall", title: "Concealing Baby Swallow", lookback: 13, judge: judgeConcealBabySwall,
		doc: "Two black candles without shadows, a third that gaps down but reaches back into the second body, and a " +
			"fourth that " +
			"engulfs it, shadows and all. +100 (bullish): the selling is spent. Very rare.",
		example: "cdlconcealbabyswall() > 0",
	}.row()
}

func judgeConcealBabySwall(c candles) int {
	first, second, third, fourth := c.bar(3), c.bar(2), c.bar(1), c.bar(0)
	return hit(first.black() && second.black() && third.black() && fourth.black() &&
		third.bodyBelow(second) && third.high > second.close &&
		fourth.high > third.high && fourth.low < third.low &&
		c.noLower(3) && c.noUpper(3) && c.noLower(2) && c.noUpper(2) && c.someUpper(1), 100)
}
