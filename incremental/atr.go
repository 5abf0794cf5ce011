package incremental

import "math"

// trangeRow and trRow are the true range, by TA-Lib's and by Pine's name.
func trangeRow() *Row {
	return &Row{
		Name: "trange", Title: "True Range", Group: GroupVolatility,
		Inputs: []Input{High, Low, Close}, Outputs: real1,
		Doc:      "The greatest of high less low, and the distances of both from the previous close.",
		Source:   "TA-Lib TRANGE; Wilder, New Concepts in Technical Trading Systems (1978)",
		TALib:    "TRANGE",
		Examples: []string{"trange() > 2 * atr(14)"},
		Lookback: func(Args) int { return 1 },
		Bind:     func(Args) Build { return Build{Kernel: trange{}, State: 1, History: 1} },
	}
}

func trRow() *Row {
	r := trangeRow()
	r.Name, r.Group, r.Source = "tr", GroupSeries, "TA-Lib TRANGE, by Pine's name"
	r.Examples = []string{"tr > 2 * atr(14)"}
	return r
}

type trange struct{}

// State: bars seen (at most 1).
func (trange) Step(state []float64, in, out [][]float64) {
	h, l, c := in[0], in[1], in[2]
	for j := range out[0] {
		if state[0] == 0 {
			state[0], out[0][j] = 1, math.NaN()
			continue
		}
		out[0][j] = trueRange(h[j+1], l[j+1], c[j])
	}
}

// atrRow is Wilder's average of the true range.
func atrRow() *Row {
	return &Row{
		Name: "atr", Title: "Average True Range", Group: GroupVolatility,
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 1)}, Outputs: real1,
		Doc:      "Wilder's average of the true range: how far a bar usually reaches, in the units of the price. The first bar has no previous close and does not count.",
		Source:   "TA-Lib ATR; Wilder, New Concepts in Technical Trading Systems (1978)",
		TALib:    "ATR",
		Examples: []string{"close > close[1] + 2 * atr(14)[1]"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			k := &atr{newRMA(a.Int(0))}
			return Build{Kernel: k, State: 1 + k.average.len(), History: 1}
		},
	}
}

type atr struct{ average smoother }

// State: bars seen (at most 1), then the average's.
func (k *atr) Step(state []float64, in, out [][]float64) {
	h, l, c := in[0], in[1], in[2]
	for j := range out[0] {
		if state[0] == 0 {
			state[0], out[0][j] = 1, math.NaN()
			continue
		}
		out[0][j] = k.average.push(state[1:], trueRange(h[j+1], l[j+1], c[j]))
	}
}

// atrSMARow is the plain mean of the last true ranges.
func atrSMARow() *Row {
	return &Row{
		Name: "atr_sma", Title: "Average True Range, Rolling Mean", Group: GroupVariant,
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 1)}, Outputs: real1,
		Doc:      "The plain mean of the last timeperiod true ranges, which forgets at once; the first bar counts with its high less its low.",
		Source:   "the true range of Wilder (1978) under a simple moving average",
		Examples: []string{"atr_sma(14) > 2"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := newMeanWindow(a.Int(0))
			return Build{Kernel: atrSMA{w}, State: 1 + w.len(), History: 1}
		},
	}
}

type atrSMA struct{ mean meanWindow }

// State: bars seen (at most 1), then the mean's.
func (k atrSMA) Step(state []float64, in, out [][]float64) {
	h, l, c := in[0], in[1], in[2]
	for j := range out[0] {
		reach := h[j+1] - l[j+1]
		if state[0] == 1 {
			reach = trueRange(h[j+1], l[j+1], c[j])
		}
		state[0] = 1
		out[0][j] = k.mean.push(state[1:], reach)
	}
}
