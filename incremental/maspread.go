package incremental

// maSpread is the difference of a fast and a slow moving average of one series.
// Averages that are windows take the values from the run's first, which changes
// nothing but the size of the numbers: their difference keeps its digits where
// prices are large. The recursive ones are TA-Lib's to the last bit without.
//
// State: 1 after the first value, the value from which the others are taken,
// fast average, slow average.
type maSpread struct {
	fast, slow cell
	shifted    bool
}

// newMASpread returns the spread of two averages of the given periods, whatever
// their order.
func newMASpread(fast, slow int, kind MAType) maSpread {
	return maSpread{
		fast:    newCell(bindMA(min(fast, slow), kind)),
		slow:    newCell(bindMA(max(fast, slow), kind)),
		shifted: windowed(kind),
	}
}

// len returns the length of the spread's state.
func (k *maSpread) len() int { return 2 + k.fast.len() + k.slow.len() }

// push takes the next value and returns the difference and the slow average, na
// during the lookback. The headers are lent as to a cell.
func (k *maSpread) push(state []float64, x float64, in, out [][]float64) (diff, slow float64) {
	if state[0] == 0 && k.shifted {
		state[0], state[1] = 1, x
	}
	x -= state[1]
	fast := k.fast.push(state[2:2+k.fast.len()], x, in, out)
	slow = k.slow.push(state[2+k.fast.len():], x, in, out)
	return fast - slow, slow + state[1]
}

// windowed reports that a moving average is a weighted mean of its window.
func windowed(kind MAType) bool { return kind == maSMA || kind == maWMA || kind == maTRIMA }
