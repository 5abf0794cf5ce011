package incremental

import (
	"math"

	"streamd/incremental/window"
)

// adxrRow is the trend strength's mean with its own past.
func adxrRow() *Row {
	return &Row{
		Name: "adxr", Title: "Average Directional Movement Index Rating", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "The mean of adx and its value timeperiod-1 bars ago: slower, for rating markets against each other." +
			bitForBit,
		Source:   "TA-Lib ADXR; Wilder, New Concepts in Technical Trading Systems (1978)",
		TALib:    "ADXR",
		Examples: []string{"adxr(14) > 25"},
		Lookback: func(a Args) int { return 3*a.Int(0) - 2 },
		Warmup:   func(a Args, eps float64) int { return 2 * wilderWarmup(a, eps) },
		Bind: func(a Args) Build {
			past := window.NewDelay(a.Int(0) - 1)
			return Build{
				Kernel:  &adxr{strength: strength{n: a.Int(0)}, past: past},
				State:   strengthState + 1 + past.Len(),
				History: 1,
			}
		},
	}
}

type adxr struct {
	strength strength
	past     window.Delay
}

// State: that of strength, strengths seen (at most those of the delay), delay line.
func (k *adxr) Step(state []float64, in, out [][]float64) {
	y, seen, line := out[0], &state[strengthState], state[strengthState+1:]
	for j := range y {
		y[j] = math.NaN()
		v := k.strength.step(state, in, j)
		if math.IsNaN(v) {
			continue
		}
		old := k.past.Push(line, v)
		if *seen == float64(k.past.N) {
			y[j] = (v + old) / 2
		} else {
			*seen++
		}
	}
}
