package incremental

import "streamd/incremental/window"

// trimaRow is the triangularly weighted mean.
func trimaRow() *Row {
	return &Row{
		Name: "trima", Title: "Triangular Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "The mean of the last timeperiod values with the greatest weights in the middle of the window: a " +
			"mean of means, smooth and late.",
		Source: "TA-Lib TRIMA",
		TALib:  "TRIMA",
		Differs: runningTotals + "on a tape with one spike, trima(close - open) real at bar 135 is " +
			"-0.002375, TA-Lib has -0.002375000003",
		Examples: []string{"close > trima(close, 30)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindTRIMA(a.Int(0)) },
	}
}

// bindTRIMA splits the window into two means in a row, whose lengths add up to
// n+1 and differ by at most one.
func bindTRIMA(n int) Build {
	k := &trima{window.NewMean((n + 1) / 2), window.NewMean(n/2 + 1)}
	return Build{Kernel: k, State: k.first.Len() + k.second.Len()}
}

// State: that of both windows.
type trima struct{ first, second window.Mean }

func (k *trima) Step(state []float64, in, out [][]float64) {
	y, split := out[0], k.first.Len()
	for j, x := range in[0] {
		mean := k.first.Push(state[:split], x)
		if mean == mean {
			mean = k.second.Push(state[split:], mean)
		}
		y[j] = mean
	}
}
