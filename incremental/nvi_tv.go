package incremental

import "streamd/incremental/window"

// nviTVRow and pviTVRow start at 1.
func nviTVRow() *Row {
	return volumeIndexTV("nvi_tv", "Negative Volume Index (Pine)", "less", "nvi", -1,
		"crossover(nvi_tv(), ema(nvi_tv(), 255))")
}

func pviTVRow() *Row {
	return volumeIndexTV("pvi_tv", "Positive Volume Index (Pine)", "more", "pvi", 1, "pvi_tv() < ema(pvi_tv(), 255)")
}

func volumeIndexTV(name, title, side, talib string, sign float64, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupVariant,
		Inputs: []Input{Close, Volume}, Outputs: real1,
		Doc: "Compounds the change of the close on bars with " + side + " volume than the bar before, from 1 " +
			"on; a close of 0 on either bar counts as no change. " + talib + ", which is TA-Lib's, begins with 1000.",
		Source:   "Pine ta." + talib,
		Examples: []string{example},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind: func(Args) Build {
			var l window.Layout
			bars, index := l.Clock(), l.Slots(1)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				if bars.Tick(s) == 1 {
					s[index] = 1
				} else if before, now := in[0][j],
					in[0][j+1]; before != 0 && now != 0 && sign*(in[1][j+1]-in[1][j]) > 0 {
					s[index] *= now / before
				}
				out[0][j] = s[index]
			})
		},
	}
}
