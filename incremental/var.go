package incremental

import "streamd/incremental/window"

// varRow is the population variance.
func varRow() *Row {
	return &Row{
		Name: "var", Title: "Variance", Group: GroupStatistic,
		Scale:  Magnitude{From: FromRoot},
		Inputs: []Input{Real},
		Params: []Param{period(5, 1), {Name: "nbdev", Kind: Float, Default: 1, Min: -3e37, Max: 3e37}}, Outputs: real1,
		Doc: "The mean squared distance of the last timeperiod values from their mean (divided by timeperiod). " +
			"As in TA-Lib nbdev is accepted and has no effect.",
		Source: "TA-Lib VAR",
		TALib:  "VAR",
		Differs: runningTotals + "on AIG of us-minute, var(volume) real at bar 1358 is 5824, TA-Lib has " +
			"5823.999993",
		Examples: []string{"var(close, 20) > 2 * var(close, 100)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := window.NewSpread(a.Int(0))
			return Build{Kernel: variance{w}, State: w.Len()}
		},
	}
}

type variance struct{ window.Spread }

func (k variance) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		_, y[j] = k.Push(state, x)
	}
}
