package incremental

import "math"

// A window of n bars, wherever it lies, is the end of one chunk of n bars and
// the beginning of the next. So its sum is a suffix sum of the full chunk plus
// a running prefix sum of the one being filled, and likewise its maximum (van
// Herk 1992; Gil and Werman 1993). Nothing is ever subtracted: what left the
// window has left no rounding error behind, a spike poisons nothing, and the
// cost per bar is constant. At a chunk's end (the turn) its n values become
// their own suffix sums in place; until then each slot holds first the suffix
// of the old chunk, then the value of the new one.
//
// Chunks are counted from the first bar of a run, so that block sizes do not
// matter.
//
// The state of each type begins with its position: below n while the first
// chunk fills, n+k after k bars of a later one.

// sumWindow is the sum of the last n values.
// State: position, prefix, slots.
type sumWindow struct{ n int }

func (w sumWindow) len() int { return 2 + w.n }

// push takes the next value and returns the sum, na during the lookback.
func (w sumWindow) push(state []float64, x float64) float64 {
	slot := state[2 : 2+w.n]
	k := int(state[0]) - w.n
	if k < 0 || k == w.n-1 {
		return w.turn(state, slot, x)
	}
	prefix := state[1] + x
	sum := slot[k] + prefix
	slot[k] = x
	state[0], state[1] = float64(w.n+k+1), prefix
	return sum
}

func (w sumWindow) turn(state, slot []float64, x float64) float64 {
	if m := int(state[0]); m < w.n-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN()
	}
	state[0], state[1] = float64(w.n), 0
	slot[w.n-1] = x
	return suffixSums(slot)
}

// suffixSums replaces each value by the sum of those after it and returns the
// sum of all.
func suffixSums(slot []float64) float64 {
	sum := 0.0
	for i := len(slot) - 1; i >= 0; i-- {
		x := slot[i]
		slot[i] = sum
		sum += x
	}
	return sum
}

// meanWindow is the mean of the last n values. It sums their distances from an
// anchor, the newest value of the last full chunk: that lies in every window up
// to the next turn, so a window of equal values has the distances 0 and returns
// its value exactly, and the sums stay as small as the window's spread.
// State: position, anchor, prefix, slots.
type meanWindow struct {
	n    int
	rcpN float64
}

func newMeanWindow(n int) meanWindow { return meanWindow{n: n, rcpN: 1 / float64(n)} }

func (w meanWindow) len() int { return 3 + w.n }

// push takes the next value and returns the mean, na during the lookback.
func (w meanWindow) push(state []float64, x float64) float64 {
	anchor, offset := w.split(state, x)
	return anchor + offset
}

// split is push with the mean in two parts: a value of the window and the
// mean's distance from it. The difference of two means of large values keeps
// its digits when it is taken part by part.
func (w meanWindow) split(state []float64, x float64) (anchor, offset float64) {
	slot := state[3 : 3+w.n]
	k := int(state[0]) - w.n
	if k < 0 || k == w.n-1 {
		return w.turn(state, slot, x)
	}
	anchor = state[1]
	prefix := state[2] + (x - anchor)
	offset = float64((slot[k] + prefix) * w.rcpN)
	slot[k] = x
	state[0], state[2] = float64(w.n+k+1), prefix
	return anchor, offset
}

func (w meanWindow) turn(state, slot []float64, x float64) (anchor, offset float64) {
	if m := int(state[0]); m < w.n-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN(), math.NaN()
	}
	state[0], state[1], state[2] = float64(w.n), x, 0
	slot[w.n-1] = x
	sum := 0.0
	for i := w.n - 1; i >= 0; i-- {
		d := slot[i] - x
		slot[i] = sum
		sum += d
	}
	return x, float64(sum * w.rcpN)
}

// weightedWindow is the mean of the last n values weighted 1 (oldest) to n
// (newest), about an anchor as in meanWindow. With the chunk's distances d, the
// slots hold the suffix sums of (i-k)*d[i].
// State: position, anchor, prefix of d, prefix of (i+1)*d, slots.
type weightedWindow struct {
	n   int
	rcp float64 // 1 / (1 + 2 + ... + n)
}

func newWeightedWindow(n int) weightedWindow {
	return weightedWindow{n: n, rcp: 2 / (float64(n) * float64(n+1))}
}

func (w weightedWindow) len() int { return 4 + w.n }

// push takes the next value and returns the weighted mean, na during the
// lookback.
func (w weightedWindow) push(state []float64, x float64) float64 {
	anchor, offset := w.split(state, x)
	return anchor + offset
}

