package incremental

import "math"

// stochRow is Lane's stochastic, smoothed.
func stochRow() *Row {
	return &Row{
		Name: "stoch", Title: "Stochastic", Group: GroupMomentum,
		Inputs: []Input{High, Low, Close},
		Params: []Param{
			periodNamed("fastk_period", 5, 1), periodNamed("slowk_period", 3, 1), maParam("slowk_matype", maSMA),
			periodNamed("slowd_period", 3, 1), maParam("slowd_matype", maSMA),
		},
		Outputs: []Output{
			{Name: "slowk", Aliases: []string{"k"}},
			{Name: "slowd", Aliases: []string{"d"}},
		},
		Doc:      "slowk is the moving average of where the close lies in the range of the last fastk_period bars, from 0 to 100, slowd the moving average of that. Above 80 is overbought, below 20 oversold.",
		Source:   "TA-Lib STOCH; Lane (1957)",
		TALib:    "STOCH",
		Examples: []string{"stoch(14, 3).k < 20", "crossover(stoch().k, stoch().d)"},
		Known: map[string]string{
			"flats fastk_period=7 slowd_matype=3 slowd_period=5 slowk_matype=5 slowk_period=3":  "a flat window's triangular mean is -2.4e-12 in TA-Lib, dust of its running totals, where every value is 0",
			"flats fastk_period=10 slowd_matype=6 slowd_period=5 slowk_matype=5 slowk_period=7": "a flat window's triangular mean is -1.3e-12 in TA-Lib, dust of its running totals, where every value is 0",
		},
		Lookback: func(a Args) int {
			return a.Int(0) - 1 + maLookback(a.Int(1), a.MAType(2)) + maLookback(a.Int(3), a.MAType(4))
		},
		Warmup: func(a Args, eps float64) int {
			return maWarmup(a.Int(1), a.MAType(2), eps) + maWarmup(a.Int(3), a.MAType(4), eps)
		},
		Bind: func(a Args) Build {
			k := &stoch{fast: newFastStochastic(a.Int(0), a.Int(1), a.MAType(2)), slow: newCell(bindMA(a.Int(3), a.MAType(4)))}
			return Build{Kernel: k, State: k.fast.len() + k.slow.len()}
		},
	}
}

type stoch struct {
	fast fastStochastic
	slow cell
}

// State: fast lines, slowd.
func (k *stoch) Step(state []float64, in, out [][]float64) {
	fast, slow := state[:k.fast.len()], state[k.fast.len():]
	for j := range out[0] {
		_, line := k.fast.push(fast, in[0][j], in[1][j], in[2][j], in, out)
		mean := math.NaN()
		if line == line {
			mean = k.slow.push(slow, line, in, out)
		}
		out[0][j], out[1][j] = line+(mean-mean), mean
	}
}
