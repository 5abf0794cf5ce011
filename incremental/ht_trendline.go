package incremental

import (
	"math"

	"streamd/incremental/window"
)

// htTrendlineRow is Ehlers' instantaneous trend line.
func htTrendlineRow() *Row {
	return &Row{
		Name: "ht_trendline", Title: "Hilbert Transform - Instantaneous Trendline", Group: GroupOverlap,
		Inputs: []Input{Real}, Outputs: real1,
		Doc: "The mean over the period of the dominant cycle, lightly smoothed: what is left of the price when " +
			"its cycle is averaged out.",
		Source:   "TA-Lib HT_TRENDLINE; Ehlers, Rocket Science for Traders (2001), chapter 10",
		TALib:    "HT_TRENDLINE",
		Differs:  "on a tape that stands still the phase is that of rounding errors: see ht_dcphase",
		Examples: []string{"close > ht_trendline(close)"},
		Lookback: func(Args) int { return 63 },
		Warmup:   hilbertWarmup,
		Bind: func(Args) Build {
			return Build{
				Kernel: htTrendline{window.Hilbert{Start: 37}}, State: 5 + window.HilbertLen,
				History: window.CycleMax - 1,
			}
		},
	}
}

type htTrendline struct{ hilbert window.Hilbert }

// State: values withheld (at most 26), smoothed period, the last three means
// (newest first), then the discriminator's.
func (k htTrendline) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j := range y {
		y[j] = math.NaN()
		last := in[0][j : j+window.CycleMax]
		wave, ok := k.hilbert.Push(state[5:], last[window.CycleMax-1])
		if !ok {
			continue
		}
		state[1] = window.SmoothPeriod(state[1], wave.Period)
		line := trendLine(state[2:5], last, window.WholePeriod(state[1]))
		if state[0] < cycleWithheld {
			state[0]++
			continue
		}
		y[j] = line
	}
}
