package incremental

import (
	"math"

	"streamd/incremental/window"
)

// chopRow compares the way walked with the way made.
func chopRow() *Row {
	return &Row{
		Name: "chop", Title: "Choppiness Index", Group: GroupVolatility,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close}, Params: []Param{lengthParam(14, 2)}, Outputs: real1,
		Doc: "100 times the logarithm, to the base length, of the sum of the true ranges over the whole range of the " +
			"last length bars: near 100 when price went nowhere by many ways, near 0 in a straight trend. " +
			"The first bar counts with its high less its low; na in a range of zero.",
		Source:   "Dreiss (1993), as in Pine's built-in indicator",
		Examples: []string{"chop(14) < 38.2"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			base := math.Log10(float64(n))
			var l window.Layout
			reach, ways, high, low := l.Reach(), l.Sum(n), l.Max(n), l.Min(n)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				r, _ := reach.Next(s, in[0][j+1], in[1][j+1], in[2][j])
				sum, span := ways.Next(s, r), high.Next(s, in[0][j+1])-low.Next(s, in[1][j+1])
				out[0][j] = math.NaN()
				if span > 0 && sum > 0 {
					out[0][j] = 100 * math.Log10(sum/span) / base
				}
			})
		},
	}
}
