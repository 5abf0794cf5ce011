package incremental

import (
	"math"

	"streamd/incremental/window"
)

// supertrendTVRow starts downwards and says so with +1.
func supertrendTVRow() *Row {
	return &Row{
		Name: "supertrend_tv", Title: "SuperTrend (Pine)", Group: GroupVariant,
		Inputs: []Input{High, Low, Close},
		Params: []Param{
			{Name: "factor", Kind: Float, Default: 3, Min: 0, Max: 1e6},
			{Name: "atrperiod", Kind: Int, Default: 10, Min: 1, Max: PeriodMax},
		},
		Outputs: []Output{{Name: "supertrend"}, {Name: "direction", Aliases: []string{"trend"}}},
		Doc: "A trailing stop factor average true ranges from the middle of the bar, that only moves with the " +
			"trend and changes sides when the close passes it. direction is -1 in an uptrend and 1 in a downtrend, " +
			"and begins with 1. supertrend, which is TA-Lib's, takes its arguments the other way round, begins " +
			"upwards and uses 1 for up.",
		Source:   "Pine ta.supertrend",
		Examples: []string{"supertrend_tv(3, 10).direction < 0 and supertrend_tv(3, 10).direction[1] > 0"},
		Lookback: func(a Args) int { return a.Int(1) - 1 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind: func(a Args) Build {
			factor := a.Float(0)
			var l window.Layout
			ranges, average := l.Reach(), l.RMA(a.Int(1))
			begun, upper, lower, line := l.Slots(1), l.Slots(1), l.Slots(1), l.Slots(1)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				high, low, before, now := in[0][j+1], in[1][j+1], in[2][j], in[2][j+1]
				r, _ := ranges.Next(s, high, low, before)
				atr := average.Next(s, r)
				if atr != atr {
					out[0][j], out[1][j] = math.NaN(), math.NaN()
					return
				}
				middle := (high + low) / 2
				up, down := middle+float64(factor*atr), middle-float64(factor*atr)
				direction := 1.0
				if s[begun] != 0 {
					if !(down > s[lower] || Compare(before, s[lower]) < 0) {
						down = s[lower]
					}
					if !(up < s[upper] || Compare(before, s[upper]) > 0) {
						up = s[upper]
					}
					wasDown := Compare(s[line], s[upper]) == 0
					if wasDown && Compare(now, up) > 0 || !wasDown && Compare(now, down) >= 0 {
						direction = -1
					}
				}
				y := up
				if direction < 0 {
					y = down
				}
				s[begun], s[upper], s[lower], s[line] = 1, up, down, y
				out[0][j], out[1][j] = y, direction
			})
		},
	}
}
