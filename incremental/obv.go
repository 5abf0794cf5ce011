package incremental

// obvRow is Granville's balance of volume.
func obvRow() *Row {
	return &Row{
		Name: "obv", Title: "On Balance Volume", Group: GroupVolume,
		Inputs: []Input{Real, Volume, Scale}, Outputs: real1,
		Doc: "A running total that gains the bar's volume when the value rose and loses it when it fell; it " +
			"starts with the first bar's volume. Its direction counts, not its level, which depends on where the " +
			"history begins.",
		Source:   "TA-Lib OBV; Granville, New Key to Stock Market Profits (1963)",
		TALib:    "OBV",
		Examples: []string{"obv(close) > sma(obv(close), 20)"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind:     func(Args) Build { return Build{Kernel: obv{}, State: 2, History: 1} },
	}
}

type obv struct{}

// State: 1 after the first bar, total.
func (obv) Step(state []float64, in, out [][]float64) {
	x, volume, scale := in[0], in[1][1:], in[2][1:]
	total := state[1]
	for j := range out[0] {
		if state[0] == 0 {
			state[0], total = 1, volume[j]
		} else {
			switch CompareAt(x[j+1], x[j], scale[j]) {
			case 1:
				total += volume[j]
			case -1:
				total -= volume[j]
			}
		}
		out[0][j] = total
	}
	state[1] = total
}
