package incremental

// rocpRow is the change over n bars as a fraction.
func rocpRow() *Row {
	return &Row{
		Name: "rocp", Title: "Rate of Change, as a Fraction", Group: GroupMomentum,
		Scale:  ofConstant(1),
		Inputs: []Input{Real}, Params: []Param{period(10, 1)}, Outputs: real1,
		Doc: "The change over timeperiod bars as a fraction of the earlier value: 0.05 is five percent up. It " +
			"is 0 where the earlier value is 0.",
		Source:   "TA-Lib ROCP",
		TALib:    "ROCP",
		Examples: []string{"rocp(close, 10) > 0.05"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			n := a.Int(0)
			return Build{Kernel: rocp{n: n}, State: 1, History: n}
		},
	}
}

type rocp struct{ n int }

// State: bars seen (at most n).
func (k rocp) Step(state []float64, in, out [][]float64) {
	x, old, y := in[0][k.n:], in[0], out[0]
	for j := skip(&state[0], k.n, out); j < len(y); j++ {
		y[j] = 0
		if old[j] != 0 {
			y[j] = (x[j] - old[j]) / old[j]
		}
	}
}
