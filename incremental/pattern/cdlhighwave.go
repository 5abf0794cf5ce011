package pattern

import "streamd/incremental"

// cdlHighWaveRow finds a short body between very long shadows.
func cdlHighWaveRow() *incremental.Row {
	return shape{
		name: "cdlhighwave", title: "High-Wave Candle", lookback: 10, judge: judgeHighWave,
		doc: "A small body between two very long shadows, each more than twice the body: the market has lost its " +
			"direction. " +
			"The sign is only the colour of the candle.",
		example: "cdlhighwave() != 0 and atr(14) > atr(14)[20]",
	}.row()
}

func judgeHighWave(c candles) int {
	x := c.bar(0)
	return hit(x.veryLongUpper() && x.veryLongLower() && c.small(0), x.signed())
}
