package incremental

// hlcc4Row is wclprice by the word that formulas use as a series.
func hlcc4Row() *Row {
	return wordRow("hlcc4", "Weighted Close", wclprice{}, []Input{High, Low, Close},
		"A quarter of high, low and twice the close.", "hlcc4 > sma(hlcc4, 10)")
}
