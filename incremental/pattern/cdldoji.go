package pattern

import "streamd/incremental"

// cdlDojiRow finds a candle that closes where it opened.
func cdlDojiRow() *incremental.Row {
	return shape{
		name: "cdldoji", title: "Doji", lookback: 10, judge: judgeDoji,
		doc: "Open and close are as good as equal: the body is at most a tenth of the usual range. +100 for a doji, " +
			"which is " +
			"neither bullish nor bearish: nobody won the bar.",
		example: "cdldoji() != 0 and volume > 2 * sma(volume, 20)",
	}.row()
}

func judgeDoji(c candles) int { return hit(c.doji(0), 100) }
