package incremental

import "streamd/incremental/window"

// emaTVRow is ema under the name by which it stands beside the other averages of Pine.
func emaTVRow() *Row {
	return &Row{
		Name: "ema_tv", Title: "Exponential Moving Average (Pine)", Group: GroupVariant,
		Inputs: []Input{Real}, Params: []Param{lengthParam(20, 1)}, Outputs: real1,
		Doc: "The exponential moving average that begins with the mean of the first length values: the same " +
			"numbers as ema. Pine's manual has it begin with the first value itself, but neither TradingView nor the " +
			"runtimes that imitate it do.",
		Source:   "Pine ta.ema",
		Examples: []string{"crossover(close, ema_tv(close, 20))"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			var l window.Layout
			average := l.EMA(a.Int(0))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = average.Next(s, in[0][j])
			})
		},
	}
}
