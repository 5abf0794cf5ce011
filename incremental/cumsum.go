package incremental

import "streamd/incremental/window"

// cumsumRow is the running total since the first bar.
func cumsumRow() *Row {
	return &Row{
		Name: "cumsum", Title: "Cumulative Sum", Group: GroupOperator,
		Inputs: []Input{Real}, Outputs: real1,
		Doc: "The total of all values since the history began, so its level depends on that beginning: compare " +
			"it with its own past, not with a number.",
		Source:   "TA-Lib CUMSUM",
		TALib:    "CUMSUM",
		Examples: []string{"cumsum(volume) > 1000000"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind:     func(Args) Build { return Build{Kernel: cumsum{}, State: 2} },
	}
}

type cumsum struct{}

// State: total, its error.
func (cumsum) Step(state []float64, in, out [][]float64) {
	y := out[0]
	total, low := state[0], state[1]
	for j, v := range in[0][:len(y)] {
		var e float64
		total, e = window.TwoSum(total, v)
		low += e
		y[j] = total + low
	}
	state[0], state[1] = total, low
}
