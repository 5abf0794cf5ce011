package incremental

import (
	"math"

	"streamd/incremental/window"
)

// htDCPeriodRow is the length of the dominant cycle.
func htDCPeriodRow() *Row {
	return &Row{
		Name: "ht_dcperiod", Title: "Hilbert Transform - Dominant Cycle Period", Group: GroupCycle,
		Inputs: []Input{Real}, Outputs: real1,
		Doc: "How many bars the dominant cycle of the price takes, 6 to 50. It serves as the period of other " +
			"indicators.",
		Source:   "TA-Lib HT_DCPERIOD; Ehlers, Rocket Science for Traders (2001), ch. 7",
		TALib:    "HT_DCPERIOD",
		Differs:  "on a tape that stands still the phase is that of rounding errors: see ht_dcphase",
		Examples: []string{"ht_dcperiod(close) < 20"},
		Lookback: func(Args) int { return 32 },
		Warmup:   hilbertWarmup,
		Bind: func(Args) Build {
			return Build{Kernel: htDCPeriod{window.Hilbert{Start: 12}}, State: 2 + window.HilbertLen}
		},
	}
}

type htDCPeriod struct{ hilbert window.Hilbert }

// State: values withheld (at most 20), smoothed period, then the discriminator's.
func (k htDCPeriod) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		y[j] = math.NaN()
		wave, ok := k.hilbert.Push(state[2:], x)
		if !ok {
			continue
		}
		state[1] = window.SmoothPeriod(state[1], wave.Period)
		if state[0] < 20 { // bars 12 to 31 are TA-Lib's warm-up
			state[0]++
			continue
		}
		y[j] = state[1]
	}
}
