package incremental

import (
	"math"

	"streamd/incremental/window"
)

// rsiTVRow differs from TA-Lib's where nothing was lost.
func rsiTVRow() *Row {
	return &Row{
		Name: "rsi_tv", Title: "Relative Strength Index (Pine)", Group: GroupVariant,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{Real, Scale}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc: "Wilder's RSI as Pine guards it: 100 while there was no loss, so also on a flat price, where rsi, " +
			"which is TA-Lib's, is 0. Otherwise the same.",
		Source:   "Pine ta.rsi",
		Examples: []string{"rsi_tv(close, 14) < 30"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			var l window.Layout
			averages, at := gainLoss{n: a.Int(0)}, l.Slots(gainLossState)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				up, down := averages.PushNear(s[at:at+gainLossState], in[0][j], in[1][j])
				switch {
				case up != up:
					out[0][j] = math.NaN()
				case down == 0:
					out[0][j] = 100
				default:
					out[0][j] = 100 * up / (up + down)
				}
			})
		},
	}
}
