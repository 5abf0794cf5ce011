package incremental

import "streamd/incremental/window"

// qstickRow is the mean body.
func qstickRow() *Row {
	return &Row{
		Name: "qstick", Title: "Qstick", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{Open, Close}, Params: []Param{period(10, 1)}, Outputs: real1,
		Doc: "The mean of close less open over the last timeperiod bars: positive while white candles outweigh " +
			"black ones.",
		Source: "TA-Lib QSTICK; Chande and Kroll, The New Technical Trader (1994)",
		TALib:  "QSTICK",
		Differs: runningTotals + "on a tape with one spike, qstick(4) real at bar 1189 is -0.005, " +
			"TA-Lib has -0.004999999994",
		Examples: []string{"crossover(qstick(10), 0)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := window.NewMean(a.Int(0))
			return Build{Kernel: &qstick{w}, State: w.Len()}
		},
	}
}

type qstick struct{ mean window.Mean }

// State: window of bodies.
func (k *qstick) Step(state []float64, in, out [][]float64) {
	open, cls, y := in[0], in[1], out[0]
	for j := range y {
		y[j] = k.mean.Push(state, cls[j]-open[j])
	}
}
