package incremental

import (
	"math"

	"streamd/incremental/window"
)

// stochTVRow is the raw %K.
func stochTVRow() *Row {
	return &Row{
		Name: "stoch_tv", Title: "Stochastic (Pine)", Group: GroupVariant,
		Scale:  ofRatio(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc: "Where the close is between the lowest low (0) and the highest high (100) of the last length bars, " +
			"not smoothed; na in a range of zero. stoch, which is TA-Lib's, gives the smoothed lines.",
		Source:   "Pine ta.stoch(close, high, low, length)",
		Examples: []string{"stoch_tv(14) < 20"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			high, low := l.Max(n), l.Min(n)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				top, bottom := high.Next(s, in[0][j]), low.Next(s, in[1][j])
				out[0][j] = math.NaN()
				if top > bottom {
					out[0][j] = 100 * (in[2][j] - bottom) / (top - bottom)
				}
			})
		},
	}
}
