package incremental

// highestRow and lowestRow are the extremes of the window, by Pine's names.
func highestRow() *Row {
	return &Row{
		Name: "highest", Title: "Highest of the Window", Group: GroupSeries,
		Inputs: []Input{Real}, Params: []Param{lengthParam(20, 1)}, Outputs: real1, Implied: High,
		Doc: "The greatest of the last length values, this bar's included. A breakout compares with the bar " +
			"before: `close > highest(high, 20)[1]`.",
		Source:   "Pine ta.highest",
		Examples: []string{"close > highest(high, 20)[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindMax(a.Int(0)) },
	}
}

func lowestRow() *Row {
	return &Row{
		Name: "lowest", Title: "Lowest of the Window", Group: GroupSeries,
		Inputs: []Input{Real}, Params: []Param{lengthParam(20, 1)}, Outputs: real1, Implied: Low,
		Doc: "The least of the last length values, this bar's included. A breakdown compares with the bar " +
			"before: `close < lowest(low, 20)[1]`.",
		Source:   "Pine ta.lowest",
		Examples: []string{"close < lowest(low, 20)[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindMin(a.Int(0)) },
	}
}
