package incremental

import "streamd/incremental/window"

// rangeRow is how far apart the extremes of a window are.
func rangeRow() *Row {
	return &Row{
		Name: "range", Title: "Range", Group: GroupSeries,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc:      "The greatest of the last length values less the least.",
		Source:   "Pine ta.range",
		Examples: []string{"range(close, 20) < 2 * atr(14)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			high, low := l.Max(n), l.Min(n)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				x := in[0][j]
				out[0][j] = high.Next(s, x) - low.Next(s, x)
			})
		},
	}
}
