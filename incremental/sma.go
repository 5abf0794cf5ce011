package incremental

import "streamd/incremental/window"

// smaRow is the plain mean of the last n values.
func smaRow() *Row {
	return &Row{
		Name: "sma", Title: "Simple Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc:      "The arithmetic mean of the last timeperiod values. A window of equal values returns that value.",
		Source:   "TA-Lib SMA",
		TALib:    "SMA",
		Examples: []string{"close > sma(close, 20)", "crossover(sma(close, 50), sma(close, 200))"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindSMA(a.Int(0)) },
	}
}

func bindSMA(n int) Build {
	w := window.NewMean(n)
	return Build{Kernel: &sma{w}, State: w.Len()}
}

type sma struct{ window.Mean }

func (k *sma) Step(state []float64, in, out [][]float64) {
	y := out[0]
	k.Block(state, in[0][:len(y)], y)
}

func (sma *sma) StepOne(state []float64, x, _, _ float64) (float64, float64, float64) {
	head := (*[3]float64)(state)
	k := int(head[0]) - sma.N
	if uint(k) >= uint(sma.Run) {
		return sma.Push(state, x), 0, 0
	}
	i := len(head) + k
	anchor := head[1]
	prefix := head[2] + (x - anchor)
	y := anchor + float64((state[i]+prefix)*sma.Reciprocal)
	state[i] = x
	head[0], head[2] = head[0]+1, prefix
	return y, 0, 0
}

// copyKernel returns its input: a moving average of one bar.
type copyKernel struct{}

func (copyKernel) Step(_ []float64, in, out [][]float64) { copy(out[0], in[0]) }
