package incremental

import (
	"math"

	"streamd/incremental/window"
)

// vhfRow is White's trend filter.
func vhfRow() *Row {
	return &Row{
		Name: "vhf", Title: "Vertical Horizontal Filter", Group: GroupMomentum,
		Inputs: []Input{Real}, Params: []Param{period(28, 2)}, Outputs: real1,
		Doc: "The range of the last timeperiod values as a share of the path walked, the step into the window " +
			"included: high while the market trends, low while it goes sideways. It is 0 where nothing moved.",
		Source:   "TA-Lib VHF; White, Futures 20:9 (1991)",
		TALib:    "VHF",
		Examples: []string{"vhf(close, 28) > 0.4 and close > close[28]"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			k := &vhf{channel: channel{a.Int(0)}, path: window.Sum{N: a.Int(0)}}
			return Build{Kernel: k, State: 1 + k.channel.Len() + k.path.Len(), History: 1}
		},
	}
}

type vhf struct {
	channel channel
	path    window.Sum
}

// State: 1 after the first bar, channel of the values, window of absolute changes.
func (k *vhf) Step(state []float64, in, out [][]float64) {
	x, y, path := in[0], out[0], state[1+k.channel.Len():]
	for j := range y {
		v := x[j+1]
		high, low := k.channel.Push(state[1:], v, v)
		y[j] = math.NaN()
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		switch walked := k.path.Push(path, math.Abs(v-x[j])); {
		case walked > 0:
			y[j] = (high - low) / walked
		case walked == 0:
			y[j] = 0
		}
	}
}
