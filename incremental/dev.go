package incremental

import (
	"math"

	"streamd/incremental/window"
)

// devRow is the mean absolute deviation.
func devRow() *Row {
	return &Row{
		Name: "dev", Title: "Mean Absolute Deviation", Group: GroupSeries,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc: "How far the last length values are from their mean, on average. Costs O(length) per bar: every " +
			"distance changes with the mean.",
		Source:   "Pine ta.dev",
		Examples: []string{"abs(close - sma(close, 20)) > 2 * dev(close, 20)"},
		Linear:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			values := l.Mean(n)
			return byBar(&l, n-1, func(s []float64, in, out [][]float64, j int) {
				w := in[0][j : j+n]
				mean := values.Next(s, w[n-1])
				if mean != mean {
					out[0][j] = math.NaN()
					return
				}
				sum := 0.0
				for _, x := range w {
					sum += math.Abs(x - mean)
				}
				out[0][j] = sum / float64(n)
			})
		},
	}
}
