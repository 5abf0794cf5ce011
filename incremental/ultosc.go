package incremental

import (
	"math"
	"slices"

	"streamd/incremental/window"
)

// ultoscRow is Larry Williams' ultimate oscillator.
func ultoscRow() *Row {
	return &Row{
		Name: "ultosc", Title: "Ultimate Oscillator", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close}, Outputs: real1,
		Params: []Param{
			periodNamed("timeperiod1", 7, 1), periodNamed("timeperiod2", 14, 1),
			periodNamed("timeperiod3", 28, 1),
		},
		Doc: "Buying pressure (the close above the true low) as a share of the true range, over three windows at " +
			"once, the shorter ones weighing double and fourfold: 0 to 100. " +
			"Above 70 is overbought, below 30 oversold. The order of the periods does not matter; a window without " +
			"range adds nothing.",
		Source: "TA-Lib ULTOSC; Williams, Technical Analysis of Stocks & Commodities 3:4 (1985)",
		TALib:  "ULTOSC",
		Differs: runningTotals + "on a tape with one spike, ultosc(318, 2, 360) real at bar 1422 is " +
			"71.1839516, TA-Lib has 71.18395141",
		Examples: []string{"ultosc(7, 14, 28) < 30"},
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1), a.Int(2)) },
		Bind: func(a Args) Build {
			k := &ultosc{n: [3]int{a.Int(0), a.Int(1), a.Int(2)}}
			slices.Sort(k.n[:])
			return Build{Kernel: k, State: k.Len(), History: 1}
		},
	}
}

type ultosc struct{ n [3]int } // shortest first

// Len returns the length of the state.
func (k *ultosc) Len() int {
	size := 1
	for _, n := range k.n {
		size += 2 * window.Sum{N: n}.Len()
	}
	return size
}

// State: 1 after the first bar; for each period, shortest first, windows of the
// buying pressure and of the true range.
func (k *ultosc) Step(state []float64, in, out [][]float64) {
	high, low, cls, y := in[0], in[1], in[2], out[0]
	for j := range y {
		y[j] = math.NaN()
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		pressure := cls[j+1] - min(low[j+1], cls[j])
		y[j] = k.Push(state[1:], pressure, window.TrueRange(high[j+1], low[j+1], cls[j]))
	}
}

// Push takes the next bar's buying pressure and true range and returns the
// oscillator, na until the longest window is full.
func (k *ultosc) Push(state []float64, pressure, reach float64) float64 {
	sum := 0.0
	for i, n := range k.n {
		w := window.Sum{N: n}
		p, r := w.Push(state, pressure), w.Push(state[w.Len():], reach)
		if r != 0 {
			sum += float64([...]float64{4, 2, 1}[i] * (p / r))
		}
		state = state[2*w.Len():]
	}
	return 100 * (sum / 7)
}
