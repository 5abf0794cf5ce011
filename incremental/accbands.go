package incremental

import (
	"math"

	"streamd/incremental/window"
)

// accbandsRow is Headley's acceleration bands.
func accbandsRow() *Row {
	return &Row{
		Name: "accbands", Title: "Acceleration Bands", Group: GroupOverlap,
		Inputs: []Input{High, Low, Close}, Params: []Param{period(20, 2)}, Outputs: bandOutputs(),
		Doc: "Mean highs and lows, each pushed outwards by four times the bar's range relative to its price, " +
			"around the mean close. Closes beyond a band mark an acceleration.",
		Source:   "TA-Lib ACCBANDS; Headley, Big Trends in Trading (2002)",
		TALib:    "ACCBANDS",
		Examples: []string{"crossover(close, accbands(20).upper)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := window.NewMean(a.Int(0))
			return Build{Kernel: &accbands{w}, State: 3 * w.Len()}
		},
	}
}

type accbands struct{ mean window.Mean }

// State: windows of the upper, middle and lower values.
func (k *accbands) Step(state []float64, in, out [][]float64) {
	n := k.mean.Len()
	for j, cls := range in[2] {
		high, low := in[0][j], in[1][j]
		upper, lower := high, low
		if sum := high + low; math.Abs(sum) > 1e-14*(math.Abs(high)+math.Abs(low)) {
			reach := 4 * (high - low) / sum
			upper, lower = high*(1+reach), low*(1-reach)
		}
		out[0][j] = k.mean.Push(state[:n], upper)
		out[1][j] = k.mean.Push(state[n:2*n], cls)
		out[2][j] = k.mean.Push(state[2*n:], lower)
	}
}
