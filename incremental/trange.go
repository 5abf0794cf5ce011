package incremental

import "streamd/incremental/window"

// trangeRow is Wilder's true range.
func trangeRow() *Row {
	r := trueRangeRow("trange", "trange() > 2 * atr(14)[1]")
	r.Group = GroupVolatility
	return r
}

// trRow is trange by the name that formulas use as a series.
func trRow() *Row {
	r := trueRangeRow("tr", "tr > 3 * sma(tr, 20)[1]")
	r.Group, r.Word = GroupSeries, true
	return r
}

func trueRangeRow(name, example string) *Row {
	return &Row{
		Name: name, Title: "True Range",
		Inputs: []Input{High, Low, Close}, Outputs: real1, Scale: ofInput(0),
		Doc: "The bar's range, from the previous close where that lies outside it, so that gaps count. It has " +
			"no value on the first bar.",
		Source:   "TA-Lib TRANGE; Wilder, New Concepts in Technical Trading Systems (1978), chapter 3",
		TALib:    "TRANGE",
		Examples: []string{example},
		Lookback: func(Args) int { return 1 },
		Bind:     func(Args) Build { return Build{Kernel: trange{}, State: 1, History: 1} },
	}
}

type trange struct{}

// State: bars seen (at most 1).
func (trange) Step(state []float64, in, out [][]float64) {
	y, high, low, before := out[0], in[0][1:], in[1][1:], in[2]
	for j := skip(&state[0], 1, out); j < len(y); j++ {
		y[j] = window.TrueRange(high[j], low[j], before[j])
	}
}
