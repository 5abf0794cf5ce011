package incremental

import "streamd/incremental/window"

// maLeg is one of two moving averages whose difference is wanted. It returns
// the average in two parts, see Mean.split, where that is a gain; the
// recursive averages are TA-Lib's to the last bit, in one part.
//
// State: that of the average.
type maLeg struct {
	kind MAType
	mean window.Mean
	ramp window.Weighted
	cell cell
}

func newMALeg(n int, kind MAType) maLeg {
	if n == 1 {
		kind = maSMA // any average of one bar
	}
	switch kind {
	case maSMA:
		return maLeg{kind: kind, mean: window.NewMean(n)}
	case maWMA:
		return maLeg{kind: kind, ramp: window.NewWeighted(n)}
	}
	return maLeg{kind: kind, cell: newCell(bindMA(n, kind))}
}

// Len returns the length of the leg's state.
func (k *maLeg) Len() int {
	switch k.kind {
	case maSMA:
		return k.mean.Len()
	case maWMA:
		return k.ramp.Len()
	}
	return k.cell.Len()
}

// Push takes the next value and returns the average's parts, na during the
// lookback. The headers are lent as to a cell.
func (k *maLeg) Push(state []float64, x float64, in, out [][]float64) (anchor, offset float64) {
	switch k.kind {
	case maSMA:
		return k.mean.Split(state, x)
	case maWMA:
		return k.ramp.Split(state, x)
	}
	return 0, k.cell.Push(state, x, in, out)
}

// maSpread is the difference of a fast and a slow moving average of one series.
//
// State: fast average, slow average.
type maSpread struct{ fast, slow maLeg }

// newMASpread returns the spread of two averages of the given periods, whatever
// their order.
func newMASpread(fast, slow int, kind MAType) maSpread {
	return maSpread{fast: newMALeg(min(fast, slow), kind), slow: newMALeg(max(fast, slow), kind)}
}

// Len returns the length of the spread's state.
func (k *maSpread) Len() int { return k.fast.Len() + k.slow.Len() }

// Push takes the next value and returns the difference and the slow average, na
// during the lookback. The headers are lent as to a cell.
func (k *maSpread) Push(state []float64, x float64, in, out [][]float64) (diff, slow float64) {
	fast, above := k.fast.Push(state[:k.fast.Len()], x, in, out)
	slow, below := k.slow.Push(state[k.fast.Len():], x, in, out)
	return (fast - slow) + (above - below), slow + below
}
