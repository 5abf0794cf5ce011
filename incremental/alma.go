package incremental

import (
	"math"

	"streamd/incremental/window"
)

// almaRow weighs a window by a bell curve.
func almaRow() *Row {
	return &Row{
		Name: "alma", Title: "Arnaud Legoux Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Outputs: real1,
		Params: []Param{
			lengthParam(9, 1),
			{Name: "offset", Kind: Float, Default: 0.85, Min: 0, Max: 1},
			{Name: "sigma", Kind: Float, Default: 6, Min: 0.01, Max: 1e6},
		},
		Doc: "The mean of the last length values, weighted by a Gaussian bell whose top is at offset of the window " +
			"(1 is the newest bar, for speed) and whose width is length/sigma. " +
			"Costs O(length) per bar: no bell can be slid.",
		Source:   "Pine ta.alma; Legoux and Kouzis-Loukas (2009)",
		Examples: []string{"crossover(close, alma(close, 9, 0.85, 6))"},
		Linear:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			weights := bell(a.Int(0), a.Float(1), a.Float(2))
			n := len(weights)
			var l window.Layout
			bars := l.Clock()
			return byBar(&l, n-1, func(s []float64, in, out [][]float64, j int) {
				w := in[0][j : j+n]
				if bars.Tick(s) < n {
					out[0][j] = math.NaN()
					return
				}
				newest, sum := w[n-1], 0.0
				for i, x := range w { // distances, so that equal values return themselves
					sum += float64((x - newest) * weights[i])
				}
				out[0][j] = newest + sum
			})
		},
	}
}

// bell returns n weights, the oldest bar's first, that sum to 1.
func bell(n int, offset, sigma float64) []float64 {
	weights := make([]float64, n)
	top, width, sum := offset*float64(n-1), float64(n)/sigma, 0.0
	for i := range weights {
		d := (float64(i) - top) / width
		weights[i] = math.Exp(-d * d / 2)
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}
