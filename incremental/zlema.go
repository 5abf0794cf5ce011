package incremental

import "streamd/incremental/window"

// zlemaRow is Ehlers' and Way's zero-lag average.
func zlemaRow() *Row {
	return &Row{
		Name: "zlema", Title: "Zero-Lag Exponential Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "The exponential average of each value plus its change over half the period, which takes out the " +
			"lag in a straight move.",
		Source:   "TA-Lib ZLEMA; Ehlers and Way, Stocks & Commodities 28:12 (2010)",
		TALib:    "ZLEMA",
		Examples: []string{"crossover(close, zlema(close, 21))"},
		Lookback: func(a Args) int { return a.Int(0) - 1 + (a.Int(0)-1)/2 },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindZLEMA(a.Int(0)) },
	}
}

func bindZLEMA(n int) Build {
	if n == 1 {
		return Build{Kernel: copyKernel{}}
	}
	lag := (n - 1) / 2
	return Build{Kernel: &zlema{lag, window.NewEMA(n)}, State: 3, History: lag}
}

type zlema struct {
	lag     int
	average window.Smoother
}

// State: bars seen (at most lag), then the average's.
func (k *zlema) Step(state []float64, in, out [][]float64) {
	y, old, x := out[0], in[0], in[0][k.lag:]
	for j := skip(&state[0], k.lag, out); j < len(y); j++ {
		y[j] = k.average.Push(state[1:], 2*x[j]-old[j])
	}
}
