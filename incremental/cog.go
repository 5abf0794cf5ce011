package incremental

import "math"

// cogRow is where the weight of a window of prices lies.
func cogRow() *Row {
	return &Row{
		Name: "cog", Title: "Center of Gravity", Group: GroupMomentum,
		Inputs: []Input{Real}, Params: []Param{lengthParam(10, 1)}, Outputs: real1,
		Doc:      "The balance point of the last length values in bars back from the newest, counted from 1 and negated: it rises towards -1 as the weight moves to recent bars, and is -(length+1)/2 in a flat window. na where the values sum to 0.",
		Source:   "Pine ta.cog; Ehlers, The CG Oscillator, Stocks & Commodities (2002)",
		Examples: []string{"crossover(cog(close, 10), cog(close, 10)[1])"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := float64(a.Int(0))
			var l layout
			ramp, level := l.weighted(a.Int(0)), l.mean(a.Int(0))
			return l.build(0, func(s []float64, in, out [][]float64, j int) {
				// With weights 1 … n towards the newest the moment about its
				// other end is known: i+1 = n+1 - weight.
				weighted, mean := ramp.next(s, in[0][j]), level.next(s, in[0][j])
				out[0][j] = math.NaN()
				if mean != 0 {
					out[0][j] = (n + 1) * (weighted/mean/2 - 1)
				}
			})
		},
	}
}
