package incremental

import "streamd/incremental/window"

// cmfRow is the accumulation and distribution of a window.
func cmfRow() *Row {
	return &Row{
		Name: "cmf", Title: "Chaikin Money Flow", Group: GroupVolume,
		Scale:  ofRatio(1),
		Range:  [2]float64{-1, 1},
		Inputs: []Input{High, Low, Close, Volume}, Params: []Param{period(20, 2)}, Outputs: real1,
		Doc: "The volume of the last timeperiod bars, each bar's weighed by where it closed within its range, " +
			"as a share of all their volume: from -1 (all sold at the lows) to 1. It is 0 in a window without volume.",
		Source: "TA-Lib CMF",
		TALib:  "CMF",
		Differs: runningTotals + "on SPY of us-minute, cmf(2) real at bar 1308 is 0, TA-Lib has " +
			"2.310116543e-12",
		Examples: []string{"cmf(20) > 0.1", "crossunder(cmf(20), 0)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := window.Sum{N: a.Int(0)}
			return Build{Kernel: &cmf{w}, State: 2 * w.Len()}
		},
	}
}

type cmf struct{ sum window.Sum }

// State: windows of the weighed volume and of the volume.
func (k *cmf) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j := range y {
		flow := k.sum.Push(state, flowVolume(in, j))
		volume := k.sum.Push(state[k.sum.Len():], in[3][j])
		y[j] = 0
		if volume != 0 {
			y[j] = flow / volume
		}
	}
}
