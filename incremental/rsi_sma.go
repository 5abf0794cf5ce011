package incremental

import (
	"math"

	"streamd/incremental/window"
)

// rsiSMARow is the relative strength index over plain means.
func rsiSMARow() *Row {
	return &Row{
		Name: "rsi_sma", Title: "Relative Strength Index of Rolling Means", Group: GroupVariant,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{Real, Scale}, Params: []Param{period(14, 1)}, Outputs: real1, Implied: Close,
		Doc: "As rsi, with the gains and losses of the last timeperiod bars averaged plainly instead of " +
			"Wilder's way: it forgets at once what leaves the window (Cutler). The first bar counts as no change, so " +
			"the first value is on bar timeperiod - 1, counted from 0. It is 0 without any movement. In a " +
			"formula rsi_sma(14) is that of the closes.",
		Source:   "Cutler's RSI",
		Examples: []string{"rsi_sma(close, 14) < 30"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Warmup:   func(Args, float64) int { return 1 }, // until the first bar has left the window
		Bind: func(a Args) Build {
			w := window.Sum{N: a.Int(0)}
			return Build{Kernel: &rsiSMA{w}, State: 2 + 2*w.Len()}
		},
	}
}

type rsiSMA struct{ sum window.Sum }

// State: 1 after the first value, newest value, window of gains, window of losses.
func (k *rsiSMA) Step(state []float64, in, out [][]float64) {
	gains, losses := state[2:2+k.sum.Len()], state[2+k.sum.Len():]
	y := out[0]
	for j, x := range in[0] {
		d := 0.0
		if state[0] == 1 {
			d = moved(x, state[1], in[1][j])
		}
		state[0], state[1] = 1, x
		gain, loss := k.sum.Push(gains, max(d, 0)), k.sum.Push(losses, max(-d, 0))
		if y[j] = math.NaN(); gain == gain {
			y[j] = strength100(gain, loss)
		}
	}
}
