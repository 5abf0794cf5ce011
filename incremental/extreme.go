package incremental

import "streamd/incremental/window"

// The extremes of the last n values, O(1) per bar whatever n.

func maxRow() *Row {
	return &Row{
		Name: "max", Title: "Highest Value", Group: GroupOperator,
		Inputs: []Input{Real}, Params: []Param{period(30, 2)}, Outputs: real1, Pairwise: "greater",
		Doc: "The highest of the last timeperiod values, the newest included. Of two series, bar by bar: " +
			"greater(a, b).",
		Source: "TA-Lib MAX", TALib: "MAX",
		Examples: []string{"close >= max(close, 252)", "close > max(high, 20)[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindMax(a.Int(0)) },
	}
}

func minRow() *Row {
	return &Row{
		Name: "min", Title: "Lowest Value", Group: GroupOperator,
		Inputs: []Input{Real}, Params: []Param{period(30, 2)}, Outputs: real1, Pairwise: "lesser",
		Doc: "The lowest of the last timeperiod values, the newest included. Of two series, bar by bar: " +
			"lesser(a, b).",
		Source: "TA-Lib MIN", TALib: "MIN",
		Examples: []string{"close < min(low, 20)[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindMin(a.Int(0)) },
	}
}

func minmaxRow() *Row {
	return &Row{
		Name: "minmax", Title: "Lowest and Highest Values", Group: GroupOperator,
		Inputs: []Input{Real}, Params: []Param{period(30, 2)}, Outputs: []Output{{Name: "min"}, {Name: "max"}},
		Doc:    "The lowest and the highest of the last timeperiod values, the newest included.",
		Source: "TA-Lib MINMAX", TALib: "MINMAX",
		Examples: []string{"close - minmax(close, 50).min < 0.1 * (minmax(close, 50).max - minmax(close, 50).min)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindMinMax(a.Int(0)) },
	}
}

func bindMax(n int) Build {
	return Build{Kernel: extreme{window.Min{N: n}, -1}, State: window.Min{N: n}.Len()}
}

func bindMin(n int) Build {
	return Build{Kernel: extreme{window.Min{N: n}, 1}, State: window.Min{N: n}.Len()}
}

func bindMinMax(n int) Build {
	w := window.Min{N: n}
	return Build{Kernel: minmax{min: extreme{w, 1}, max: extreme{w, -1}}, State: 2 * w.Len()}
}

// extreme is the minimum, or with the sign -1 the maximum.
type extreme struct {
	w    window.Min
	sign float64
}

func (k extreme) Step(state []float64, in, out [][]float64) {
	y := out[0]
	k.w.Block(state, in[0][:len(y)], y, k.sign)
}

func (k extreme) StepOne(state []float64, x, _, _ float64) (float64, float64, float64) {
	return k.w.Push(state, x*k.sign) * k.sign, 0, 0
}

type minmax struct{ min, max extreme }

func (k minmax) Step(state []float64, in, out [][]float64) {
	m := k.min.w.Len()
	k.min.Step(state[:m], in, out[:1])
	k.max.Step(state[m:], in, out[1:])
}
