package incremental

// momRow is the change over n bars.
func momRow() *Row {
	return &Row{
		Name: "mom", Title: "Momentum", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Params: []Param{period(10, 1)}, Outputs: real1,
		Doc:      "The value less the value timeperiod bars ago, in the units of the input.",
		Source:   "TA-Lib MOM",
		TALib:    "MOM",
		Examples: []string{"crossover(mom(close, 10), 0)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			n := a.Int(0)
			return Build{Kernel: mom{n: n}, State: 1, History: n}
		},
	}
}

type mom struct{ n int }

// State: bars seen (at most n).
func (k mom) Step(state []float64, in, out [][]float64) {
	x, old, y := in[0][k.n:], in[0], out[0]
	for j := skip(&state[0], k.n, out); j < len(y); j++ {
		y[j] = x[j] - old[j]
	}
}
