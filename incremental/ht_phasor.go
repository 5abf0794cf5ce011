package incremental

import (
	"math"

	"streamd/incremental/window"
)

// htPhasorRow is the price as a rotating arrow.
func htPhasorRow() *Row {
	return &Row{
		Name: "ht_phasor", Title: "Hilbert Transform - Phasor Components", Group: GroupCycle,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Outputs: []Output{{Name: "inphase"}, {Name: "quadrature"}},
		Doc: "The detrended price as an arrow that turns once per cycle: the part in phase with it and the part " +
			"a quarter cycle away.",
		Source:   "TA-Lib HT_PHASOR; Ehlers, Rocket Science for Traders (2001), ch. 6",
		TALib:    "HT_PHASOR",
		Differs:  "on a tape that stands still the phase is that of rounding errors: see ht_dcphase",
		Examples: []string{"crossover(ht_phasor(close).inphase, ht_phasor(close).quadrature)"},
		Lookback: func(Args) int { return 32 },
		Warmup:   hilbertWarmup,
		Bind: func(Args) Build {
			return Build{Kernel: htPhasor{window.Hilbert{Start: 12}}, State: 1 + window.HilbertLen}
		},
	}
}

type htPhasor struct{ hilbert window.Hilbert }

// State: values withheld (at most 20), then the discriminator's.
func (k htPhasor) Step(state []float64, in, out [][]float64) {
	inPhase, quadrature := out[0], out[1]
	for j, x := range in[0][:len(inPhase)] {
		inPhase[j], quadrature[j] = math.NaN(), math.NaN()
		wave, ok := k.hilbert.Push(state[1:], x)
		if !ok {
			continue
		}
		if state[0] < 20 { // bars 12 to 31 are TA-Lib's warm-up
			state[0]++
			continue
		}
		inPhase[j], quadrature[j] = wave.InPhase, wave.Quadrature
	}
}
