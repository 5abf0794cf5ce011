package incremental

import (
	"math"

	"streamd/incremental/window"
)

// trixRow is the change of a triple exponential average.
func trixRow() *Row {
	return &Row{
		Name: "trix", Title: "Triple Smoothed Rate of Change", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "The change per bar, in percent, of the value smoothed three times by exponential averages: cycles " +
			"shorter than timeperiod are filtered out.",
		Source: "TA-Lib TRIX; Hutson, Good Trix, Technical Analysis of Stocks & Commodities 1:5 (1983)",
		TALib:  "TRIX",
		Differs: runningTotals + "on a tape with one spike, trix(low, 1) at bar 111 is 0.04568817818, " +
			"TA-Lib has 0.04568817733",
		Examples: []string{"crossover(trix(close, 15), 0)"},
		Lookback: func(a Args) int { return 3*(a.Int(0)-1) + 1 },
		Warmup:   func(a Args, eps float64) int { return 3 * emaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			return Build{Kernel: &trix{mean: window.NewEMA(a.Int(0))}, State: 8}
		},
	}
}

type trix struct{ mean window.Smoother }

// State: three averages, 1 once the third has a value, that value.
func (k *trix) Step(state []float64, in, out [][]float64) {
	y, last := out[0], state[6:]
	for j, x := range in[0] {
		y[j] = math.NaN()
		for stage := range 3 {
			x = k.mean.Push(state[2*stage:], x)
			if math.IsNaN(x) {
				break
			}
		}
		if math.IsNaN(x) {
			continue
		}
		if last[0] == 1 {
			y[j] = 0
			if last[1] != 0 {
				y[j] = (x/last[1] - 1) * 100
			}
		}
		last[0], last[1] = 1, x
	}
}
