package incremental

// hlc3Row is typprice by the word that formulas use as a series.
func hlc3Row() *Row {
	return wordRow("hlc3", "Typical Price", typprice{}, []Input{High, Low, Close},
		"A third of high, low and close.", "crossover(hlc3, ema(hlc3, 21))")
}
