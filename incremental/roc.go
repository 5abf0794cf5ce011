package incremental

// rocRow is the change over n bars in percent.
func rocRow() *Row {
	return &Row{
		Name: "roc", Title: "Rate of Change", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Params: []Param{period(10, 1)}, Outputs: real1,
		Doc: "The change over timeperiod bars in percent of the earlier value: 5 is five percent up. It is 0 " +
			"where the earlier value is 0.",
		Source:   "TA-Lib ROC",
		TALib:    "ROC",
		Examples: []string{"roc(close, 10) > 5"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			return Build{Kernel: roc{n: a.Int(0)}, State: 1, History: a.Int(0)}
		},
	}
}

type roc struct{ n int }

// State: bars seen (at most n).
func (k roc) Step(state []float64, in, out [][]float64) {
	x, old, y := in[0][k.n:], in[0], out[0]
	for j := skip(&state[0], k.n, out); j < len(y); j++ {
		y[j] = 0
		if old[j] != 0 {
			y[j] = (x[j]/old[j] - 1) * 100
		}
	}
}
