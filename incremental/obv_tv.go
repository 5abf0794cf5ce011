package incremental

import "streamd/incremental/window"

// obvTVRow starts at zero.
func obvTVRow() *Row {
	return &Row{
		Name: "obv_tv", Title: "On Balance Volume (Pine)", Group: GroupVariant,
		Inputs: []Input{Real, Volume, Scale}, Outputs: real1,
		Doc: "The volume of rising bars less that of falling ones since the first bar, which counts 0. obv, " +
			"which is TA-Lib's, begins with the first bar's volume.",
		Source:   "Pine ta.obv",
		Examples: []string{"rising(obv_tv(close), 5)"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind: func(Args) Build {
			var l window.Layout
			bars, sum := l.Clock(), l.Total()
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				if bars.Tick(s) > 1 {
					switch CompareAt(in[0][j+1], in[0][j], in[2][j+1]) {
					case 1:
						sum.Add(s, in[1][j+1])
					case -1:
						sum.Add(s, -in[1][j+1])
					}
				}
				out[0][j] = sum.Sum(s)
			})
		},
	}
}
