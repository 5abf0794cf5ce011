package incremental

import (
	"math"

	"streamd/incremental/window"
)

// zscoreRow measures a value in standard deviations.
func zscoreRow() *Row {
	return &Row{
		Name: "zscore", Title: "Z-Score", Group: GroupSeries,
		Scale:  ofRatio(1),
		Inputs: []Input{Real, Scale}, Params: []Param{lengthParam(20, 2)}, Outputs: real1,
		Doc: "How many population standard deviations the value is above the mean of the last length values; 0 " +
			"in a window that is flat up to rounding.",
		Source:   "the standard score; deviation as TA-Lib STDDEV",
		Examples: []string{"zscore(close, 20) < -2"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			values := l.Spread(n)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				mean, variance := values.Next(s, in[0][j])
				if deviation := math.Sqrt(variance); !(deviation <= band(mean, in[1][j])) { // na included
					out[0][j] = (in[0][j] - mean) / deviation
				} else {
					out[0][j] = 0
				}
			})
		},
	}
}
