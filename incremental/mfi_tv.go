package incremental

import (
	"math"

	"streamd/incremental/window"
)

// mfiTVRow takes any series for the price.
func mfiTVRow() *Row {
	return &Row{
		Name: "mfi_tv", Title: "Money Flow Index (Pine)", Group: GroupVariant,
		Inputs: []Input{Real, Volume}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc: "The share, in percent, of price times volume on rising bars in that of the last length rising and " +
			"falling bars. 100 without falling flow, na without any. mfi, which is TA-Lib's, takes the typical price " +
			"(`mfi_tv(hlc3, 14)`) and is 0 without flow.",
		Source:   "Pine ta.mfi",
		Examples: []string{"mfi_tv(hlc3, 14) < 20"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			bars, rising, falling := l.Clock(), l.Sum(n), l.Sum(n)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = math.NaN()
				if bars.Tick(s) == 1 {
					return
				}
				now := in[0][j+1]
				up, down := 0.0, 0.0
				switch Compare(now, in[0][j]) {
				case 1:
					up = float64(now * in[1][j+1])
				case -1:
					down = float64(now * in[1][j+1])
				}
				up, down = rising.Next(s, up), falling.Next(s, down)
				switch {
				case up != up:
				case down != 0:
					out[0][j] = 100 - 100/(1+up/down)
				case up != 0:
					out[0][j] = 100
				}
			})
		},
	}
}
