package incremental

import "streamd/incremental/window"

// wmaRow is the linearly weighted mean.
func wmaRow() *Row {
	return &Row{
		Name: "wma", Title: "Weighted Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "The mean of the last timeperiod values, the newest weighted timeperiod, the oldest 1. It turns " +
			"sooner than the plain mean of the same length.",
		Source: "TA-Lib WMA",
		TALib:  "WMA",
		Differs: runningTotals + "on a tape with one spike, wma(close - open, 70) at bar 624 is " +
			"-0.002470824950, TA-Lib has -0.002470824944",
		Examples: []string{"close > wma(close, 20)", "crossover(wma(close, 9), wma(close, 21))"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindWMA(a.Int(0)) },
	}
}

func bindWMA(n int) Build {
	w := window.NewWeighted(n)
	return Build{Kernel: &wma{w}, State: w.Len()}
}

type wma struct{ window.Weighted }

func (k *wma) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0] {
		y[j] = k.Push(state, x)
	}
}
