package incremental

import (
	"math"

	"streamd/incremental/window"
)

// vortexRow is the pair of vortex lines.
func vortexRow() *Row {
	return &Row{
		Name: "vortex", Title: "Vortex Indicator", Group: GroupMomentum,
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 1)},
		Outputs: []Output{
			{Name: "plusvi", Aliases: []string{"plus"}},
			{Name: "minusvi", Aliases: []string{"minus"}},
		},
		Doc: "How far highs reach from the lows before (plusvi) and lows from the highs before (minusvi), each " +
			"in relation to the true range of the last timeperiod bars. The line on top shows the trend; both are 0 " +
			"in a window without range.",
		Source: "TA-Lib VORTEX; Botes and Siepman, Technical Analysis of Stocks & Commodities 28:1 (2010)",
		TALib:  "VORTEX",
		Differs: runningTotals + "on a tape with one spike, vortex(3) minusvi at bar 970 is " +
			"1.586956522, TA-Lib has 1.586956525",
		Examples: []string{"crossover(vortex(14).plusvi, vortex(14).minusvi)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			w := window.Sum{N: a.Int(0)}
			return Build{Kernel: &vortex{w}, State: 1 + 3*w.Len(), History: 1}
		},
	}
}

type vortex struct{ sum window.Sum }

// State: 1 after the first bar; windows of the upward reach, the downward reach
// and the true range.
func (k *vortex) Step(state []float64, in, out [][]float64) {
	high, low, cls, m := in[0], in[1], in[2], k.sum.Len()
	for j := range out[0] {
		plus, minus := math.NaN(), math.NaN()
		if state[0] == 0 {
			state[0] = 1
		} else {
			up := k.sum.Push(state[1:], math.Abs(high[j+1]-low[j]))
			down := k.sum.Push(state[1+m:], math.Abs(low[j+1]-high[j]))
			switch reach := k.sum.Push(state[1+2*m:], window.TrueRange(high[j+1], low[j+1], cls[j])); {
			case reach > 0:
				plus, minus = up/reach, down/reach
			case reach == 0:
				plus, minus = 0, 0
			}
		}
		out[0][j], out[1][j] = plus, minus
	}
}
