package window

import "math"

// Spread is the mean and the population variance of the last n values,
// from the sums of their distances to an anchor and of the squares. The anchor
// is one of the window's own values, so the variance is at least 1/(n+1) of the
// mean square it is taken from: the cancellation that makes the textbook sum of
// squares useless cannot happen.
// State: position, anchor, prefix of d, prefix of d*d, slots, slots of squares.
type Spread struct {
	n    int
	rcpN float64
}

// NewSpread returns the mean and variance of the last n values.
func NewSpread(n int) Spread { return Spread{n: n, rcpN: 1 / float64(n)} }

// Len returns how many numbers of the state it takes.
func (w Spread) Len() int { return 4 + 2*w.n }

// Push takes the next value and returns mean and variance, na during the
// lookback.
func (w Spread) Push(state []float64, x float64) (mean, variance float64) {
	slot, square := state[4:4+w.n], state[4+w.n:4+2*w.n]
	position := state[0]
	k := int(position) - w.n
	if uint(k) >= uint(w.n-1) {
		return w.turn(state, slot, square, x)
	}
	d := x - state[1]
	s1, s2 := state[2]+d, state[3]+float64(d*d)
	mean, variance = w.moments(state[1], slot[k]+s1, square[k]+s2)
	slot[k] = x
	state[0], state[2], state[3] = position+1, s1, s2
	return mean, variance
}

// moments returns mean and variance from the sums of the distances and of their
// squares.
func (w Spread) moments(anchor, s1, s2 float64) (mean, variance float64) {
	m := s1 * w.rcpN
	v := float64(s2*w.rcpN) - float64(m*m)
	if v < 0 {
		v = 0
	}
	return anchor + m, v
}

// turn takes the value while the first chunk fills, and the last one of any.
func (w Spread) turn(state, slot, square []float64, x float64) (mean, variance float64) {
	if m := int(state[0]); m < w.n-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN(), math.NaN()
	}
	state[0], state[1], state[2], state[3] = float64(w.n), x, 0, 0
	slot[w.n-1] = x
	s1, s2 := 0.0, 0.0
	square = square[:len(slot)]
	for i := len(slot) - 1; i >= 0; i-- {
		d := slot[i] - x
		slot[i], square[i] = s1, s2
		s1 += d
		s2 += float64(d * d)
	}
	return w.moments(x, s1, s2)
}

// Block is push over a block, run as Mean.block does, with the square root
// of the variance: that takes its time, which the sums have a use for.
func (w Spread) Block(state, x, means, deviations []float64) {
	n := w.n
	slot, square := state[4:4+n], state[4+n:4+2*n]
	for len(x) > 0 {
		at, done := int(state[0])-n, 1
		switch {
		case uint(at) >= uint(n-1):
			mean, v := w.turn(state, slot, square, x[0])
			means[0], deviations[0] = mean, math.Sqrt(v)
		case at == 0 && len(x) >= n:
			done = w.chunks(state, slot, square, x, means, deviations)
		default:
			done = min(len(x), n-1-at)
			anchor, s1, s2 := state[1], state[2], state[3]
			old1, old2 := slot[at:at+done], square[at:at+done]
			to1, to2 := means[:done], deviations[:done]
			for j, v := range x[:done] {
				d := v - anchor
				s1 += d
				s2 += float64(d * d)
				mean, variance := w.moments(anchor, old1[j]+s1, old2[j]+s2)
				to1[j], to2[j] = mean, math.Sqrt(variance)
				old1[j] = v
			}
			state[0], state[2], state[3] = float64(n+at+done), s1, s2
		}
		x, means, deviations = x[done:], means[done:], deviations[done:]
	}
}

// chunks is block for the whole chunks at the beginning of x, right after a turn;
// it returns their bars.
func (w Spread) chunks(state, slot, square, x, means, deviations []float64) (done int) {
	n, anchor := w.n, state[1]
	copy(means[:n-1], slot)
	copy(deviations[:n-1], square)
	for len(x) >= done+n {
		chunk, to1, to2 := x[done:done+n], means[done:done+n], deviations[done:done+n]
		done += n
		next1, next2 := slot, square
		if len(x) >= done+n {
			next1, next2 = means[done:done+n], deviations[done:done+n]
		}
		to1, to2 = to1[:len(chunk)], to2[:len(chunk)]
		next1, next2 = next1[:len(chunk)], next2[:len(chunk)]
		last := chunk[n-1]
		var s1, s2, t1, t2 float64
		for j, i := 0, n-1; i > 0; j, i = j+1, i-1 {
			d := chunk[j] - anchor
			s1 += d
			s2 += float64(d * d)
			mean, v := w.moments(anchor, to1[j]+s1, to2[j]+s2)
			to1[j], to2[j] = mean, math.Sqrt(v)
			next1[i], next2[i] = t1, t2
			e := chunk[i] - last
			t1 += e
			t2 += float64(e * e)
		}
		next1[0], next2[0] = t1, t2
		e := chunk[0] - last
		mean, v := w.moments(last, t1+e, t2+float64(e*e))
		to1[n-1], to2[n-1] = mean, math.Sqrt(v)
		anchor = last
	}
	state[1] = anchor
	return done
}
