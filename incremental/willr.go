package incremental

import (
	"math"

	"streamd/incremental/window"
)

// willrRow is Larry Williams' %R.
func willrRow() *Row {
	return &Row{
		Name: "willr", Title: "Williams' %R", Group: GroupMomentum,
		Scale:  ofRatio(100),
		Range:  [2]float64{-100, 0},
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "Where the close lies in the range of the last timeperiod bars, from -100 (at its low) to 0 (at " +
			"its high): the stochastic's mirror image. Above -20 is overbought, below -80 oversold. It is 0 in a " +
			"window without range.",
		Source:   "TA-Lib WILLR; Williams, How I Made One Million Dollars Last Year Trading Commodities (1973)",
		TALib:    "WILLR",
		Examples: []string{"willr(14) < -80", "crossover(willr(14), -50)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			k := willr{channel{a.Int(0)}}
			return Build{Kernel: k, State: k.Len()}
		},
	}
}

type willr struct{ channel }

// State: that of the channel.
func (k willr) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j := range y {
		high, low := k.Push(state, in[0][j], in[1][j])
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

func (c channel) Len() int { return window.Max{N: c.n}.Len() + window.Min{N: c.n}.Len() }

// Push takes the next bar's extremes and returns the window's, na during the
// lookback.
func (c channel) Push(state []float64, high, low float64) (highest, lowest float64) {
	w := window.Min{N: c.n}
	m := w.Len()
	return -w.Push(state[:m], -high), w.Push(state[m:], low)
}

// Block is push over a block.
func (c channel) Block(state, high, low, highest, lowest []float64) {
	w := window.Min{N: c.n}
	m := w.Len()
	w.Block(state[:m], high, highest, -1)
	w.Block(state[m:], low, lowest, 1)
}

// flat reports that a range is no more than rounding, as TA-Lib decides it.
func flat(high, low float64) bool {
	return high-low <= 1e-14*(math.Abs(high)+math.Abs(low))
}
