package incremental

import (
	"math"

	"streamd/incremental/window"
)

// modeRow is the most frequent value of a window.
func modeRow() *Row {
	return &Row{
		Name: "mode", Title: "Mode", Group: GroupSeries,
		Inputs: []Input{Real, Scale}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc: "The most frequent of the last length values, the least of those that are equally frequent; so the " +
			"least of all when no value occurs twice. Costs O(length) per bar.",
		Source:   "Pine ta.mode",
		Examples: []string{"close == mode(close, 50)"},
		Linear:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			values := l.Ranks(n)
			return byBar(&l, n, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = math.NaN()
				if values.Push(s, in[0][j+n], in[0][j]) {
					out[0][j] = mode(values, s, in[1][j+n])
				}
			})
		},
	}
}

// mode returns the least value of the first of the longest runs of equal values.
func mode(p window.Ranks, state []float64, scale float64) float64 {
	best, longest, run := 0.0, 0, 0
	first := 0.0
	for k := range p.Order.N {
		x := p.Value(state, k)
		if k == 0 || CompareAt(x, first, scale) != 0 {
			run, first = 0, x
		}
		if run++; run > longest {
			best, longest = first, run
		}
	}
	return best
}
