package incremental

import (
	"math"

	"streamd/incremental/window"
)

// htDCPhaseRow is where in its cycle the price is.
func htDCPhaseRow() *Row {
	return &Row{
		Name: "ht_dcphase", Title: "Hilbert Transform - Dominant Cycle Phase", Group: GroupCycle,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Outputs: real1,
		Doc: "Where in its dominant cycle the price is, in degrees from -45 to 315: 90 at the top, 270 at the " +
			"bottom. In a trend it stands nearly still.",
		Source: "TA-Lib HT_DCPHASE; Ehlers, Rocket Science for Traders (2001), ch. 9",
		TALib:  "HT_DCPHASE",
		Differs: "it rounds where nearly equal numbers are subtracted: on a tape with flat stretches, " +
			"ht_dcphase(close) real at bar 900 is 192.4042982, TA-Lib has 191.0484383",
		Examples: []string{"crossover(ht_dcphase(close), 270)"},
		Lookback: func(Args) int { return 63 },
		Warmup:   hilbertWarmup,
		Bind: func(Args) Build {
			return Build{Kernel: htDCPhase{window.NewHilbertCycle()}, State: 1 + window.CycleLen}
		},
	}
}

type htDCPhase struct{ cycle window.HilbertCycle }

// State: values withheld (at most 26), then the cycle's.
func (k htDCPhase) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		y[j] = math.NaN()
		now, ok := k.cycle.Push(state[1:], x)
		if !ok {
			continue
		}
		if state[0] < cycleWithheld {
			state[0]++
			continue
		}
		y[j] = now.Phase
	}
}

// cycleWithheld is the number of bars, 37 to 62, that TA-Lib lets the phase
// settle before it shows anything.
const cycleWithheld = 26
