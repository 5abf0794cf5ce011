package incremental

// stochrsiRow is the stochastic of the RSI.
func stochrsiRow() *Row {
	return &Row{
		Name: "stochrsi", Title: "Stochastic Relative Strength Index", Group: GroupMomentum,
		Scale:  ofRatio(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{Real},
		Params: []Param{
			period(14, 2), periodNamed("fastk_period", 5, 1), periodNamed("fastd_period", 3, 1),
			maParam("fastd_matype", maSMA),
		},
		Outputs: []Output{
			{Name: "fastk", Aliases: []string{"k"}},
			{Name: "fastd", Aliases: []string{"d"}},
		},
		Doc: "Where the RSI lies in its own range of the last fastk_period bars, from 0 to 100, and the moving " +
			"average of that: it swings where the RSI only leans. " +
			"For the original unsmoothed index set timeperiod and fastk_period equal.",
		Source: "TA-Lib STOCHRSI; Chande and Kroll, Technical Analysis of Stocks & Commodities 11:5 (1993)",
		TALib:  "STOCHRSI",
		Differs: runningTotals + "on a tape with flat stretches, stochrsi(close - open, 115, 28, 7, " +
			"\"trima\") fastd at bar 1121 is 0, TA-Lib has 3.217603961e-11",
		Examples: []string{"crossover(stochrsi(close, 14, 14, 3).fastk, 20)"},
		Lookback: func(a Args) int { return a.Int(0) + a.Int(1) - 1 + maLookback(a.Int(2), a.MAType(3)) },
		Warmup: func(a Args, eps float64) int {
			return rmaWarmup(a.Int(0), eps) + maWarmup(a.Int(2), a.MAType(3), eps)
		},
		Bind: func(a Args) Build {
			k := &stochrsi{
				changes:    gainLoss{n: a.Int(0)},
				stochastic: newFastStochastic(a.Int(1), a.Int(2), a.MAType(3)),
			}
			return Build{Kernel: k, State: gainLossState + k.stochastic.Len()}
		},
	}
}

type stochrsi struct {
	changes    gainLoss
	stochastic fastStochastic
}

// State: averages of gain and loss, stochastic.
func (k *stochrsi) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		gain, loss := k.changes.Push(state, in[0][j])
		if gain != gain {
			out[0][j], out[1][j] = gain, gain
			continue
		}
		rsi := 0.0
		if gain+loss > 0 {
			rsi = 100 * (gain / (gain + loss))
		}
		out[0][j], out[1][j] = k.stochastic.Push(state[gainLossState:], rsi, rsi, rsi, in, out)
	}
}
