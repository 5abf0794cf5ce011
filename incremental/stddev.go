package incremental

import (
	"math"

	"streamd/incremental/window"
)

// stddevRow is the population standard deviation.
func stddevRow() *Row {
	return &Row{
		Name: "stddev", Title: "Standard Deviation", Group: GroupStatistic,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Params: []Param{period(5, 2), deviations("nbdev", 1)}, Outputs: real1,
		Doc: "The root of the mean squared distance of the last timeperiod values from their mean (divided by " +
			"timeperiod), times nbdev. It is exactly 0 in a window of equal values.",
		Source: "TA-Lib STDDEV",
		TALib:  "STDDEV",
		Differs: runningTotals + "on ETHUSD of crypto-minute, stddev(volume, 2, 1.6) real at bar 525 is " +
			"0.14123708, TA-Lib has 0.1412370627",
		Examples: []string{"close > sma(close, 20) + 2 * stddev(close, 20)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := window.NewSpread(a.Int(0))
			return Build{Kernel: &stddev{w, a.Float(1)}, State: w.Len()}
		},
	}
}

// deviations is a number of standard deviations or ranges, of either sign.
func deviations(name string, byDefault float64) Param {
	return Param{Name: name, Kind: Float, Default: byDefault, Min: -3e37, Max: 3e37}
}

type stddev struct {
	window.Spread
	scale float64
}

func (k *stddev) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0] {
		_, v := k.Push(state, x)
		y[j] = math.Sqrt(v) * k.scale
	}
}
