package incremental

import "streamd/incremental/window"

// emaTVRow is seeded with the first value instead of a mean.
func emaTVRow() *Row {
	return &Row{
		Name: "ema_tv", Title: "Exponential Moving Average (Pine)", Group: GroupVariant,
		Inputs: []Input{Real}, Params: []Param{lengthParam(20, 1)}, Outputs: real1,
		Doc: "The exponential moving average that begins with the first value itself, so that it has a value " +
			"from the first bar on. ema, which is TA-Lib's, begins with the mean of the first values; the two " +
			"converge.",
		Source:   "Pine ta.ema, as its manual's equivalent code has it",
		Examples: []string{"crossover(close, ema_tv(close, 20))"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			var l window.Layout
			average := l.EMATV(a.Int(0))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = average.Next(s, in[0][j])
			})
		},
	}
}
