package incremental

import (
	"math"

	"streamd/incremental/window"
)

// dmiRow is Wilder's directional movement by plain averages.
func dmiRow() *Row {
	return &Row{
		Name: "dmi", Title: "Directional Movement Index (Pine)", Group: GroupVariant,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close},
		Params: []Param{
			{Name: "dilength", Kind: Int, Default: 14, Min: 1, Max: PeriodMax},
			{Name: "adxsmoothing", Kind: Int, Default: 14, Min: 1, Max: PeriodMax},
		},
		Outputs: []Output{
			{Name: "plus", Aliases: []string{"plus_di"}},
			{Name: "minus", Aliases: []string{"minus_di"}},
			{Name: "adx"},
		},
		Doc: "The share of the true range that was movement up (plus) and down (minus), in percent, and the " +
			"strength of the trend in either direction (adx). " +
			"A bar that reaches as far up as down has no direction, up to rounding. The averages are seeded with " +
			"means, those of plus_di, minus_di and adx, which are TA-Lib's, with sums of one bar less; they " +
			"converge. " +
			"plus and minus begin adxsmoothing-1 bars before adx. A direction keeps its value while the average true " +
			"range is zero, and is 0 before there was one.",
		Source:   "Pine ta.dmi; Wilder, New Concepts in Technical Trading Systems (1978)",
		Examples: []string{"dmi(14, 14).adx > 25 and dmi(14, 14).plus > dmi(14, 14).minus"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup: func(a Args, eps float64) int {
			return rmaWarmup(a.Int(0), eps) + rmaWarmup(a.Int(1), eps)
		},
		Bind: func(a Args) Build {
			var l window.Layout
			ranges := l.Reach()
			up, down, average := l.RMA(a.Int(0)), l.RMA(a.Int(0)), l.RMA(a.Int(0))
			plus, minus, adx := l.Slots(1), l.Slots(1), l.RMA(a.Int(1))
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				high, low := in[0], in[1]
				out[0][j], out[1][j], out[2][j] = math.NaN(), math.NaN(), math.NaN()
				r, first := ranges.Next(s, high[j+1], low[j+1], in[2][j])
				if first {
					return
				}
				rise, fall := movementNear(high, low, j)
				span := average.Next(s, r)
				rise, fall = up.Next(s, rise), down.Next(s, fall)
				if span != span {
					return
				}
				if span != 0 {
					s[plus], s[minus] = 100*rise/span, 100*fall/span
				}
				sum := s[plus] + s[minus]
				if sum == 0 {
					sum = 1
				}
				strength := adx.Next(s, math.Abs(s[plus]-s[minus])/sum)
				out[0][j], out[1][j], out[2][j] = s[plus], s[minus], 100*strength
			})
		},
	}
}
