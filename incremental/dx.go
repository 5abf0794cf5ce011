package incremental

import "math"

// dxRow is the imbalance of directional movement.
func dxRow() *Row {
	return &Row{
		Name: "dx", Title: "Directional Movement Index", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "The difference of plus_di and minus_di in relation to their sum, from 0 (no direction) to 100. It " +
			"keeps its value while nothing moves. Mostly read smoothed, as adx." + bitForBit,
		Source:   "TA-Lib DX; Wilder, New Concepts in Technical Trading Systems (1978)",
		TALib:    "DX",
		Examples: []string{"dx(14) > 40"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   wilderWarmup,
		Bind: func(a Args) Build {
			return Build{Kernel: &dx{n: a.Int(0)}, State: directionalState + 1, History: 1}
		},
	}
}

type dx struct{ n int }

// State: that of directional, newest index.
func (k *dx) Step(state []float64, in, out [][]float64) {
	y, d := out[0], directional{n: k.n}
	for j := range y {
		y[j] = math.NaN()
		if d.step(state, in[0], in[1], in[2], j) > k.n {
			if v, ok := d.index(state); ok {
				state[directionalState] = v
			}
			y[j] = state[directionalState]
		}
	}
}
