package incremental

import (
	"math"

	"streamd/incremental/window"
)

// mfiRow is the RSI of money.
func mfiRow() *Row {
	return &Row{
		Name: "mfi", Title: "Money Flow Index", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close, Volume}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "Of the money (typical price times volume) that changed hands in the last timeperiod bars, the " +
			"percentage on bars whose typical price rose. " +
			"Unchanged bars count on neither side; it is 0 where none is left. Above 80 is overbought, below 20 " +
			"oversold.",
		Source: "TA-Lib MFI; Quong and Soudack, Technical Analysis of Stocks & Commodities 7:3 (1989)",
		TALib:  "MFI",
		Differs: runningTotals + "on a tape of tiny prices, mfi(2) real at bar 435 is 0, TA-Lib has " +
			"4.47742277e-12",
		Examples: []string{"mfi(14) < 20"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			w := window.Sum{N: a.Int(0)}
			return Build{Kernel: &mfi{w}, State: 1 + 2*w.Len(), History: 1}
		},
	}
}

type mfi struct{ sum window.Sum }

// State: 1 after the first bar, windows of the flow on rising and on falling bars.
func (k *mfi) Step(state []float64, in, out [][]float64) {
	y := out[0]
	rising, falling := state[1:1+k.sum.Len()], state[1+k.sum.Len():]
	for j := range y {
		y[j] = math.NaN()
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		up, down := moneyFlow(in, j+1)
		up, down = k.sum.Push(rising, up), k.sum.Push(falling, down)
		switch sum := up + down; {
		case sum > 0:
			y[j] = 100 * (up / sum)
		case sum <= 0:
			y[j] = 0
		}
	}
}

// moneyFlow returns the money traded at index i on the side on which the
// typical price moved. Prices that differ by rounding only did not move.
func moneyFlow(in [][]float64, i int) (up, down float64) {
	now, before := typical(in, i), typical(in, i-1)
	flow := now * in[3][i]
	switch d := now - before; {
	case math.Abs(d) <= 1e-14*(math.Abs(now)+math.Abs(before)):
		return 0, 0
	case d > 0:
		return flow, 0
	default:
		return 0, flow
	}
}

// typical is (high+low+close)/3 at index i.
func typical(in [][]float64, i int) float64 { return (in[0][i] + in[1][i] + in[2][i]) / 3 }
