package incremental

import (
	"math"

	"streamd/incremental/window"
)

// vwmaRow is the mean weighted by volume.
func vwmaRow() *Row {
	return &Row{
		Name: "vwma", Title: "Volume Weighted Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real, Volume}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "The mean of the last timeperiod values, each weighted by its bar's volume. It is na while the " +
			"whole window has no volume; a timeperiod of 1 is the input itself.",
		Source:  "TA-Lib VWMA",
		TALib:   "VWMA",
		Differs: runningTotals + "see wma",
		Known: map[string]string{
			"flats":               noVolume,
			"flats timeperiod=13": noVolume,
		},
		Sparse:   true,
		Examples: []string{"close > vwma(close, 20)", "vwma(close, 20) > sma(close, 20)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			if n == 1 {
				return Build{Kernel: copyKernel{}}
			}
			return Build{Kernel: vwma{n}, State: 4 + 2*n}
		},
	}
}

const noVolume = "in a window without volume TA-Lib divides what its running totals have kept of earlier prices by " +
	"0, and is infinite"

// vwma sums distances from an anchor, as Mean does.
// State: position, anchor, prefix of distance*volume, prefix of volume, slots of
// both.
type vwma struct{ n int }

func (k vwma) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0] {
		y[j] = k.Push(state, x, in[1][j])
	}
}

func (k vwma) Push(state []float64, x, volume float64) float64 {
	slot, volumes := state[4:4+k.n], state[4+k.n:4+2*k.n]
	at := int(state[0]) - k.n
	if at < 0 || at == k.n-1 {
		return k.turn(state, slot, volumes, x, volume)
	}
	moved, weight := state[2]+float64((x-state[1])*volume), state[3]+volume
	mean := state[1] + (slot[at]+moved)/(volumes[at]+weight)
	slot[at], volumes[at] = x, volume
	state[0], state[2], state[3] = float64(k.n+at+1), moved, weight
	return mean
}

func (k vwma) turn(state, slot, volumes []float64, x, volume float64) float64 {
	m := int(state[0])
	if m < k.n-1 {
		slot[m], volumes[m] = x, volume
		state[0] = float64(m + 1)
		return math.NaN()
	}
	slot[k.n-1], volumes[k.n-1] = x, volume
	state[0], state[1], state[2], state[3] = float64(k.n), x, 0, 0
	for i, v := range slot {
		slot[i] = (v - x) * volumes[i]
	}
	return x + window.SuffixSums(slot)/window.SuffixSums(volumes)
}
