package incremental

// vwapRow is the mean price paid since the history began.
func vwapRow() *Row {
	return &Row{
		Name: "vwap", Title: "Volume Weighted Average Price", Group: GroupVolume,
		Inputs: []Input{High, Low, Close, Volume}, Outputs: real1,
		Doc: "The mean typical price (high+low+close)/3 of all volume since the history began, 0 before there " +
			"was any. It has no anchor; for one that starts over each session see the variants.",
		Source:   "TA-Lib VWAP",
		TALib:    "VWAP",
		Examples: []string{"close > vwap()"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind:     func(Args) Build { return Build{Kernel: vwap{}, State: 3} },
	}
}

type vwap struct{}

// State: sum of price times volume, sum of volume, newest value.
func (vwap) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		volume := in[3][j]
		state[0] += float64(typical(in, j) * volume)
		state[1] += volume
		if state[1] > 0 {
			state[2] = state[0] / state[1]
		}
		out[0][j] = state[2]
	}
}
