package incremental

import (
	"math"

	"streamd/incremental/window"
)

// htTrendModeRow tells a trend from a cycle.
func htTrendModeRow() *Row {
	return &Row{
		Name: "ht_trendmode", Title: "Hilbert Transform - Trend vs Cycle Mode", Group: GroupCycle,
		Range:  [2]float64{0, 1},
		Inputs: []Input{Real}, Outputs: []Output{{Name: "integer", Aliases: []string{"trend"}}},
		Doc: "1 while the price trends, 0 while it cycles. It cycles for half a period after the sine wave's lines " +
			"crossed, and while the phase turns as fast as the cycle's period says; " +
			"1.5 % away from the trend line it always trends." + bitForBit,
		Source:   "TA-Lib HT_TRENDMODE; Ehlers, Rocket Science for Traders (2001), ch. 11",
		TALib:    "HT_TRENDMODE",
		Differs:  "on a tape that stands still the phase is that of rounding errors: see ht_dcphase",
		Examples: []string{"ht_trendmode(close) == 1 and close > ema(close, 50)"},
		Lookback: func(Args) int { return 63 },
		Warmup:   hilbertWarmup,
		Bind: func(Args) Build {
			return Build{
				Kernel: htTrendMode{window.NewHilbertCycle()}, State: trendLen + window.CycleLen,
				History: window.CycleMax - 1,
			}
		},
	}
}

type htTrendMode struct{ cycle window.HilbertCycle }

// Offsets in the state: values withheld (at most 26), bars since the lines
// crossed, phase, sine and lead of the bar before, the last three means over a
// period (newest first), then the cycle's.
const (
	trendWithheld = iota
	trendDays
	trendPhase
	trendSine
	trendLead
	trendMeans
	trendLen = trendMeans + 3
)

func (k htTrendMode) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j := range y {
		y[j] = math.NaN()
		last := in[0][j : j+window.CycleMax]
		now, ok := k.cycle.Push(state[trendLen:], last[window.CycleMax-1])
		if !ok {
			continue
		}
		trends := k.trends(state[:trendLen], now, last)
		if state[trendWithheld] < cycleWithheld {
			state[trendWithheld]++
			continue
		}
		y[j] = truth(trends)
	}
}

// trends applies the four rules to the newest bar; last are the prices up to it.
func (k htTrendMode) trends(state []float64, now window.CycleState, last []float64) bool {
	line := trendLine(state[trendMeans:], last, window.WholePeriod(now.Period))
	lastSine, lastLead, lastPhase := state[trendSine], state[trendLead], state[trendPhase]
	sine, lead := phaseSines(now.Phase)
	state[trendSine], state[trendLead], state[trendPhase] = sine, lead, now.Phase

	trends := true
	if sine > lead && lastSine <= lastLead || sine < lead && lastSine >= lastLead {
		state[trendDays] = 0
		trends = false
	}
	state[trendDays]++
	if state[trendDays] < 0.5*now.Period {
		trends = false
	}
	// A cycle turns by 360 degrees in a period; two thirds to three halves of
	// that still count as one.
	if turned := now.Phase - lastPhase; turned > 0.67*360/now.Period && turned < 1.5*360/now.Period {
		trends = false
	}
	if line != 0 && math.Abs((now.Smooth-line)/line) >= 0.015 {
		trends = true
	}
	return trends
}

// trendLine takes the mean of the last whole period, which holds no cycle, and
// returns it smoothed with the weights 4-3-2-1.
func trendLine(means, last []float64, period int) float64 {
	mean := 0.0
	for i := range period {
		mean += last[len(last)-1-i]
	}
	if period > 0 {
		mean /= float64(period)
	}
	line := (math.FMA(2, means[1], math.FMA(4, mean, float64(3*means[0]))) + means[2]) / 10
	window.Shift(means, mean)
	return line
}
