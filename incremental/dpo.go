package incremental

import (
	"math"

	"streamd/incremental/window"
)

// dpoRow is the price against the mean of the cycle around it.
func dpoRow() *Row {
	return &Row{
		Name: "dpo", Title: "Detrended Price Oscillator", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Params: []Param{period(20, 2)}, Outputs: real1,
		Doc: "The value timeperiod/2+1 bars ago less the mean of the last timeperiod values, so that the mean is " +
			"centred on the value: " +
			"it takes the trend away to show cycles up to that length. It says nothing of the newest bar and looks " +
			"at no future one.",
		Source: "TA-Lib DPO",
		TALib:  "DPO",
		Differs: runningTotals + "on a tape that changes its level, dpo(close, 395) real at bar 1425 is " +
			"0.3935949367, TA-Lib has 0.3935949371",
		Examples: []string{"crossover(dpo(close, 20), 0)"},
		Known:    knownDPO(),
		Lookback: func(a Args) int { return max(a.Int(0)-1, a.Int(0)/2+1) },
		Bind: func(a Args) Build {
			k := &dpo{back: a.Int(0)/2 + 1, mean: window.NewMean(a.Int(0))}
			return Build{Kernel: k, State: 1 + k.mean.Len(), History: k.back}
		},
	}
}

// knownDPO are the cases in which the rounding of TA-Lib's running totals shows.
func knownDPO() map[string]string {
	const why = "prices of 1e6, differences of 0.1: by exact fractions bar 363 of the defaults is " +
		"-0.11744831390678882; TA-Lib is off by 2.4e-9 of it, this row by 4e-10"
	return map[string]string{
		"bigoffset":               why,
		"bigoffset timeperiod=37": why,
		"bigoffset timeperiod=44": why,
	}
}

type dpo struct {
	back int // bars from the value to the newest
	mean window.Mean
}

// State: bars seen (at most back), window of the mean.
func (k *dpo) Step(state []float64, in, out [][]float64) {
	past, x, y := in[0], in[0][k.back:], out[0]
	for j := range y {
		anchor, offset := k.mean.Split(state[1:], x[j])
		if state[0] < float64(k.back) {
			state[0]++
			anchor = math.NaN()
		}
		y[j] = past[j] - anchor - offset
	}
}
