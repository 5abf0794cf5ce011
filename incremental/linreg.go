package incremental

import "streamd/incremental/window"

// linregRow is a point of the least-squares line.
func linregRow() *Row {
	return &Row{
		Name: "linreg", Title: "Linear Regression Curve", Group: GroupSeries,
		Inputs: []Input{Real}, Outputs: real1,
		Params: []Param{
			lengthParam(14, 1),
			{Name: "offset", Kind: Int, Default: 0, Min: -PeriodMax, Max: PeriodMax},
		},
		Doc: "The value, offset bars before the newest, of the least-squares line through the last length " +
			"values. Offset 0 is linearreg, -1 is tsf, the line's forecast of the next bar.",
		Source:   "Pine ta.linreg",
		Examples: []string{"close > linreg(close, 50, 0)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n, offset := a.Int(0), a.Float(1)
			var l window.Layout
			line := l.Trend(n)
			ahead := float64(n-1)/2 - offset // bars from the middle of the window
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				mean, slope := line.Next(s, in[0][j])
				out[0][j] = mean + float64(slope*ahead)
			})
		},
	}
}
