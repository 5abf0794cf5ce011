package incremental

import "math"

func roundRow() *Row {
	r := mathRow("round", "Round", nil, "The nearest whole number; halves go away from zero, and what is a half up to "+
		"rounding is one.", "close > round(close[1])")
	r.Inputs = []Input{Real, Scale}
	r.Bind = func(Args) Build { return Build{Kernel: round{}} }
	return r
}

type round struct{}

func (round) Step(_ []float64, in, out [][]float64) {
	for j, x := range in[0] {
		half := math.Trunc(x) + math.Copysign(0.5, x)
		if math.Abs(x-half) <= min(band(x, in[1][j]), 1e-6) { // of great numbers the band is more than a half
			x = half
		}
		out[0][j] = math.Round(x)
	}
}
