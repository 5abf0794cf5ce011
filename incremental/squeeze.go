package incremental

import (
	"math"

	"streamd/incremental/window"
)

// squeezeRow says that Bollinger's bands are inside Keltner's channel.
func squeezeRow() *Row {
	return &Row{
		Name: "squeeze", Title: "TTM Squeeze", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{High, Low, Close},
		Params: []Param{
			lengthParam(20, 2),
			{Name: "bbmult", Kind: Float, Default: 2, Min: 0, Max: 1e6},
			{Name: "kcmult", Kind: Float, Default: 1.5, Min: 0, Max: 1e6},
		},
		Outputs: []Output{{Name: "momentum"}, {Name: "on", Bool: true}},
		Doc: "on while bbmult standard deviations of the close are less than kcmult mean true ranges, both over " +
			"length bars: a calm before a move. momentum is the newest point of the regression line through length " +
			"values of the close less the mean of its average and the middle of the range; its sign is the " +
			"direction in which a squeeze breaks. " +
			"Both begin together.",
		Source:   "Carter, Mastering the Trade (2005), chapter 11, with the momentum of LazyBear's script",
		Examples: []string{"squeeze().on[1] and not squeeze().on and squeeze().momentum > 0"},
		Lookback: func(a Args) int { return 2 * (a.Int(0) - 1) },
		Bind: func(a Args) Build {
			n, deviations, ranges := a.Int(0), a.Float(1), a.Float(2)
			var l window.Layout
			reach, average, spread := l.Reach(), l.Mean(n), l.Spread(n)
			middle, line := newMiddle(&l, n), l.Trend(n)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				allNA(out, j)
				high, low, cls := in[0][j+1], in[1][j+1], in[2][j+1]
				span := math.NaN()
				if r, first := reach.Next(s, high, low, in[2][j]); !first {
					span = average.Next(s, r)
				}
				mean, variance := spread.Next(s, cls)
				centre := middle.Next(s, high, low)
				if mean != mean {
					return
				}
				momentum, slope := line.Next(s, cls-(centre+mean)/2)
				if momentum == momentum {
					out[0][j] = momentum + float64(slope*float64(n-1)/2)
					inside, scale := deviations*math.Sqrt(variance), max(deviations, ranges)*math.Abs(high)
					out[1][j] = truth(CompareAt(inside, ranges*span, scale) < 0)
				}
			})
		},
	}
}
