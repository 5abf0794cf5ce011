package incremental

// The extremes of the last n values, O(1) per bar whatever n.

func maxRow() *Row {
	return &Row{
		Name: "max", Title: "Highest Value", Group: GroupOperator,
		Inputs: []Input{Real}, Params: []Param{period(30, 2)}, Outputs: real1,
		Doc:    "The highest of the last timeperiod values, the newest included. Of two series, bar by bar: greater(a, b).",
		Source: "TA-Lib MAX", TALib: "MAX",
		Examples: []string{"close >= max(close, 252)", "close > max(high, 20)[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindMax(a.Int(0)) },
	}
}

func minRow() *Row {
	return &Row{
		Name: "min", Title: "Lowest Value", Group: GroupOperator,
		Inputs: []Input{Real}, Params: []Param{period(30, 2)}, Outputs: real1,
		Doc:    "The lowest of the last timeperiod values, the newest included. Of two series, bar by bar: lesser(a, b).",
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

func bindMax(n int) Build { return Build{Kernel: extreme{maxWindow{n}, 1}, State: maxWindow{n}.len()} }

func bindMin(n int) Build { return Build{Kernel: extreme{maxWindow{n}, -1}, State: maxWindow{n}.len()} }

func bindMinMax(n int) Build {
	w := maxWindow{n}
	return Build{Kernel: minmax{min: extreme{w, -1}, max: extreme{w, 1}}, State: 2 * w.len()}
}

// extreme is the maximum, or with the sign -1 the minimum.
type extreme struct {
	w    maxWindow
	sign float64
}

// Step is maxWindow.push over a block, with the bars between two turns in one
// loop.
func (k extreme) Step(state []float64, in, out [][]float64) {
	n, sign, x, y := k.w.n, k.sign, in[0], out[0]
	slot := state[2 : 2+n]
	for len(y) > 0 {
		at := int(state[0]) - n
		if at < 0 || at == n-1 {
			y[0] = k.w.turn(state, slot, x[0]*sign) * sign
			x, y = x[1:], y[1:]
			continue
		}
		m := min(len(y), n-1-at)
		prefix := state[1]
		old, to := slot[at:at+m], y[:m]
		for j, v := range x[:m] {
			v *= sign
			if v > prefix {
				prefix = v
			}
			best := old[j]
			if prefix > best {
				best = prefix
			}
			to[j] = best * sign
			old[j] = v
		}
		state[0], state[1] = float64(n+at+m), prefix
		x, y = x[m:], y[m:]
	}
}

type minmax struct{ min, max extreme }

func (k minmax) Step(state []float64, in, out [][]float64) {
	m := k.min.w.len()
	k.min.Step(state[:m], in, out[:1])
	k.max.Step(state[m:], in, out[1:])
}
