package incremental

import (
	"math"

	"streamd/incremental/window"
)

// kcTVRow and kcwRow are the Keltner channel by exponential averages, and its
// width.
func kcTVRow() *Row {
	return &Row{
		Name: "kc_tv", Title: "Keltner Channels (Pine)", Group: GroupVariant,
		Inputs: []Input{Real, High, Low, Close}, Params: keltnerParams(),
		Outputs: []Output{
			{Name: "upperband", Aliases: []string{"upper"}},
			{Name: "middleband", Aliases: []string{"middle"}},
			{Name: "lowerband", Aliases: []string{"lower"}},
		},
		Doc: "An exponential average of the series, and mult times that of the true range above and below it, " +
			"both begun with the mean of their first values; the first bar has no true range, so that the bands " +
			"begin one bar after the middle. kc, which is TA-Lib's, is about the typical price and takes Wilder's " +
			"average of the true range.",
		Source:   "Pine ta.kc; Raschke's version of Keltner, How to Make Money in Commodities (1960)",
		Examples: []string{"close > kc_tv(close, 20, 1.5).upper"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			return keltner(a, func(middle, half float64, out [][]float64, j int) {
				out[0][j], out[1][j], out[2][j] = middle+half, middle, middle-half
			})
		},
	}
}

func kcwRow() *Row {
	return &Row{
		Name: "kcw", Title: "Keltner Channels Width", Group: GroupVolatility,
		Scale:  ofConstant(1),
		Inputs: []Input{Real, High, Low, Close}, Params: keltnerParams(), Outputs: real1,
		Doc:      "The width of kc_tv's channel as a share of its middle; na where that is 0.",
		Source:   "Pine ta.kcw",
		Examples: []string{"kcw(close, 20, 1.5) < 0.05"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			return keltner(a, func(middle, half float64, out [][]float64, j int) {
				out[0][j] = math.NaN()
				if middle != 0 {
					out[0][j] = 2 * half / middle
				}
			})
		},
	}
}

func keltnerParams() []Param {
	return []Param{lengthParam(20, 1), {Name: "mult", Kind: Float, Default: 2, Min: 0, Max: 1e6}}
}

// keltner hands each bar's middle and half width to put.
func keltner(a Args, put func(middle, half float64, out [][]float64, j int)) Build {
	mult := a.Float(1)
	var l window.Layout
	ranges, basis, average := l.Reach(), l.EMA(a.Int(0)), l.EMA(a.Int(0))
	return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
		middle := basis.Next(s, in[0][j+1])
		r, first := ranges.Next(s, in[1][j+1], in[2][j+1], in[3][j])
		half := math.NaN()
		if !first { // Pine's tr has no value yet
			half = float64(mult * average.Next(s, r))
		}
		put(middle, half, out, j)
	})
}
