package incremental

import (
	"math"

	"streamd/incremental/window"
)

// ulcerRow measures falls only.
func ulcerRow() *Row {
	return &Row{
		Name: "ulcer", Title: "Ulcer Index", Group: GroupVolatility,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc: "The root mean square, over length bars, of the percentage by which the value is below the highest " +
			"of its last length values: depth and duration of falls in one number; 0 at steady new highs.",
		Source:   "Martin and McCann, The Investor's Guide to Fidelity Funds (1989)",
		Examples: []string{"ulcer(close, 14) > 5"},
		Lookback: func(a Args) int { return 2 * (a.Int(0) - 1) },
		Bind: func(a Args) Build {
			var l window.Layout
			high, squares := l.Max(a.Int(0)), l.Mean(a.Int(0))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				top := high.Next(s, in[0][j])
				out[0][j] = math.NaN()
				if top != top {
					return
				}
				fall := 0.0
				if top != 0 {
					fall = 100 * (in[0][j] - top) / top
				}
				if mean := squares.Next(s, float64(fall*fall)); mean == mean {
					out[0][j] = math.Sqrt(max(mean, 0))
				}
			})
		},
	}
}
