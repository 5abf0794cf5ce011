package incremental

// hl2Row is medprice by the word that formulas use as a series.
func hl2Row() *Row {
	return wordRow("hl2", "Middle of the Bar", medprice{}, []Input{High, Low}, "Half of high and low.",
		"close > sma(hl2, 34)")
}

// wordRow is a mean of one candle's prices that is written without parentheses.
func wordRow(name, title string, k Kernel, of []Input, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupPrice, Word: true,
		Inputs: of, Outputs: real1,
		Doc: doc, Source: "Pine " + name, Examples: []string{example},
		Lookback: func(Args) int { return 0 },
		Bind:     func(Args) Build { return Build{Kernel: k} },
	}
}
