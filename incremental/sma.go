package incremental

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
	w := newMeanWindow(n)
	return Build{Kernel: &sma{w}, State: w.len()}
}

type sma struct{ meanWindow }

// Step is meanWindow.push over a block, with the bars between two turns in one
// loop.
func (k *sma) Step(state []float64, in, out [][]float64) {
	n, x, y := k.n, in[0], out[0]
	slot := state[3 : 3+n]
	for len(x) > 0 {
		at := int(state[0]) - n
		if at < 0 || at == n-1 {
			anchor, offset := k.turn(state, slot, x[0])
			y[0] = anchor + offset
			x, y = x[1:], y[1:]
			continue
		}
		m := min(len(x), n-1-at)
		anchor, prefix, rcp := state[1], state[2], k.rcpN
		old, to := slot[at:at+m], y[:m]
		for j, v := range x[:m] {
			prefix += v - anchor
			to[j] = anchor + float64((old[j]+prefix)*rcp)
			old[j] = v
		}
		state[0], state[2] = float64(n+at+m), prefix
		x, y = x[m:], y[m:]
	}
}

// copyKernel returns its input: a moving average of one bar.
type copyKernel struct{}

func (copyKernel) Step(_ []float64, in, out [][]float64) { copy(out[0], in[0]) }
