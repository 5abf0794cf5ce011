package incremental

import (
	"math"

	"streamd/incremental/window"
)

// acRow is Bill Williams' accelerator.
func acRow() *Row {
	return &Row{
		Name: "ac", Title: "Accelerator Oscillator", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{High, Low}, Outputs: real1,
		Params: []Param{
			periodNamed("fastperiod", 5, 2), periodNamed("slowperiod", 34, 2),
			periodNamed("signalperiod", 5, 2),
		},
		Doc: "The awesome oscillator less its mean over signalperiod bars: whether the driving force itself " +
			"speeds up or slows down, which turns before ao and the price do.",
		Source: "TA-Lib AC; Williams, New Trading Dimensions (1998)",
		TALib:  "AC",
		Differs: "it rounds where nearly equal numbers are subtracted: on a tape that only rises, ac(4, 127, 361) " +
			"real at bar 1494 is 3.759381234e-15, TA-Lib has -1.247002501e-12",
		Examples: []string{"ac() > 0 and ac() > ac()[1]"},
		Known:    knownAC(),
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1)) - 1 + a.Int(2) - 1 },
		Bind: func(a Args) Build {
			k := &ac{ao: newAO(a.Int(0), a.Int(1)), signal: window.NewMean(a.Int(2))}
			return Build{Kernel: k, State: k.ao.Len() + k.signal.Len()}
		},
	}
}

// knownAC are the cases in which the rounding of TA-Lib's running totals shows.
func knownAC() map[string]string {
	const why = "prices of 1e6, differences of 0.05: by exact fractions bar 95 of the defaults is " +
		"0.0466793042790446; TA-Lib is off by 5e-9 of it, this row by 4e-10"
	return map[string]string{
		"bigoffset": why,
		"bigoffset fastperiod=4 signalperiod=4 slowperiod=28": why,
		"bigoffset fastperiod=7 signalperiod=5 slowperiod=12": why,
	}
}

type ac struct {
	ao     ao
	signal window.Mean
}

// State: that of the oscillator, span of its mean.
func (k *ac) Step(state []float64, in, out [][]float64) {
	y, span := out[0], state[k.ao.Len():]
	for j := range y {
		y[j] = math.NaN()
		if v := k.ao.Push(state, in[0][j], in[1][j]); !math.IsNaN(v) {
			anchor, offset := k.signal.Split(span, v)
			y[j] = v - anchor - offset
		}
	}
}
