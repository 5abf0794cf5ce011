package incremental

import "math"

// kdjRow is the stochastic with its overshooting third line.
func kdjRow() *Row {
	return &Row{
		Name: "kdj", Title: "KDJ Stochastic", Group: GroupMomentum,
		Scale:  ofRatio(100),
		Inputs: []Input{High, Low, Close},
		Params: []Param{
			periodNamed("fastk_period", 9, 1),
			periodNamed("slowk_period", 3, 1), maParam("slowk_matype", maRMA),
			periodNamed("slowd_period", 3, 1), maParam("slowd_matype", maRMA),
		},
		Outputs: []Output{{Name: "k"}, {Name: "d"}, {Name: "j"}},
		Doc: "k is the place of the close in the range of the last fastk_period bars (0 to 100), smoothed, d is k " +
			"smoothed again, and j = 3k - 2d runs ahead of both: above 100 is overbought, below 0 oversold. " +
			"The default smoothing is Wilder's over 3 bars, as Asian charting programs have it.",
		Source: "TA-Lib KDJ",
		TALib:  "KDJ",
		Differs: runningTotals + "on a tape of tiny prices, kdj(146, 1, \"trima\", 161, \"hma\") j at " +
			"bar 1496 is 0.0001394513922, TA-Lib has 0.0001394513892",
		Examples: []string{"crossover(kdj().k, kdj().d) and kdj().j < 20"},
		Lookback: func(a Args) int {
			return a.Int(0) - 1 + maLookback(a.Int(1), a.MAType(2)) + maLookback(a.Int(3), a.MAType(4))
		},
		Warmup: func(a Args, eps float64) int {
			return maWarmup(a.Int(1), a.MAType(2), eps) + maWarmup(a.Int(3), a.MAType(4), eps)
		},
		Bind: func(a Args) Build {
			k := &kdj{
				channel: channel{a.Int(0)},
				k:       newCell(bindMA(a.Int(1), a.MAType(2))),
				d:       newCell(bindMA(a.Int(3), a.MAType(4))),
			}
			return Build{Kernel: k, State: k.channel.Len() + k.k.Len() + k.d.Len()}
		},
	}
}

type kdj struct {
	channel channel
	k, d    cell
}

// State: channel, first smoothing, second smoothing.
func (k *kdj) Step(state []float64, in, out [][]float64) {
	first := state[k.channel.Len():]
	second := first[k.k.Len():]
	for j := range out[0] {
		slowK, slowD := math.NaN(), math.NaN()
		if high, low := k.channel.Push(state, in[0][j], in[1][j]); high == high {
			slowK = k.k.Push(first, place(in[2][j], high, low), in, out)
		}
		if slowK == slowK {
			slowD = k.d.Push(second, slowK, in, out)
		}
		if slowD != slowD {
			slowK = slowD
		}
		out[0][j], out[1][j], out[2][j] = slowK, slowD, float64(3*slowK)-float64(2*slowD)
	}
}
