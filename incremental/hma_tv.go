package incremental

import (
	"math"

	"streamd/incremental/window"
)

// hmaTVRow is hma under the name by which it stands beside the other averages of Pine.
func hmaTVRow() *Row {
	return &Row{
		Name: "hma_tv", Title: "Hull Moving Average (Pine)", Group: GroupVariant,
		Inputs: []Input{Real}, Params: []Param{lengthParam(9, 2)}, Outputs: real1,
		Doc: "Twice the weighted average of half the length less that of the whole, averaged once more over the " +
			"square root of the length, cut to a whole number: the same numbers as hma.",
		Source:   "Pine ta.hma; Hull (2005)",
		Examples: []string{"close > hma_tv(close, 9)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 + hullRoot(a.Int(0)) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			half := n / 2
			var l window.Layout
			short, long, final := l.Weighted(half), l.Weighted(n), l.Weighted(hullRoot(n))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				fast, slow := short.Next(s, in[0][j]), long.Next(s, in[0][j])
				out[0][j] = math.NaN()
				if slow == slow {
					out[0][j] = final.Next(s, 2*fast-slow)
				}
			})
		},
	}
}

func hullRoot(n int) int { return int(math.Sqrt(float64(n))) }
