package incremental

// apoRow is the difference of two moving averages.
func apoRow() *Row {
	return &Row{
		Name: "apo", Title: "Absolute Price Oscillator", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Params: spreadParams(), Outputs: real1,
		Doc: "A fast moving average less a slow one, in the units of the input. With the same periods it is not " +
			"the line of macd, whose fast average starts later. The order of the periods does not matter.",
		Source: "TA-Lib APO",
		TALib:  "APO",
		Differs: runningTotals + "on AIG of us-minute, apo(low, 2, 88, \"trima\") real at bar 1384 is " +
			"0.0001565656566, TA-Lib has 0.0001565656541",
		Examples: []string{"crossover(apo(close, 12, 26), 0)", `apo(close, 10, 30, "sma") > 0`},
		Known: map[string]string{
			"bigoffset fastperiod=10 matype=0 slowperiod=46": "prices of 1e6, means that differ by 0.1: their " +
				"rounding in TA-Lib's running totals is 1e-9 of the difference",
		},
		Lookback: spreadLookback,
		Warmup:   spreadWarmup,
		Bind: func(a Args) Build {
			k := &apo{newMASpread(a.Int(0), a.Int(1), a.MAType(2))}
			return Build{Kernel: k, State: k.Len()}
		},
	}
}

// spreadParams are the parameters of a difference of two moving averages.
func spreadParams() []Param {
	return []Param{periodNamed("fastperiod", 12, 2), periodNamed("slowperiod", 26, 2), maParam("matype", maEMA)}
}

func spreadLookback(a Args) int { return maLookback(max(a.Int(0), a.Int(1)), a.MAType(2)) }

func spreadWarmup(a Args, eps float64) int {
	return maWarmup(max(a.Int(0), a.Int(1)), a.MAType(2), eps)
}

type apo struct{ maSpread }

// State: that of the spread.
func (k *apo) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		diff, _ := k.Push(state, in[0][j], in, out)
		out[0][j] = diff
	}
}
