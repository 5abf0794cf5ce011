package incremental

import "math"

// adxRow is Wilder's trend strength.
func adxRow() *Row {
	return &Row{
		Name: "adx", Title: "Average Directional Movement Index", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "The strength of the trend, whatever its direction: dx smoothed as Wilder does. Above 25 the " +
			"market trends, below 20 it does not." + bitForBit,
		Source:   "TA-Lib ADX; Wilder, New Concepts in Technical Trading Systems (1978)",
		TALib:    "ADX",
		Examples: []string{"adx(14) > 25 and plus_di(14) > minus_di(14)"},
		Lookback: func(a Args) int { return 2*a.Int(0) - 1 },
		Warmup:   func(a Args, eps float64) int { return 2 * wilderWarmup(a, eps) },
		Bind: func(a Args) Build {
			return Build{Kernel: &adx{strength: strength{n: a.Int(0)}}, State: strengthState, History: 1}
		},
	}
}

type adx struct{ strength strength }

// State: that of strength.
func (k *adx) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j := range y {
		y[j] = k.strength.step(state, in, j)
	}
}

// strength is the directional index, smoothed. Its seed is the mean of the
// first n indices; a bar without an index counts as 0 in the seed and leaves
// the value alone later.
//
// State: that of directional, indices seen (at most n), value (the sum while seeding).
type strength struct{ n int }

const strengthState = directionalState + 2

// step takes bar j of a block whose tapes begin one bar before it, and returns
// the average index, na during the lookback.
func (k strength) step(state []float64, in [][]float64, j int) float64 {
	d := directional{n: k.n}
	if d.step(state, in[0], in[1], in[2], j) <= k.n {
		return math.NaN()
	}
	seen, value := &state[directionalState], &state[directionalState+1]
	v, ok := d.index(state)
	switch {
	case *seen < float64(k.n):
		*value += v
		if *seen++; *seen < float64(k.n) {
			return math.NaN()
		}
		*value /= float64(k.n)
	case ok:
		*value -= float64((*value - v) * (1 / float64(k.n)))
	}
	return *value
}
