package incremental

// ohlc4Row is avgprice by the word that formulas use as a series.
func ohlc4Row() *Row {
	return wordRow("ohlc4", "Average Price", avgprice{}, []Input{Open, High, Low, Close},
		"A quarter of open, high, low and close.", "ohlc4 > ohlc4[1]")
}
