package incremental

// donchianRow is Donchian's channel.
func donchianRow() *Row {
	return &Row{
		Name: "donchian", Title: "Donchian Channels", Group: GroupOverlap,
		Inputs: []Input{High, Low}, Params: []Param{period(20, 2)}, Outputs: bandOutputs(),
		Doc: "The highest high and the lowest low of the last timeperiod bars, and the middle between them. The " +
			"newest bar is part of the channel: a breakout leaves that of the bar before.",
		Source:   "TA-Lib DONCHIAN",
		TALib:    "DONCHIAN",
		Examples: []string{"close > donchian(20).upper[1]", "close < donchian(55).lower[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			c := channel{a.Int(0)}
			return Build{Kernel: donchian{c}, State: c.Len()}
		},
	}
}

type donchian struct{ channel }

func (k donchian) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		high, low := k.Push(state, in[0][j], in[1][j])
		out[0][j], out[1][j], out[2][j] = high, (high+low)/2, low
	}
}
