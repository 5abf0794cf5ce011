package incremental

import (
	"math"

	"streamd/incremental/window"
)

// cumRow is the running total that passes over na.
func cumRow() *Row {
	return &Row{
		Name: "cum", Title: "Running Total", Group: GroupSeries,
		Inputs: []Input{Real}, Outputs: real1,
		Doc: "The total of all values since the history began; na values add nothing (cumsum starts over " +
			"after them). Its level depends on that beginning: compare it with its own past, not with a number.",
		Source:   "Pine ta.cum",
		Examples: []string{"cum(volume) > 1000000"},
		NaAware:  true, Sparse: true,
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind:     func(Args) Build { return Build{Kernel: cum{}, State: 3} },
	}
}

type cum struct{}

// State: 1 after the first number, total, its error. The total is na before.
func (cum) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0] {
		if x-x == 0 { // an infinity would stay for ever, so it adds nothing either
			total, e := window.TwoSum(state[1], x)
			state[0], state[1], state[2] = 1, total, state[2]+e
		}
		y[j] = state[1] + state[2]
		if state[0] == 0 {
			y[j] = math.NaN()
		}
	}
}
