package incremental

import "streamd/incremental/window"

// sumRow is the rolling sum.
func sumRow() *Row {
	return &Row{
		Name: "sum", Title: "Summation", Group: GroupOperator,
		Inputs: []Input{Real}, Params: []Param{period(30, 2)}, Outputs: real1,
		Doc:      "The sum of the last timeperiod values. What has left the window leaves no rounding error behind.",
		Source:   "TA-Lib SUM",
		TALib:    "SUM",
		Differs:  runningTotals + "see wma",
		Examples: []string{"volume > 0.2 * sum(volume, 20)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			return Build{Kernel: sum{window.Sum{N: a.Int(0)}}, State: window.Sum{N: a.Int(0)}.Len()}
		},
	}
}

type sum struct{ window.Sum }

func (k sum) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0] {
		y[j] = k.Push(state, x)
	}
}
