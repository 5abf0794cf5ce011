package incremental

// midpointRow is the middle of the range of a series.
func midpointRow() *Row {
	return &Row{
		Name: "midpoint", Title: "Midpoint over Period", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc:      "The middle between the highest and the lowest of the last timeperiod values.",
		Source:   "TA-Lib MIDPOINT",
		TALib:    "MIDPOINT",
		Examples: []string{"close > midpoint(close, 50)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			c := channel{a.Int(0)}
			return Build{Kernel: midpoint{c}, State: c.Len()}
		},
	}
}

// midpriceRow is the middle of the range of the prices.
func midpriceRow() *Row {
	return &Row{
		Name: "midprice", Title: "Midpoint Price over Period", Group: GroupOverlap,
		Inputs: []Input{High, Low}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc:      "The middle between the highest high and the lowest low of the last timeperiod bars.",
		Source:   "TA-Lib MIDPRICE",
		TALib:    "MIDPRICE",
		Examples: []string{"close > midprice(26)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			c := channel{a.Int(0)}
			return Build{Kernel: midpoint{c}, State: c.Len()}
		},
	}
}

type midpoint struct{ channel }

func (k midpoint) Step(state []float64, in, out [][]float64) {
	high, low := in[0], in[len(in)-1]
	for j := range out[0] {
		top, bottom := k.Push(state, high[j], low[j])
		out[0][j] = (top + bottom) / 2
	}
}
