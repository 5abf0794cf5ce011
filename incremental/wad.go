package incremental

// wadRow is Larry Williams' accumulation and distribution.
func wadRow() *Row {
	return &Row{
		Name: "wad", Title: "Williams' Accumulation/Distribution", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{High, Low, Close}, Outputs: real1,
		Doc: "A running total without volume: on a higher close it gains the close's distance from the true low, on " +
			"a lower close it loses that from the true high. " +
			"Price highs that it does not confirm warn of distribution. Its level depends on where the history begins.",
		Source:   "TA-Lib WAD; Williams, How I Made One Million Dollars Last Year Trading Commodities (1973)",
		TALib:    "WAD",
		Examples: []string{"close > highest(close, 20)[1] and wad() < highest(wad(), 20)[1]"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind:     func(Args) Build { return Build{Kernel: wad{}, State: 2, History: 1} },
	}
}

type wad struct{}

// State: 1 after the first bar, total.
func (wad) Step(state []float64, in, out [][]float64) {
	high, low, cls, y := in[0][1:], in[1][1:], in[2], out[0]
	total := state[1]
	for j := range y {
		if state[0] == 0 {
			state[0] = 1
		} else if before, now := cls[j], cls[j+1]; now > before {
			total += now - min(low[j], before)
		} else if now < before {
			total += now - max(high[j], before)
		}
		y[j] = total
	}
	state[1] = total
}
