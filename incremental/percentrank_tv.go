package incremental

import (
	"math"

	"streamd/incremental/window"
)

// percentrankTVRow counts ties, TA-Lib's percentrank does not.
func percentrankTVRow() *Row {
	return &Row{
		Name: "percentrank_tv", Title: "Percent Rank (Pine)", Group: GroupVariant,
		Range:  [2]float64{0, 100},
		Inputs: []Input{Real, Scale}, Params: []Param{lengthParam(100, 1)}, Outputs: real1,
		Doc: "The percentage of the previous length values that are less than or equal to the current " +
			"one, up to 1e-12 of it and of what it was made from. percentrank, which is TA-Lib's, " +
			"counts only those that are less.",
		Source:         "Pine ta.percentrank",
		Examples:       []string{"percentrank_tv(close, 252) > 90"},
		OrderStatistic: true,
		Lookback:       func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			bars, previous := l.Clock(), l.Ranks(n)
			return byBar(&l, n, func(s []float64, in, out [][]float64, j int) {
				x := in[0][j+n]
				out[0][j] = math.NaN()
				if bars.Tick(s) > n {
					out[0][j] = 100 * float64(previous.UpTo(s, x+band(x, in[1][j+n]))) / float64(n)
				}
				previous.Push(s, x, in[0][j])
			})
		},
	}
}
