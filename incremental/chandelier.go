package incremental

import "streamd/incremental/window"

// chandelierRow hangs stops from the extremes.
func chandelierRow() *Row {
	return &Row{
		Name: "chandelier", Title: "Chandelier Exit", Group: GroupVolatility,
		Inputs: []Input{High, Low, Close},
		Params: []Param{lengthParam(22, 1), {Name: "mult", Kind: Float, Default: 3, Min: 0, Max: 1e6}},
		Outputs: []Output{
			{Name: "long"},
			{Name: "short"},
		},
		Doc: "Trailing stops: long is the highest high of the last length bars less mult times atr(length), " +
			"short the lowest low plus as much.",
		Source:   "LeBeau and Lucas; Elder, Come Into My Trading Room (2002)",
		Examples: []string{"crossunder(close, chandelier(22, 3).long)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			n, mult := a.Int(0), a.Float(1)
			var l window.Layout
			high, low, reach, average := l.Max(n), l.Min(n), l.Reach(), l.RMA(n)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				top, bottom := high.Next(s, in[0][j+1]), low.Next(s, in[1][j+1])
				r, first := reach.Next(s, in[0][j+1], in[1][j+1], in[2][j])
				if first { // the first bar's range is no true range
					allNA(out, j)
					return
				}
				d := float64(mult * average.Next(s, r))
				out[0][j], out[1][j] = top-d, bottom+d
			})
		},
	}
}
