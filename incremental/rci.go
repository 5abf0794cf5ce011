package incremental

import (
	"math"

	"streamd/incremental/window"
)

// rciRow correlates the order of values with the order of time.
func rciRow() *Row {
	return &Row{
		Name: "rci", Title: "Rank Correlation Index", Group: GroupSeries,
		Scale:  ofConstant(100),
		Range:  [2]float64{-100, 100},
		Inputs: []Input{Real, Scale}, Params: []Param{lengthParam(9, 2)}, Outputs: real1,
		Doc: "Spearman's correlation of the last length values with time, times 100: 100 when each is above the " +
			"one before, -100 when each is below. Equal values share their mean rank; 0 in a flat window. Costs " +
			"O(length log length) per bar.",
		Source:   "Pine ta.rci; Spearman 1904",
		Examples: []string{"crossover(rci(close, 9), -80)"},
		Linear:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			values := l.Ranks(n)
			return byBar(&l, n, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = math.NaN()
				if values.Push(s, in[0][j+n], in[0][j]) {
					out[0][j] = 100 * Correlation(values, s, in[0][j+1:j+n+1], in[1][j+n])
				}
			})
		},
	}
}

// Correlation is Pearson's between the places of the window's values in time
// and their ranks, which equal values share (CompareAt). Both are doubled and taken from their mean, so that all sums
// are of whole numbers.
func Correlation(p window.Ranks, state, values []float64, scale float64) float64 {
	n := float64(len(values))
	cross, spread := 0.0, 0.0
	for i, x := range values {
		near := band(x, scale)
		rank := float64(p.Below(state, x-near)+p.UpTo(state, x+near)) - n
		cross += (2*float64(i) - (n - 1)) * rank
		spread += rank * rank
	}
	if spread == 0 {
		return 0
	}
	return cross / math.Sqrt(spread*(n*(n*n-1)/3))
}
