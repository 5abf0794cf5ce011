package incremental

import (
	"math"

	"streamd/incremental/window"
)

// macdfixRow is Appel's MACD with his own smoothing constants.
func macdfixRow() *Row {
	return &Row{
		Name: "macdfix", Title: "MACD with Fixed Constants", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Params: []Param{periodNamed("signalperiod", 9, 1)},
		Outputs: macdOutputs(),
		Doc: "MACD with Appel's original constants 0.15 and 0.075, which are near those of 12 and 26 bars but " +
			"not equal: macd, its exponential average macdsignal, and macdhist, their difference.",
		Source:   "TA-Lib MACDFIX; Appel, The Moving Average Convergence-Divergence Method (1979)",
		TALib:    "MACDFIX",
		Examples: []string{"crossover(macdfix(close).macd, macdfix(close).signal)"},
		Lookback: func(a Args) int { return 25 + a.Int(0) - 1 },
		Warmup: func(a Args, eps float64) int {
			return int(math.Ceil(math.Log(eps)/math.Log(1-0.075))) + emaWarmup(a.Int(0), eps)
		},
		Bind: func(a Args) Build {
			return Build{Kernel: &macdfix{
				fast:   window.NewSmoother(12, 0.15),
				slow:   window.NewSmoother(26, 0.075),
				signal: window.NewEMA(a.Int(0)),
			}, State: 7}
		},
	}
}

type macdfix struct{ fast, slow, signal window.Smoother }

// State: bars seen, until the fast average begins; fast average, slow average,
// signal. The fast average begins late, so that both have their first value on
// the same bar.
func (k *macdfix) Step(state []float64, in, out [][]float64) {
	for j, x := range in[0] {
		line, signal := math.NaN(), math.NaN()
		slow := k.slow.Push(state[3:5], x)
		if int(state[0]) < k.slow.N-k.fast.N {
			state[0]++
		} else if fast := k.fast.Push(state[1:3], x); slow == slow {
			line = fast - slow
			if signal = k.signal.Push(state[5:7], line); signal != signal {
				line = signal
			}
		}
		out[0][j], out[1][j], out[2][j] = line, signal, line-signal
	}
}
