package incremental

import "math"

// r2Row says how well a line fits the window.
func r2Row() *Row {
	return &Row{
		Name: "r2", Title: "R-Squared", Group: GroupSeries,
		Inputs: []Input{Real}, Params: []Param{lengthParam(14, 2)}, Outputs: real1,
		Doc:      "The share of the variance of the last length values that the straight line through them explains: 1 for a perfect line in either direction, near 0 without a trend; 0 for a flat window.",
		Source:   "Chande and Kroll, The New Technical Trader (1994), chapter 2",
		Examples: []string{"r2(close, 14) > 0.8 and linearreg_slope(close, 14) > 0"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l layout
			line, spread := l.trend(n), l.moments(n)
			places := (float64(n)*float64(n) - 1) / 12 // variance of 0 … n-1
			return l.build(n, func(s []float64, in, out [][]float64, j int) {
				w := in[0][j : j+n+1]
				line.push(s, w)
				spread.push(s, w)
				if !line.full(s) {
					out[0][j] = math.NaN()
					return
				}
				out[0][j] = 0
				if variance := spread.variance(s); variance > 0 {
					slope := line.slope(s)
					out[0][j] = math.Min(1, slope*slope*places/variance)
				}
			})
		},
	}
}
