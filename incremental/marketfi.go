package incremental

// marketfiRow is Bill Williams' price movement per volume.
func marketfiRow() *Row {
	return &Row{
		Name: "marketfi", Title: "Market Facilitation Index", Group: GroupVolume,
		Scale:  Magnitude{From: FromShare},
		Inputs: []Input{High, Low, Volume}, Outputs: real1,
		Doc: "The bar's range per unit of volume: how far the market moves for what is traded. It is 0 on a bar " +
			"without volume. Rising together with volume it shows a move that is joined.",
		Source:   "TA-Lib MARKETFI; Williams, Trading Chaos (1995)",
		TALib:    "MARKETFI",
		Examples: []string{"marketfi() > marketfi()[1] and volume > volume[1]"},
		Lookback: func(Args) int { return 0 },
		Bind:     func(Args) Build { return Build{Kernel: marketfi{}} },
	}
}

type marketfi struct{}

// State: none.
func (marketfi) Step(_ []float64, in, out [][]float64) {
	for j, v := range in[2] {
		out[0][j] = 0
		if v != 0 {
			out[0][j] = (in[0][j] - in[1][j]) / v
		}
	}
}
