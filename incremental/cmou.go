package incremental

import (
	"math"

	"streamd/incremental/window"
)

// cmouRow is Chande's momentum oscillator as he printed it.
func cmouRow() *Row {
	return &Row{
		Name: "cmou", Title: "Chande Momentum Oscillator, Unsmoothed", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "The sum of the last timeperiod gains less the sum of the losses, relative to all movement, from " +
			"-100 to 100; 0 in a window without movement. Pine's ta.cmo.",
		Source: "TA-Lib CMOU; Chande and Kroll, The New Technical Trader (1994)",
		TALib:  "CMOU",
		Differs: runningTotals + "on WM of us-daily, cmou(close, 2) real at bar 431 is 0, TA-Lib has " +
			"1.110223025e-12",
		Examples: []string{"cmou(close, 9) > 50"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			w := window.Sum{N: a.Int(0)}
			return Build{Kernel: &cmou{w}, State: 1 + 2*w.Len(), History: 1}
		},
	}
}

type cmou struct{ sum window.Sum }

// State: 1 after the first bar, windows of gains and of losses.
func (k *cmou) Step(state []float64, in, out [][]float64) {
	x, y := in[0], out[0]
	gains, losses := state[1:1+k.sum.Len()], state[1+k.sum.Len():]
	for j := range y {
		y[j] = math.NaN()
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		d := x[j+1] - x[j]
		up, down := k.sum.Push(gains, max(d, 0)), k.sum.Push(losses, max(-d, 0))
		switch sum := up + down; {
		case sum > 0:
			y[j] = 100 * (up - down) / sum
		case sum == 0:
			y[j] = 0
		}
	}
}
