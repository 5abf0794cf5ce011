package incremental

import (
	"math"

	"streamd/incremental/window"
)

// betaRow is the slope of one series' returns on another's.
func betaRow() *Row {
	return &Row{
		Name: "beta", Title: "Beta", Group: GroupStatistic,
		Scale:  ofConstant(1),
		Inputs: []Input{Real, Real}, Params: []Param{period(5, 1)}, Outputs: real1,
		Doc: "By how much the second series moves, in percent, when the first (the market) moves by one: the slope " +
			"of its one-bar returns on the first's over the last timeperiod returns. " +
			"0 where the first's return is constant; a return from a price of 0 counts as 0.",
		Source: "TA-Lib BETA",
		TALib:  "BETA",
		Differs: runningTotals + "on a tape with flat stretches, beta(low, close, 99) real at bar 793 " +
			"is 0, TA-Lib has -1.184837428e-11",
		Tolerance: 1e-6,
		Examples:  []string{"beta(high, low, 20) > 1.2"},
		Lookback:  func(a Args) int { return a.Int(0) },
		Bind:      func(a Args) Build { return bindBeta(a.Int(0)) },
	}
}

func bindBeta(n int) Build {
	k := beta{window.Pair{N: n}}
	return Build{Kernel: k, State: 1 + k.Len(), History: 1}
}

type beta struct{ window.Pair }

// State: bars seen (at most 1), then the window's.
func (k beta) Step(state []float64, in, out [][]float64) {
	b := out[0]
	x, y := in[0], in[1]
	for j := range b {
		b[j] = math.NaN()
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		sums, ok := k.Push(state[1:], change(x[j], x[j+1]), change(y[j], y[j+1]))
		if !ok {
			continue
		}
		xx, _, xy := sums.Spread(k.N)
		b[j] = 0
		if xx > 0 {
			b[j] = xy / xx
		}
	}
}

// change returns the return from one price to the next, 0 where the first is 0.
func change(from, to float64) float64 {
	if from == 0 {
		return 0
	}
	return (to - from) / from
}
