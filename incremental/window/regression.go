package window

import "math"

// Regression is the least-squares line through the last n values: its
// height at the window's middle, which is the mean, and its slope per bar. It
// sums distances from an anchor as Weighted does, plain and weighted 1
// (oldest) to n (newest).
// State: position, anchor, prefix of d, prefix of (i+1)*d, slots of plain sums,
// slots of weighted sums.
type Regression struct {
	n    int
	rcpN float64
	Mid  float64 // half the distance between the window's ends
	unit float64 // 1 / sum of squared distances from the middle, in bars
}

// NewRegression returns the line through the last n values.
func NewRegression(n int) Regression {
	f := float64(n)
	return Regression{n: n, rcpN: 1 / f, Mid: (f - 1) / 2, unit: 12 / (f * (f - 1) * (f + 1))}
}

// Len returns how many numbers of the state it takes.
func (w Regression) Len() int { return 4 + 2*w.n }

// Push takes the next value and returns the line, na during the lookback.
func (w Regression) Push(state []float64, x float64) (mean, slope float64) {
	plains, ramps := state[4:4+w.n], state[4+w.n:4+2*w.n]
	k := int(state[0]) - w.n
	if k < 0 || k == w.n-1 {
		return w.turn(state, plains, ramps, x)
	}
	anchor := state[1]
	d := x - anchor
	prefix := state[2] + d
	ramp := state[3] + float64(d*float64(k+1))
	mean, slope = w.line(anchor, plains[k]+prefix, ramps[k]+float64(prefix*float64(w.n-k-1))+ramp)
	plains[k] = x
	state[0], state[2], state[3] = float64(w.n+k+1), prefix, ramp
	return mean, slope
}

func (w Regression) turn(state, plains, ramps []float64, x float64) (mean, slope float64) {
	if m := int(state[0]); m < w.n-1 {
		plains[m] = x
		state[0] = float64(m + 1)
		return math.NaN(), math.NaN()
	}
	state[0], state[1], state[2], state[3] = float64(w.n), x, 0, 0
	plains[w.n-1] = x
	plain, ramp := 0.0, 0.0
	for i := w.n - 1; i >= 0; i-- {
		d := plains[i] - x
		plains[i], ramps[i] = plain, ramp
		plain += d
		ramp += plain
	}
	return w.line(x, plain, ramp)
}

// line returns the line from the sums of the distances, plain and weighted.
func (w Regression) line(anchor, plain, ramp float64) (mean, slope float64) {
	return anchor + float64(plain*w.rcpN), (ramp - float64(plain*(w.Mid+1))) * w.unit
}
