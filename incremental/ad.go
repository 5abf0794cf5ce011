package incremental

// adRow is Chaikin's accumulation and distribution.
func adRow() *Row {
	return &Row{
		Name: "ad", Title: "Chaikin Accumulation/Distribution Line", Group: GroupVolume,
		Scale:  ofInput(3),
		Inputs: []Input{High, Low, Close, Volume}, Outputs: real1,
		Doc: "A running total of volume, each bar's weighed by where it closed within its range: all of it at " +
			"the high, none in the middle, minus all at the low. A bar without range adds nothing. Its level depends " +
			"on where the history begins.",
		Source:   "TA-Lib AD",
		TALib:    "AD",
		Examples: []string{"ad() > ema(ad(), 20)"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind:     func(Args) Build { return Build{Kernel: ad{}, State: 1} },
	}
}

type ad struct{}

// State: total.
func (ad) Step(state []float64, in, out [][]float64) {
	total := state[0]
	for j := range out[0] {
		total += flowVolume(in, j)
		out[0][j] = total
	}
	state[0] = total
}

// flowVolume is the volume at index i times where the bar closed in its range,
// from -1 at the low to 1 at the high; 0 without range.
func flowVolume(in [][]float64, i int) float64 {
	high, low, cls, volume := in[0][i], in[1][i], in[2][i], in[3][i]
	if high-low <= 0 {
		return 0
	}
	return float64(((cls - low) - (high - cls)) / (high - low) * volume)
}
