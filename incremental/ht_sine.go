package incremental

import (
	"math"

	"streamd/incremental/window"
)

// htSineRow is Ehlers' sine wave indicator.
func htSineRow() *Row {
	return &Row{
		Name: "ht_sine", Title: "Hilbert Transform - SineWave", Group: GroupCycle,
		Scale:  ofConstant(1),
		Range:  [2]float64{-1, 1},
		Inputs: []Input{Real}, Outputs: []Output{{Name: "sine"}, {Name: "leadsine", Aliases: []string{"lead"}}},
		Doc: "The sine of the dominant cycle's phase, and the same 45 degrees ahead. They cross before the " +
			"cycle turns; in a trend they run side by side.",
		Source: "TA-Lib HT_SINE; Ehlers, Rocket Science for Traders (2001), ch. 9",
		TALib:  "HT_SINE",
		Differs: "it rounds where nearly equal numbers are subtracted: on a tape with flat stretches, " +
			"ht_sine(close) sine at bar 342 is -0.1702067541, TA-Lib has -0.156912909",
		Examples: []string{"crossover(ht_sine(close).leadsine, ht_sine(close).sine)"},
		Lookback: func(Args) int { return 63 },
		Warmup:   hilbertWarmup,
		Bind: func(Args) Build {
			return Build{
				Kernel: htSine{window.NewHilbertCycle()},
				State:  1 + window.CycleLen,
			}
		},
	}
}

type htSine struct{ cycle window.HilbertCycle }

// State: values withheld (at most 26), then the cycle's.
func (k htSine) Step(state []float64, in, out [][]float64) {
	sine, lead := out[0], out[1]
	for j, x := range in[0][:len(sine)] {
		sine[j], lead[j] = math.NaN(), math.NaN()
		now, ok := k.cycle.Push(state[1:], x)
		if !ok {
			continue
		}
		if state[0] < cycleWithheld {
			state[0]++
			continue
		}
		sine[j], lead[j] = phaseSines(now.Phase)
	}
}

// phaseSines returns the sine of an angle in degrees, and that of 45 further.
func phaseSines(phase float64) (sine, lead float64) {
	return math.Sin(phase / window.Degrees), math.Sin((phase + 45) / window.Degrees)
}
