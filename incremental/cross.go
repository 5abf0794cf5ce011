package incremental

import (
	"math"

	"streamd/incremental/window"
)

// crossRow is crossover or crossunder, whichever way.
func crossRow() *Row {
	return &Row{
		Name: "cross", Title: "Cross", Group: GroupSeries,
		Inputs: []Input{Real, Real}, Outputs: []Output{{Name: "real", Bool: true}},
		Doc: "True on the bar on which the first series passes the second, in either direction: `crossover(a, " +
			"b) or crossunder(a, b)`. Values within 1e-12 of each other are equal; na until both series and their " +
			"previous values are defined.",
		Source:   "Pine ta.cross",
		Examples: []string{"cross(close, ema(close, 50))"},
		Lookback: func(Args) int { return 1 },
		Bind: func(Args) Build {
			var l window.Layout
			bars := l.Clock()
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				if bars.Tick(s) < 2 {
					out[0][j] = math.NaN()
					return
				}
				before := Compare(in[0][j], in[1][j])
				now := Compare(in[0][j+1], in[1][j+1])
				out[0][j] = truth(now > 0 && before <= 0 || now < 0 && before >= 0)
			})
		},
	}
}
