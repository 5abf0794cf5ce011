package incremental

// changeRow is the difference from an earlier value, by Pine's name.
func changeRow() *Row {
	return &Row{
		Name: "change", Title: "Change", Group: GroupSeries,
		Inputs: []Input{Real}, Params: []Param{lengthParam(1, 1)}, Outputs: real1,
		Doc:      "The value less the value length bars ago.",
		Source:   "Pine ta.change",
		Examples: []string{"change(close) > 0", "change(close, 5) > 2 * atr(14)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			return Build{Kernel: mom{n: a.Int(0)}, State: 1, History: a.Int(0)}
		},
	}
}

// rocRow is the change over n bars in percent.
func rocRow() *Row {
	return &Row{
		Name: "roc", Title: "Rate of Change", Group: GroupMomentum,
		Inputs: []Input{Real}, Params: []Param{period(10, 1)}, Outputs: real1,
		Doc:      "The change over timeperiod bars in percent of the earlier value; 0 where that is 0.",
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

// highestRow and lowestRow are the extremes of a window, by Pine's names.
func highestRow() *Row {
	return &Row{
		Name: "highest", Title: "Highest Value", Group: GroupSeries,
		Inputs: []Input{Real}, Params: []Param{lengthParam(20, 1)}, Outputs: real1,
		Doc:      "The greatest of the last length values, the newest included.",
		Source:   "Pine ta.highest",
		Examples: []string{"close > highest(high, 20)[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindMax(a.Int(0)) },
	}
}

func lowestRow() *Row {
	return &Row{
		Name: "lowest", Title: "Lowest Value", Group: GroupSeries,
		Inputs: []Input{Real}, Params: []Param{lengthParam(20, 1)}, Outputs: real1,
		Doc:      "The least of the last length values, the newest included.",
		Source:   "Pine ta.lowest",
		Examples: []string{"close < lowest(low, 20)[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindMin(a.Int(0)) },
	}
}

// crossoverRow and crossunderRow are the two directions of a crossing.
func crossoverRow() *Row {
	return crossing("crossover", "Cross over", "True on the bar on which the first series passes above the second: a > b and a[1] <= b[1].", 1,
		"crossover(ema(close, 12), ema(close, 26))")
}

func crossunderRow() *Row {
	return crossing("crossunder", "Cross under", "True on the bar on which the first series passes below the second: a < b and a[1] >= b[1].", -1,
		"crossunder(close, sma(close, 200))")
}

func crossing(name, title, doc string, sign int, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupSeries,
		Inputs: []Input{Real, Real}, Outputs: []Output{{Name: "real", Bool: true}},
		Doc:      doc + " Values within 1e-12 of each other are equal; na until both series and their previous values are defined.",
		Source:   "Pine ta." + name,
		Examples: []string{example},
		Lookback: func(Args) int { return 1 },
		Bind:     func(Args) Build { return Build{Kernel: crossed{sign}, State: 1, History: 1} },
	}
}

type crossed struct{ sign int }

// State: bars seen (at most 1).
func (k crossed) Step(state []float64, in, out [][]float64) {
	a, b, y := in[0], in[1], out[0]
	for j := skip(&state[0], 1, out); j < len(y); j++ {
		y[j] = truth(k.sign*Compare(a[j+1], b[j+1]) > 0 && k.sign*Compare(a[j], b[j]) <= 0)
	}
}
