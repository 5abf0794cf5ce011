package incremental

// maLeg is one of two moving averages whose difference is wanted. It returns
// the average in two parts, see meanWindow.split, where that is a gain; the
// recursive averages are TA-Lib's to the last bit, in one part.
//
// State: that of the average.
type maLeg struct {
	kind MAType
	mean meanWindow
	ramp weightedWindow
	cell cell
}

func newMALeg(n int, kind MAType) maLeg {
	if n == 1 {
		kind = maSMA // any average of one bar
	}
	switch kind {
	case maSMA:
		return maLeg{kind: kind, mean: newMeanWindow(n)}
	case maWMA:
		return maLeg{kind: kind, ramp: newWeightedWindow(n)}
	}
	return maLeg{kind: kind, cell: newCell(bindMA(n, kind))}
}

// len returns the length of the leg's state.
func (k *maLeg) len() int {
	switch k.kind {
	case maSMA:
		return k.mean.len()
	case maWMA:
		return k.ramp.len()
	}
	return k.cell.len()
}

// push takes the next value and returns the average's parts, na during the
// lookback. The headers are lent as to a cell.
func (k *maLeg) push(state []float64, x float64, in, out [][]float64) (anchor, offset float64) {
	switch k.kind {
	case maSMA:
		return k.mean.split(state, x)
	case maWMA:
		return k.ramp.split(state, x)
	}
	return 0, k.cell.push(state, x, in, out)
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

// len returns the length of the spread's state.
func (k *maSpread) len() int { return k.fast.len() + k.slow.len() }

// push takes the next value and returns the difference and the slow average, na
// during the lookback. The headers are lent as to a cell.
func (k *maSpread) push(state []float64, x float64, in, out [][]float64) (diff, slow float64) {
	fast, above := k.fast.push(state[:k.fast.len()], x, in, out)
	slow, below := k.slow.push(state[k.fast.len():], x, in, out)
	return (fast - slow) + (above - below), slow + below
}
