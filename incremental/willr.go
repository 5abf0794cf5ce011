package incremental

import "math"

// willrRow is Larry Williams' %R.
func willrRow() *Row {
	return &Row{
		Name: "willr", Title: "Williams' %R", Group: GroupMomentum,
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc:      "Where the close lies in the range of the last timeperiod bars, from -100 (at its low) to 0 (at its high): the stochastic's mirror image. Above -20 is overbought, below -80 oversold. It is 0 in a window without range.",
		Source:   "TA-Lib WILLR; Williams, How I Made One Million Dollars Last Year Trading Commodities (1973)",
		TALib:    "WILLR",
		Examples: []string{"willr(14) < -80", "crossover(willr(14), -50)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			k := willr{channel{a.Int(0)}}
			return Build{Kernel: k, State: k.len()}
		},
	}
}

type willr struct{ channel }

// State: that of the channel.
func (k willr) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j := range y {
		high, low := k.push(state, in[0][j], in[1][j])
		switch {
		case high != high:
			y[j] = math.NaN()
		case flat(high, low):
			y[j] = 0
		default:
			y[j] = max(-100, min(0, (high-in[2][j])/(high-low)*-100))
		}
	}
}

// channel is the range of the last n bars: the highest high and the lowest low.
// State: window of highs, window of lows.
type channel struct{ n int }

func (c channel) len() int { return maxWindow{c.n}.len() + minWindow{c.n}.len() }

// push takes the next bar's extremes and returns the window's, na during the
// lookback.
func (c channel) push(state []float64, high, low float64) (highest, lowest float64) {
	w := minWindow{c.n}
	m := w.len()
	return -w.push(state[:m], -high), w.push(state[m:], low)
}

// block is push over a block.
func (c channel) block(state, high, low, highest, lowest []float64) {
	w := minWindow{c.n}
	m := w.len()
	w.block(state[:m], high, highest, -1)
	w.block(state[m:], low, lowest, 1)
}

// flat reports that a range is no more than rounding, as TA-Lib decides it.
func flat(high, low float64) bool {
	return high-low <= 1e-14*(math.Abs(high)+math.Abs(low))
}
