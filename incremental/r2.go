package incremental

import (
	"math"

	"streamd/incremental/window"
)

// r2Row says how well a line fits the window.
func r2Row() *Row {
	return &Row{
		Name: "r2", Title: "R-Squared", Group: GroupSeries,
		Scale:  ofConstant(1),
		Range:  [2]float64{0, 1},
		Inputs: []Input{Real, Scale}, Params: []Param{lengthParam(14, 2)}, Outputs: real1,
		Doc: "The share of the variance of the last length values that the straight line through them explains: " +
			"1 for a perfect line in either direction, near 0 without a trend; 0 for a window that is flat up to " +
			"rounding.",
		Source:   "Chande and Kroll, The New Technical Trader (1994), chapter 2",
		Examples: []string{"r2(close, 14) > 0.8 and linearreg_slope(close, 14) > 0"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			line, spread := l.Trend(n), l.Spread(n)
			places := (float64(n)*float64(n) - 1) / 12 // variance of 0 … n-1
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				_, slope := line.Next(s, in[0][j])
				mean, variance := spread.Next(s, in[0][j])
				switch {
				case slope != slope:
					out[0][j] = math.NaN()
				case math.Sqrt(variance) <= band(mean, in[1][j]):
					out[0][j] = 0
				default:
					out[0][j] = min(1, slope*slope*places/variance)
				}
			})
		},
	}
}
