package incremental

import "math"

// plusDIRow is upward directional movement in relation to the true range.
func plusDIRow() *Row {
	return indicatorRow("plus_di", "Plus Directional Indicator", "PLUS_DI", false,
		"Upward directional movement as a percentage of the true range, both smoothed as Wilder does. Buyers rule "+
			"while it is above minus_di. With a period of 1 it is a fraction, as in TA-Lib.",
		"crossover(plus_di(14), minus_di(14))")
}

// minusDIRow is downward directional movement in relation to the true range.
func minusDIRow() *Row {
	return indicatorRow("minus_di", "Minus Directional Indicator", "MINUS_DI", true,
		"Downward directional movement as a percentage of the true range, both smoothed as Wilder does. Sellers rule "+
			"while it is above plus_di. With a period of 1 it is a fraction, as in TA-Lib.",
		"minus_di(14) > plus_di(14) and adx(14) > 25")
}

func indicatorRow(name, title, talib string, down bool, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupMomentum,
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 1)}, Outputs: real1,
		Scale:    ofConstant(100),
		Range:    [2]float64{0, 100},
		Doc:      doc + bitForBit,
		Source:   "TA-Lib " + talib + "; Wilder, New Concepts in Technical Trading Systems (1978)",
		TALib:    talib,
		Examples: []string{example},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   wilderWarmup,
		Bind: func(a Args) Build {
			return Build{Kernel: &movementShare{n: a.Int(0), down: down}, State: directionalState, History: 1}
		},
	}
}

type movementShare struct {
	n    int
	down bool
}

// State: that of directional.
func (k *movementShare) Step(state []float64, in, out [][]float64) {
	y, d, side, scale := out[0], directional{n: k.n}, 1, 100.0
	if k.down {
		side = 2
	}
	if k.n == 1 {
		scale = 1
	}
	for j := range y {
		y[j] = math.NaN()
		if d.step(state, in[0], in[1], in[2], j) > k.n {
			y[j] = 0
			if state[3] > 0 {
				y[j] = scale * (state[side] / state[3])
			}
		}
	}
}
