package incremental

import (
	"math"

	"streamd/incremental/window"
)

// tsiTVRow is a ratio, with the shorter length first.
func tsiTVRow() *Row {
	return &Row{
		Name: "tsi_tv", Title: "True Strength Index (Pine)", Group: GroupVariant,
		Scale:  ofConstant(100),
		Inputs: []Input{Real, Scale}, Outputs: real1,
		Params: []Param{
			{Name: "shortlength", Kind: Int, Default: 13, Min: 1, Max: PeriodMax},
			{Name: "longlength", Kind: Int, Default: 25, Min: 1, Max: PeriodMax},
		},
		Doc: "The change of the value, averaged exponentially over the long and then the short length, over the " +
			"same of its size: between -1 and 1; na while nothing moved. " +
			"tsi, which is TA-Lib's, has the longer length first and is a hundred times that.",
		Source:   "Pine ta.tsi; Blau, Momentum, Direction, and Divergence (1995)",
		Examples: []string{"crossover(tsi_tv(close, 13, 25), 0)"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) + a.Int(1) - 1 },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) + emaWarmup(a.Int(1), eps) },
		Bind: func(a Args) Build {
			var l window.Layout
			bars := l.Clock()
			long, short := l.EMA(a.Int(1)), l.EMA(a.Int(0))
			longSize, shortSize := l.EMA(a.Int(1)), l.EMA(a.Int(0))
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = math.NaN()
				if bars.Tick(s) == 1 {
					return
				}
				change := moved(in[0][j+1], in[0][j], in[1][j+1])
				part, whole := long.Next(s, change), longSize.Next(s, math.Abs(change))
				if part != part {
					return
				}
				if part, whole = short.Next(s, part), shortSize.Next(s, whole); whole > 0 {
					out[0][j] = part / whole
				}
			})
		},
	}
}
