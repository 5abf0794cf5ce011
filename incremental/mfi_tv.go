package incremental

import "streamd/incremental/window"

// mfiTVRow takes any series for the price.
func mfiTVRow() *Row {
	return &Row{
		Name: "mfi_tv", Title: "Money Flow Index (Pine)", Group: GroupVariant,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{Real, Volume, Scale}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc: "The share, in percent, of price times volume on rising bars in that of the last length rising and " +
			"falling bars; 100 without falling flow. The first bar, which has none before it, counts as both, as in " +
			"Pine. mfi, which is TA-Lib's, takes the typical price (`mfi_tv(hlc3, 14)`) and is 0 without flow.",
		Source:   "Pine ta.mfi",
		Examples: []string{"mfi_tv(hlc3, 14) < 20"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			bars, rising, falling := l.Clock(), l.Sum(n), l.Sum(n)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				now, first := in[0][j+1], bars.Tick(s) == 1
				flow, up, down := float64(now*in[1][j+1]), 0.0, 0.0
				side := CompareAt(now, in[0][j], in[2][j+1])
				if first || side > 0 {
					up = flow
				}
				if first || side < 0 {
					down = flow
				}
				up, down = rising.Next(s, up), falling.Next(s, down)
				out[0][j] = up // na during the lookback
				if up == up {
					out[0][j] = 100
				}
				if down > 0 || down < 0 {
					out[0][j] = 100 - 100/(1+up/down)
				}
			})
		},
	}
}
