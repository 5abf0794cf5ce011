package incremental

import (
	"math"

	"streamd/incremental/window"
)

// barssinceRow counts the bars since a condition held.
func barssinceRow() *Row {
	return &Row{
		Name: "barssince", Title: "Bars Since", Group: GroupSeries,
		Inputs: []Input{Cond}, Outputs: real1,
		Doc: "The number of bars since the condition was last true: 0 on that bar; na until it was true once. A " +
			"bar on which the condition is na counts as one on which it is false.",
		Source:   "Pine ta.barssince",
		Examples: []string{"barssince(crossover(ema(close, 12), ema(close, 26))) < 5"},
		NaAware:  true,
		Sparse:   true,
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind: func(Args) Build {
			var l window.Layout
			since := l.Slots(1) // bars since true, plus one; 0 before the first
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				switch c := in[0][j]; {
				case c == c && c != 0:
					s[since] = 1
				case s[since] > 0:
					s[since]++
				}
				out[0][j] = math.NaN()
				if s[since] > 0 {
					out[0][j] = s[since] - 1
				}
			})
		},
	}
}
