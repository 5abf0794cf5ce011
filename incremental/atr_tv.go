package incremental

import "streamd/incremental/window"

// atrTVRow counts the first bar's range.
func atrTVRow() *Row {
	return &Row{
		Name: "atr_tv", Title: "Average True Range (Pine)", Group: GroupVariant,
		Scale:  ofInput(0),
		Inputs: []Input{High, Low, Close}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc: "Wilder's average of the true range, in which the first bar counts with its high less its low, so " +
			"that the first value comes one bar earlier than that of atr, which is TA-Lib's. The two converge.",
		Source:   "Pine ta.atr",
		Examples: []string{"close > close[1] + 2 * atr_tv(14)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		// the first bar has no close before it
		Warmup: func(a Args, eps float64) int { return max(1, rmaWarmup(a.Int(0), eps)) },
		Bind: func(a Args) Build {
			var l window.Layout
			span, average := l.Reach(), l.RMA(a.Int(0))
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				r, _ := span.Next(s, in[0][j+1], in[1][j+1], in[2][j])
				out[0][j] = average.Next(s, r)
			})
		},
	}
}