// split is push with the mean in two parts, as meanWindow's.
func (w weightedWindow) split(state []float64, x float64) (anchor, offset float64) {
	slot := state[4 : 4+w.n]
	k := int(state[0]) - w.n
	if k < 0 || k == w.n-1 {
		return w.turn(state, slot, x)
	}
	anchor = state[1]
	d := x - anchor
	plain := state[2] + d
	ramp := state[3] + float64(d*float64(k+1))
	sum := slot[k] + float64(plain*float64(w.n-k-1)) + ramp
	slot[k] = x
	state[0], state[2], state[3] = float64(w.n+k+1), plain, ramp
	return anchor, float64(sum * w.rcp)
}

func (w weightedWindow) turn(state, slot []float64, x float64) (anchor, offset float64) {
	if m := int(state[0]); m < w.n-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN(), math.NaN()
	}
	state[0], state[1], state[2], state[3] = float64(w.n), x, 0, 0
	slot[w.n-1] = x
	plain, sum := 0.0, 0.0
	for i := w.n - 1; i >= 0; i-- {
		d := slot[i] - x
		slot[i] = sum
		plain += d
		sum += plain
	}
	return x, float64(sum * w.rcp)
}

// spreadWindow is the mean and the population variance of the last n values,
// from the sums of their distances to an anchor and of the squares. The anchor
// is one of the window's own values, so the variance is at least 1/(n+1) of the
// mean square it is taken from: the cancellation that makes the textbook sum of
// squares useless cannot happen.
// State: position, anchor, prefix of d, prefix of d*d, slots, slots of squares.
type spreadWindow struct {
	n    int
	rcpN float64
}

func newSpreadWindow(n int) spreadWindow { return spreadWindow{n: n, rcpN: 1 / float64(n)} }

func (w spreadWindow) len() int { return 4 + 2*w.n }

// push takes the next value and returns mean and variance, na during the
// lookback.
func (w spreadWindow) push(state []float64, x float64) (mean, variance float64) {
	slot, square := state[4:4+w.n], state[4+w.n:4+2*w.n]
	k := int(state[0]) - w.n
	if k < 0 || k == w.n-1 {
		return w.turn(state, slot, square, x)
	}
	anchor := state[1]
	d := x - anchor
	s1, s2 := state[2]+d, state[3]+float64(d*d)
	m := (slot[k] + s1) * w.rcpN
	v := float64((square[k]+s2)*w.rcpN) - float64(m*m)
	slot[k] = x
	state[0], state[2], state[3] = float64(w.n+k+1), s1, s2
	return anchor + m, max(v, 0)
}

func (w spreadWindow) turn(state, slot, square []float64, x float64) (mean, variance float64) {
	if m := int(state[0]); m < w.n-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN(), math.NaN()
	}
	state[0], state[1], state[2], state[3] = float64(w.n), x, 0, 0
	slot[w.n-1] = x
	s1, s2 := 0.0, 0.0
	for i := w.n - 1; i >= 0; i-- {
		d := slot[i] - x
		slot[i], square[i] = s1, s2
		s1 += d
		s2 += float64(d * d)
	}
	m := s1 * w.rcpN
	return x + m, max(float64(s2*w.rcpN)-float64(m*m), 0)
}

// maxWindow is the greatest of the last n values.
// State: position, prefix, slots.
type maxWindow struct{ n int }

func (w maxWindow) len() int { return 2 + w.n }

// push takes the next value and returns the maximum, na during the lookback.
func (w maxWindow) push(state []float64, x float64) float64 {
	slot := state[2 : 2+w.n]
	k := int(state[0]) - w.n
	if k < 0 || k == w.n-1 {
		return w.turn(state, slot, x)
	}
	prefix := state[1]
	if x > prefix {
		prefix = x
		state[1] = x
	}
	greatest := slot[k]
	if prefix > greatest {
		greatest = prefix
	}
	slot[k] = x
	state[0] = float64(w.n + k + 1)
	return greatest
}

func (w maxWindow) turn(state, slot []float64, x float64) float64 {
	if m := int(state[0]); m < w.n-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN()
	}
	state[0], state[1] = float64(w.n), math.Inf(-1)
	slot[w.n-1] = x
	greatest := math.Inf(-1)
	for i := w.n - 1; i >= 0; i-- {
		x := slot[i]
		slot[i] = greatest
		if x > greatest {
			greatest = x
		}
	}
	return greatest
}

// minWindow is the least of the last n values.
// State: as maxWindow's, of the negated values.
type minWindow struct{ n int }

func (w minWindow) len() int { return 2 + w.n }

// push takes the next value and returns the minimum, na during the lookback.
func (w minWindow) push(state []float64, x float64) float64 {
	return -maxWindow(w).push(state, -x)
}
