package incremental

// rocrRow is the ratio to the value n bars ago.
func rocrRow() *Row {
	return rateRow("rocr", "Rate of Change Ratio", "ROCR", 1,
		"The value divided by the value timeperiod bars ago: 1.05 is five percent up. It is 0 where the earlier "+
			"value is 0.",
		"rocr(close, 20) > 1.1")
}

// rocr100Row is the ratio to the value n bars ago, times 100.
func rocr100Row() *Row {
	return rateRow("rocr100", "Rate of Change Ratio, Scale of 100", "ROCR100", 100,
		"The value as a percentage of the value timeperiod bars ago: 105 is five percent up. It is 0 where the "+
			"earlier value is 0.",
		"crossover(rocr100(close, 10), 100)")
}

func rateRow(name, title, talib string, scale float64, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupMomentum,
		Inputs: []Input{Real}, Params: []Param{period(10, 1)}, Outputs: real1,
		Doc:      doc,
		Source:   "TA-Lib " + talib,
		TALib:    talib,
		Examples: []string{example},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			n := a.Int(0)
			return Build{Kernel: rocr{n: n, scale: scale}, State: 1, History: n}
		},
	}
}

type rocr struct {
	n     int
	scale float64
}

// State: bars seen (at most n).
func (k rocr) Step(state []float64, in, out [][]float64) {
	x, old, y := in[0][k.n:], in[0], out[0]
	for j := skip(&state[0], k.n, out); j < len(y); j++ {
		y[j] = 0
		if old[j] != 0 {
			y[j] = x[j] / old[j] * k.scale
		}
	}
}
