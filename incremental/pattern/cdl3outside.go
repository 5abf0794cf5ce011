package pattern

import "streamd/incremental"

// cdl3OutsideRow finds an engulfing pair that the next candle confirms.
func cdl3OutsideRow() *incremental.Row {
	return shape{
		name: "cdl3outside", title: "Three Outside Up/Down", lookback: 3, judge: judgeThreeOutside,
		doc: "A body that engulfs the opposite one before it, and a third candle that closes further in its " +
			"direction. +100 " +
			"turns a fall (three outside up), -100 a rise (three outside down).",
		example: "cdl3outside() > 0 and rsi(close, 14) < 40",
	}.row()
}

func judgeThreeOutside(c candles) int {
	first, second, third := c.bar(2), c.bar(1), c.bar(0)
	return hit(second.white() && first.black() &&
		second.close > first.open && second.open < first.close && third.close > second.close ||
		second.black() && first.white() &&
			second.open > first.close && second.close < first.open && third.close < second.close,
		second.signed())
}
