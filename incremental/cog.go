package incremental

import (
	"math"

	"streamd/incremental/window"
)

// cogRow is where the weight of a window of prices lies.
func cogRow() *Row {
	return &Row{
		Name: "cog", Title: "Center of Gravity", Group: GroupMomentum,
		Inputs: []Input{Real, Scale}, Params: []Param{lengthParam(10, 1)}, Outputs: real1,
		Doc: "The balance point of the last length values in bars back from the newest, counted from 1 and " +
			"negated: it rises towards -1 as the weight moves to recent bars, and is -(length+1)/2 in a flat window. " +
			"na where the values sum to 0, up to rounding.",
		Source:   "Pine ta.cog; Ehlers, The CG Oscillator, Stocks & Commodities (2002)",
		Examples: []string{"crossover(cog(close, 10), cog(close, 10)[1])"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := float64(a.Int(0))
			var l window.Layout
			ramp, level := l.Weighted(a.Int(0)), l.Mean(a.Int(0))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				// With weights 1 … n towards the newest the moment about its
				// other end is known: i+1 = n+1 - weight.
				weighted, mean := ramp.Next(s, in[0][j]), level.Next(s, in[0][j])
				out[0][j] = math.NaN()
				if CompareAt(mean, 0, in[1][j]) != 0 {
					out[0][j] = (n + 1) * (weighted/mean/2 - 1)
				}
			})
		},
	}
}
