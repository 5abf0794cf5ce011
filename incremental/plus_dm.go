package incremental

import "math"

// plusDMRow is Wilder's upward directional movement.
func plusDMRow() *Row {
	return movementRow("plus_dm", "Plus Directional Movement", "PLUS_DM", false,
		"How far the highs have lately pushed above the bars before, as Wilder's running total over timeperiod bars, "+
			"in the units of the price. A bar counts only on the side on which it reached further out.",
		"plus_dm(14) > minus_dm(14)")
}

// minusDMRow is Wilder's downward directional movement.
func minusDMRow() *Row {
	return movementRow("minus_dm", "Minus Directional Movement", "MINUS_DM", true,
		"How far the lows have lately pushed below the bars before, as Wilder's running total over timeperiod bars, "+
			"in the units of the price. A bar counts only on the side on which it reached further out.",
		"crossover(minus_dm(14), plus_dm(14))")
}

func movementRow(name, title, talib string, down bool, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupMomentum,
		Inputs: []Input{High, Low}, Params: []Param{period(14, 1)}, Outputs: real1,
		Scale:    ofInput(0),
		Doc:      doc + bitForBit,
		Source:   "TA-Lib " + talib + "; Wilder, New Concepts in Technical Trading Systems (1978)",
		TALib:    talib,
		Examples: []string{example},
		Lookback: func(a Args) int { return max(a.Int(0)-1, 1) },
		Warmup:   wilderWarmup,
		Bind: func(a Args) Build {
			return Build{Kernel: &movementTotal{n: a.Int(0), down: down}, State: directionalState, History: 1}
		},
	}
}

// wilderWarmup is the warm-up of a total or mean that keeps 1-1/n of itself.
func wilderWarmup(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) }

type movementTotal struct {
	n    int
	down bool
}

// State: that of directional.
func (k *movementTotal) Step(state []float64, in, out [][]float64) {
	y, d, side := out[0], directional{n: k.n}, 1
	if k.down {
		side = 2
	}
	for j := range y {
		y[j] = math.NaN()
		if d.step(state, in[0], in[1], nil, j) >= max(k.n, 2) {
			y[j] = state[side]
		}
	}
}
