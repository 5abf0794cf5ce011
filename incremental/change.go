package incremental

// changeRow is the difference to an earlier value.
func changeRow() *Row {
	return &Row{
		Name: "change", Title: "Change", Group: GroupSeries,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Params: []Param{lengthParam(1, 1)}, Outputs: real1,
		Doc:      "The value less the value length bars ago, in the value's own units.",
		Source:   "Pine ta.change",
		Examples: []string{"change(close) > 0", "change(close, 5) > 2 * atr(14)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			return Build{Kernel: mom{n: a.Int(0)}, State: 1, History: a.Int(0)}
		},
	}
}
