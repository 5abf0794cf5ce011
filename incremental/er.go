package incremental

import (
	"math"

	"streamd/incremental/window"
)

// erRow is Kaufman's efficiency ratio.
func erRow() *Row {
	return &Row{
		Name: "er", Title: "Kaufman Efficiency Ratio", Group: GroupMomentum,
		Scale:  ofConstant(1),
		Range:  [2]float64{0, 1},
		Inputs: []Input{Real}, Params: []Param{period(10, 2)}, Outputs: real1,
		Doc: "The net change over timeperiod bars as a share of the path walked: 1 is a straight line, near 0 " +
			"is noise. A window without movement counts as 1.",
		Source: "TA-Lib ER; Kaufman, Trading Systems and Methods",
		TALib:  "ER",
		Differs: runningTotals + "on a tape with one spike, er(close, 2) real at bar 1387 is 0.92, " +
			"TA-Lib has 0.9200000052",
		Examples: []string{"er(close, 10) > 0.6 and close > close[10]"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			w := window.Sum{N: a.Int(0)}
			return Build{Kernel: &er{w}, State: 1 + w.Len(), History: w.N}
		},
	}
}

type er struct{ path window.Sum }

// State: 1 after the first bar, window of absolute changes.
func (k *er) Step(state []float64, in, out [][]float64) {
	n, x, y := k.path.N, in[0], out[0]
	for j := range y {
		y[j] = math.NaN()
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		switch walked := k.path.Push(state[1:], math.Abs(x[j+n]-x[j+n-1])); {
		case walked > 0:
			y[j] = min(1, math.Abs(x[j+n]-x[j])/walked)
		case walked == 0:
			y[j] = 1
		}
	}
}
