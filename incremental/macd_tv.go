package incremental

import (
	"math"

	"streamd/incremental/window"
)

// macdTVRow is a difference of averages that each begin with the mean of their own first values.
func macdTVRow() *Row {
	return &Row{
		Name: "macd_tv", Title: "Moving Average Convergence/Divergence (Pine)", Group: GroupVariant,
		Scale:  ofInput(0),
		Inputs: []Input{Real},
		Params: []Param{
			{Name: "fastlength", Kind: Int, Default: 12, Min: 1, Max: PeriodMax},
			{Name: "slowlength", Kind: Int, Default: 26, Min: 1, Max: PeriodMax},
			{Name: "signallength", Kind: Int, Default: 9, Min: 1, Max: PeriodMax},
		},
		Outputs: []Output{
			{Name: "macd"},
			{Name: "macdsignal", Aliases: []string{"signal"}},
			{Name: "macdhist", Aliases: []string{"hist"}},
		},
		Doc: "The fast less the slow exponential average, its own average (signal) and their difference (hist), " +
			"each begun with the mean of its first values: the line as soon as both averages have begun, signal and " +
			"hist signallength-1 bars later. macd, which is TA-Lib's, has both averages begin on the same bar, and " +
			"no output before the others; the two converge.",
		Source:   "Pine ta.macd",
		Examples: []string{"crossover(macd_tv(close).macd, macd_tv(close).signal)"},
		Sparse:   true,
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1)) - 1 },
		Warmup: func(a Args, eps float64) int {
			return emaWarmup(max(a.Int(0), a.Int(1)), eps) + emaWarmup(a.Int(2), eps)
		},
		Bind: func(a Args) Build {
			var l window.Layout
			fast, slow, signal := l.EMA(a.Int(0)), l.EMA(a.Int(1)), l.EMA(a.Int(2))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				x := in[0][j]
				line := fast.Next(s, x) - slow.Next(s, x)
				average := math.NaN()
				if line == line {
					average = signal.Next(s, line)
				}
				out[0][j], out[1][j], out[2][j] = line, average, line-average
			})
		},
	}
}
