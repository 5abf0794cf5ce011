package incremental

// pvtRow is on balance volume by the extent of the change.
func pvtRow() *Row {
	return &Row{
		Name: "pvt", Title: "Price Volume Trend", Group: GroupVolume,
		Inputs: []Input{Close, Volume}, Outputs: real1,
		Doc: "A running total of volume times the relative change of the close: like obv, but a small change " +
			"counts little. Its level depends on where the history begins.",
		Source:   "TA-Lib PVT",
		TALib:    "PVT",
		Examples: []string{"crossover(pvt(), sma(pvt(), 20))"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind:     func(Args) Build { return Build{Kernel: pvt{}, State: 2, History: 1} },
	}
}

type pvt struct{}

// State: 1 after the first bar, total.
func (pvt) Step(state []float64, in, out [][]float64) {
	cls, volume := in[0], in[1][1:]
	total := state[1]
	for j := range out[0] {
		if state[0] == 0 {
			state[0] = 1
		} else if cls[j] != 0 {
			total += float64((cls[j+1] - cls[j]) / cls[j] * volume[j])
		}
		out[0][j] = total
	}
	state[1] = total
}
