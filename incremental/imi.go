package incremental

import "streamd/incremental/window"

// imiRow is the RSI of the bars' own bodies.
func imiRow() *Row {
	return &Row{
		Name: "imi", Title: "Intraday Momentum Index", Group: GroupMomentum,
		Scale:  ofRatio(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{Open, Close}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "The share of rising bodies (close above open) in all bodies of the last timeperiod bars, from 0 " +
			"to 100; 50 where every bar closed at its open. Above 70 is overbought, below 30 oversold.",
		Source:   "TA-Lib IMI; Chande and Kroll, The New Technical Trader (1994)",
		TALib:    "IMI",
		Examples: []string{"imi(14) < 30"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := window.Sum{N: a.Int(0)}
			return Build{Kernel: &imi{w}, State: 2 * w.Len()}
		},
	}
}

type imi struct{ sum window.Sum }

// State: windows of rising and of falling bodies.
func (k *imi) Step(state []float64, in, out [][]float64) {
	open, cls, y := in[0], in[1], out[0]
	rising, falling := state[:k.sum.Len()], state[k.sum.Len():]
	for j := range y {
		d := cls[j] - open[j]
		up, down := k.sum.Push(rising, max(d, 0)), k.sum.Push(falling, max(-d, 0))
		y[j] = 50
		if up+down != 0 {
			y[j] = 100 * (up / (up + down))
		}
	}
}
