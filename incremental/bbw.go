package incremental

import (
	"math"

	"streamd/incremental/window"
)

// bbwRow is how wide Bollinger's bands are.
func bbwRow() *Row {
	return &Row{
		Name: "bbw", Title: "Bollinger Bands Width", Group: GroupVolatility,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Outputs: real1,
		Params: []Param{lengthParam(20, 1), {Name: "mult", Kind: Float, Default: 2, Min: 0, Max: 1e6}},
		Doc: "The distance between Bollinger's bands in percent of the middle one. Low values precede large " +
			"moves; na where the middle is 0.",
		Source:   "Pine ta.bbw; Bollinger on Bollinger Bands (2001)",
		Examples: []string{"bbw(close, 20, 2) <= lowest(bbw(close, 20, 2), 125)"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			mult := a.Float(1)
			var l window.Layout
			values := l.Spread(a.Int(0))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				mean, variance := values.Next(s, in[0][j])
				out[0][j] = math.NaN()
				if mean != 0 {
					out[0][j] = 100 * 2 * mult * math.Sqrt(variance) / mean
				}
			})
		},
	}
}
