package incremental

import "math"

// sumRow is the sum over a window.
func sumRow() *Row {
	return &Row{
		Name: "sum", Title: "Summation", Group: GroupOperator,
		Inputs: []Input{Real}, Params: []Param{period(30, 2)}, Outputs: real1,
		Doc:      "The sum of the last timeperiod values.",
		Source:   "TA-Lib SUM",
		TALib:    "SUM",
		Examples: []string{"sum(volume, 5) > 2 * sum(volume, 5)[5]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := sumWindow{a.Int(0)}
			return Build{Kernel: rollingSum{w}, State: w.len()}
		},
	}
}

type rollingSum struct{ sumWindow }

// State: that of the window.
func (k rollingSum) Step(state []float64, in, out [][]float64) {
	for j, x := range in[0] {
		out[0][j] = k.push(state, x)
	}
}

// cumRow is the running total, by Pine's name.
func cumRow() *Row {
	return &Row{
		Name: "cum", Title: "Cumulative Sum", Group: GroupSeries,
		Inputs: []Input{Real}, Outputs: real1,
		Doc:      "The total of all values since the first bar; it depends on where the history began.",
		Source:   "Pine ta.cum",
		Examples: []string{"cum(volume) / (bar_index + 1) < volume"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind:     func(Args) Build { return Build{Kernel: runningTotal{}, State: 2} },
	}
}

type runningTotal struct{}

// State: total, its error.
func (runningTotal) Step(state []float64, in, out [][]float64) {
	for j, x := range in[0] {
		var e float64
		state[0], e = twoSum(state[0], x)
		state[1] += e
		out[0][j] = state[0] + state[1]
	}
}

// stddevRow is the population standard deviation.
func stddevRow() *Row {
	return &Row{
		Name: "stddev", Title: "Standard Deviation", Group: GroupStatistic,
		Inputs: []Input{Real},
		Params: []Param{period(5, 2), {Name: "nbdev", Kind: Float, Default: 1, Min: -3e37, Max: 3e37}}, Outputs: real1,
		Doc:      "The root of the mean squared distance of the last timeperiod values from their mean (divided by timeperiod), times nbdev.",
		Source:   "TA-Lib STDDEV",
		TALib:    "STDDEV",
		Examples: []string{"stddev(close, 20) > 2 * stddev(close, 20)[20]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := newSpreadWindow(a.Int(0))
			return Build{Kernel: stddev{w, a.Float(1)}, State: w.len()}
		},
	}
}

type stddev struct {
	spreadWindow
	times float64
}

// State: that of the window.
func (k stddev) Step(state []float64, in, out [][]float64) {
	for j, x := range in[0][:len(out[0])] {
		_, v := k.push(state, x)
		out[0][j] = math.Sqrt(v) * k.times
	}
}
