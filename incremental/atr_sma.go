package incremental

import "streamd/incremental/window"

// atrSMARow is the plain mean of the true range.
func atrSMARow() *Row {
	return &Row{
		Name: "atr_sma", Title: "Average True Range, Rolling Mean", Group: GroupVariant,
		Scale:  ofInput(0),
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 1)}, Outputs: real1,
		Doc: "As atr, with the true ranges of the last timeperiod bars averaged plainly instead of Wilder's " +
			"way. The first bar counts with its own range, so the first value is on bar timeperiod - 1, counted " +
			"from 0.",
		Source:   "the rolling mean of TA-Lib TRANGE, with high-low on the first bar",
		Examples: []string{"close < close[1] - 2 * atr_sma(14)[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Warmup:   func(Args, float64) int { return 1 }, // until the first bar has left the window
		Bind: func(a Args) Build {
			w := window.NewMean(a.Int(0))
			return Build{Kernel: &atrSMA{w}, State: 1 + w.Len(), History: 1}
		},
	}
}

type atrSMA struct{ mean window.Mean }

// State: 1 after the first bar, then the window's.
func (k *atrSMA) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j := range y {
		high, low, before := in[0][j+1], in[1][j+1], in[2][j]
		reach := high - low
		if state[0] == 1 {
			reach = window.TrueRange(high, low, before)
		}
		state[0] = 1
		y[j] = k.mean.Push(state[1:], reach)
	}
}
