package incremental

import (
	"math"

	"streamd/incremental/window"
)

// accdistRow is ad by Pine's name.
func accdistRow() *Row {
	r := adRow()
	r.Name, r.Title = "accdist", "Accumulation/Distribution"
	r.Source = "Pine ta.accdist, the same as TA-Lib AD"
	r.Examples = []string{"rising(accdist(), 5)"}
	return r
}

// iiiRow and wvadRow relate where a bar closed to its volume.
func iiiRow() *Row {
	return perBar("iii", "Intraday Intensity Index", []Input{High, Low, Close, Volume},
		"Where the bar closed in its range, from -1 at the low to 1 at the high, per unit of volume; na without "+
			"range or volume.",
		"Pine ta.iii; Bostian", "sma(nz(iii()), 21) > 0",
		func(v []float64) float64 { return (2*v[2] - v[0] - v[1]) / ((v[0] - v[1]) * v[3]) })
}

func wvadRow() *Row {
	return perBar("wvad", "Williams Variable Accumulation/Distribution", []Input{High, Low, Open, Close, Volume},
		"The share of the bar's range that lies between open and close, negative when it fell, times its volume; na "+
			"without range.",
		"Pine ta.wvad; Williams", "sma(nz(wvad()), 24) > 0",
		func(v []float64) float64 { return (v[3] - v[2]) / (v[0] - v[1]) * v[4] })
}

// perBar is a row of the bar's own prices, na where f has no finite value.
func perBar(name, title string, inputs []Input, doc, source, example string, f func(v []float64) float64) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupVolume,
		Inputs: inputs, Outputs: real1,
		Doc: doc, Source: source, Examples: []string{example},
		Sparse:   true,
		Lookback: func(Args) int { return 0 },
		Bind: func(Args) Build {
			var l window.Layout
			return byBar(&l, 0, func(_ []float64, in, out [][]float64, j int) {
				var values [5]float64
				for k := range in {
					values[k] = in[k][j]
				}
				y := f(values[:])
				if y-y != 0 {
					y = math.NaN()
				}
				out[0][j] = y
			})
		},
	}
}
