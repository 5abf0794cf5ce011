package incremental

import (
	"math"

	"streamd/incremental/window"
)

// rvolRow is the volume in relation to the usual.
func rvolRow() *Row {
	return &Row{
		Name: "rvol", Title: "Relative Volume", Group: GroupVolume,
		Inputs: []Input{Volume}, Params: []Param{period(20, 1)}, Outputs: real1,
		Doc: "The volume divided by the mean of the timeperiod bars before, the bar itself left out: 2 is twice " +
			"the usual. Where those had no volume there is no value (infinite if this bar has some, as in TA-Lib).",
		Source:   "TA-Lib RVOL",
		TALib:    "RVOL",
		Examples: []string{"rvol(20) > 3"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			w := window.NewMean(a.Int(0))
			return Build{Kernel: &rvol{w}, State: 2 + w.Len()}
		},
	}
}

type rvol struct{ before window.Mean }

// State: 1 after the first bar; mean of the bars before the next one, na until
// there are enough of them; window of that mean.
func (k *rvol) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, v := range in[0] {
		y[j] = math.NaN()
		if state[0] == 1 {
			y[j] = v / state[1]
		}
		state[0], state[1] = 1, k.before.Push(state[2:], v)
	}
}
