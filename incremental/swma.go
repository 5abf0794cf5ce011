package incremental

import (
	"math"

	"streamd/incremental/window"
)

// swmaRow is a fixed filter over four bars.
func swmaRow() *Row {
	return &Row{
		Name: "swma", Title: "Symmetrically Weighted Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Outputs: real1,
		Doc:      "The mean of the last four values with the weights 1, 2, 2, 1.",
		Source:   "Pine ta.swma",
		Examples: []string{"close > swma(close)"},
		Lookback: func(Args) int { return 3 },
		Bind: func(Args) Build {
			var l window.Layout
			bars := l.Clock()
			return byBar(&l, 3, func(s []float64, in, out [][]float64, j int) {
				w := in[0][j : j+4]
				out[0][j] = math.NaN()
				if bars.Tick(s) > 3 { // distances, so that equal values return themselves
					out[0][j] = w[3] + ((w[0]-w[3])+2*((w[1]-w[3])+(w[2]-w[3])))/6
				}
			})
		},
	}
}
