package incremental

// bopRow is who won the bar.
func bopRow() *Row {
	return &Row{
		Name: "bop", Title: "Balance of Power", Group: GroupMomentum,
		Scale:  ofRatio(1),
		Inputs: []Input{Open, High, Low, Close}, Outputs: real1,
		Doc: "How much of the bar's range lies between open and close, from -1 (opened at the high, closed at " +
			"the low) to 1. It is 0 on a bar without range. Usually smoothed.",
		Source:   "TA-Lib BOP",
		TALib:    "BOP",
		Examples: []string{"sma(bop(), 14) > 0.2"},
		Lookback: func(Args) int { return 0 },
		Bind:     func(Args) Build { return Build{Kernel: bop{}} },
	}
}

type bop struct{}

// State: none.
func (bop) Step(_ []float64, in, out [][]float64) {
	open, high, low, cls, y := in[0], in[1], in[2], in[3], out[0]
	for j := range y {
		y[j] = 0
		if r := high[j] - low[j]; r > 0 {
			y[j] = (cls[j] - open[j]) / r
		}
	}
}
